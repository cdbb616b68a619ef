"""What is measured of dreams: a stranger's choices by hand, and all of it on a data set that a test draws."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.bench import dreams as dreams_module
from onenet.bench.dreams import measure_dreams
from onenet.bench.stranger import Stranger, chosen_among
from onenet.bench.table import dream_table
from onenet.datasets.flickr8k import load_split
from onenet.dreams.dreaming import DreamConfig
from onenet.errors import CheckpointError
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.training.layers import measure_statistics
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import COLOURS, draw, write_dataset

TWO_STEPS = DreamConfig(steps=2)


def test_whoever_is_always_right_is_chosen() -> None:
    assert chosen_among(np.eye(5, dtype=np.float32)) == 1.0
    assert chosen_among(-np.eye(5, dtype=np.float32)) == 0.0


def test_choices_are_averaged_over_all_draws() -> None:
    scores = np.array([[2, 1, 3, 0, 1]] * 5, np.float32)  # the first sentence beats three of the four others
    scores[1:] = -1.0
    scores[range(1, 5), range(1, 5)] = 9.0
    assert chosen_among(scores, choices=2) == pytest.approx((3 / 4 + 4) / 5)
    assert chosen_among(scores, choices=3) == pytest.approx((3 / 4 * 2 / 3 + 4) / 5)


def test_a_stranger_learns_what_sentences_go_with_photos(tmp_path: Path) -> None:
    photos = load_split(write_dataset(tmp_path / "data", train=24), "train")
    names = [photo.path.stem.split("_")[1] for photo in photos]
    sentences = torch.eye(len(COLOURS))[[list(COLOURS).index(name) for name in names]]
    told: list[tuple[int, int]] = []
    stranger = Stranger(
        [photo.path for photo in photos],
        sentences,
        tmp_path / "features",
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (24, 24)
    scores = stranger.scores([draw(colour, 99) for colour in COLOURS], torch.eye(len(COLOURS)))
    assert chosen_among(scores, choices=2) > 0.75


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(random_network(tmp_path_factory.mktemp("network") / "net.safetensors"))


def test_layers_that_were_not_measured_are_asked_for_first(tmp_path: Path, checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="python -m onenet layers"):
        measure_dreams(
            checkpoint,
            tmp_path / "no data",
            "dev",
            work=tmp_path,
            layers=tmp_path / "none.safetensors",
            notice=pytest.fail,
        )


def test_dreams_are_measured_beside_noise_and_photos_once(
    tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, layers, notices = write_dataset(tmp_path / "data"), tmp_path / "layers.safetensors", []
    measure_statistics(checkpoint, load_split(data, "train"), {}, state=tmp_path / "state.pt").save(layers)
    for photo in (tmp_path / "data" / "Flickr8k.token.txt",):
        photo.write_text(photo.read_text().replace("square", "dog"))  # a word that the network knows

    def measured() -> dict[str, object]:
        return measure_dreams(
            checkpoint, data, "dev", work=tmp_path, layers=layers, config=TWO_STEPS, notice=notices.append
        )

    found = measured()
    assert [row["what"] for row in found["rows"]] == [
        "noise",
        "dreams",
        "the nearest of 4 photos",
        "the described photos",
    ]
    assert found["dreams"] == 4
    assert found["rows"][2]["cosine"] >= found["rows"][3]["cosine"]
    assert all(-1 <= row["cosine"] <= 1 and 0 <= row["chosen"] <= 100 for row in found["rows"])
    assert found["median_s"] >= 0
    table = dream_table(found)
    assert "the nearest of 4 photos" in table
    assert "25 %" in table
    pictures = sorted(path.name for path in (tmp_path / "dreams").iterdir())
    monkeypatch.setattr(dreams_module, "_as_png", None)  # nothing is dreamt twice
    monkeypatch.setattr(dreams_module, "score_captions", lambda *_, **__: {})
    again = measured()["rows"]
    for name in ("cosine", "chosen"):
        assert [row[name] for row in again] == [row[name] for row in found["rows"]]
    assert "| noise |" in dream_table(found | {"rows": again})  # without the metrics' package
    assert sorted(path.name for path in (tmp_path / "dreams").iterdir()) == pictures
