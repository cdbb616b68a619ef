"""Each language alone and all together: drawn photos in two languages, a training of a moment."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from onenet.bench.languages import measure_alone
from onenet.bench.table import languages_table
from onenet.datasets.flickr8k import load_split
from onenet.errors import DatasetError
from onenet.evaluation.captions import paired_interval
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.training.train import train
from tests.onenet.drawn import write_sources
from tests.onenet.training.test_train import CONFIG


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """English and German, of which each photo has five captions."""
    file = write_sources(tmp_path_factory.mktemp("sources"), train=8, dev=4)
    german = file.parent / "languages" / "de.tsv"
    said = german.read_text(encoding="utf-8").splitlines()
    more = [f"{line} Nummer{number}" for line in said[::2] for number in range(3)]
    german.write_text("\n".join([*said, *more]) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def checkpoint(sources: Path, work: Path) -> Checkpoint:
    network = work / "net"
    train(sources, network, replace(CONFIG, epochs=1), work=work)
    return load_checkpoint(network)


def measured(
    checkpoint: Checkpoint, sources: Path, work: Path, seen: list[tuple[str, int]]
) -> dict[str, Any]:
    def report(what: str, done: int, total: int, note: str) -> None:
        seen.append((what, done))

    return measure_alone(checkpoint, sources, epochs=2, work=work, report=report)


def test_each_language_is_trained_alone_and_all_together(
    checkpoint: Checkpoint, sources: Path, work: Path
) -> None:
    seen: list[tuple[str, int]] = []
    before = {name: weight.clone() for name, weight in checkpoint.model.state_dict().items()}
    found = measured(checkpoint, sources, work, seen)
    assert list(dict.fromkeys(what for what, _ in seen)) == ["numbers of the photos", "en", "de", "together"]
    assert [row["language"] for row in found["rows"]] == ["en", "de"]
    for row in found["rows"]:
        assert row["alone"]["R@10"] == row["together"]["R@10"] == 100.0  # there are four photos
        assert row["R@10 difference"] == 0
        assert row["alone"] != row["together"]
        low, high = row["CIDEr difference interval"]
        assert low <= row["CIDEr difference"] <= high
    assert all(weight.equal(before[name]) for name, weight in checkpoint.model.state_dict().items())
    lines = [line for line in languages_table(found).splitlines() if line.startswith(("| en", "| de"))]
    assert [line.split(" | ")[0] for line in lines] == [
        "| en, alone",
        "| en, together",
        "| de, alone",
        "| de, together",
    ]


def test_what_was_stopped_goes_on(checkpoint: Checkpoint, sources: Path, work: Path, tmp_path: Path) -> None:
    first = measured(checkpoint, sources, work, [])
    seen: list[tuple[str, int]] = []
    again = measured(checkpoint, sources, work, seen)
    assert again["rows"] == first["rows"]
    assert not [what for what, _ in seen if what in ("en", "de", "together", "numbers of the photos")]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("sources.toml", "views = 2", "views = 1"), ("languages/de.tsv", "grauer", "grauen")],
)
def test_other_views_and_sentences_are_another_run(
    checkpoint: Checkpoint, sources: Path, work: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    measured(checkpoint, sources, work, [])
    copytree(sources.parent, tmp_path / "other")
    path = tmp_path / "other" / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    seen: list[tuple[str, int]] = []
    measured(checkpoint, tmp_path / "other" / sources.name, work, seen)
    assert {"numbers of the photos", "en", "de", "together"} == {what for what, _ in seen} - {"photos"}


def test_sources_without_five_captions_of_a_language_are_refused(
    checkpoint: Checkpoint, sources: Path, work: Path, tmp_path: Path
) -> None:
    data = write_sources(tmp_path, train=4, dev=4)
    captions = data.parent / "flickr8k" / "Flickr8k.token.txt"
    few = [line for line in captions.read_text().splitlines() if "#0" in line or "#1" in line]
    captions.write_text("\n".join(few) + "\n")
    assert load_split(data.parent / "flickr8k", "train")
    with pytest.raises(DatasetError, match="five captions"):
        measured(checkpoint, data, work, [])


def test_the_interval_of_a_difference_is_of_pairs() -> None:
    first = np.arange(200.0)
    assert paired_interval(first + 3, first) == [3.0, 3.0]  # however much photos differ
    low, high = paired_interval(first[::-1], first)
    assert low < 0 < high
