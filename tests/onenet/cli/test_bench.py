"""`python -m onenet bench`: what it measures, keeps and prints; most with a fake measurement."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onenet.bench.engines
import onenet.bench.measure
import onenet.bench.speed
from onenet.__main__ import main
from onenet.bench import variants
from onenet.bench.article import ArticleConfig
from onenet.bench.contenders import CONTENDERS
from onenet.bench.results import Results, name_data
from onenet.bench.speed import measure_speed
from onenet.bench.variants import FROM_RANDOM_STARTS, VARIANTS, Variant
from onenet.datasets.flickr8k import load_split
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.training.config import TrainConfig
from tests.onenet.bench.test_table import measurement
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import write_dataset

TINY = {
    "encoder": "efficientnet_lite0",
    "epochs": 1,
    "settling_epochs": 1,
    "critical_epochs": 1,
    "batch_size": 8,
    "views": 1,
    "hidden_size": 16,
    "sentence_size": 16,
    "min_count": 1,
    "bfloat16": False,
}
ARTICLE = {"encoder": "efficientnet_lite0", "epochs": 1, "size": 8, "min_count": 1, "steps": 1}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data"), train=6, dev=4)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Two variants and what was measured of them, by a fake."""
    calls: list[tuple[str, int]] = []

    def fake(variant: Variant, seed: int, data: Path, split: str, **_: Any) -> dict[str, Any]:
        calls.append((variant.name, seed))
        config = json.loads(json.dumps(vars(variant.config(seed))))
        found = {"variant": variant.name, "config": config, "data": name_data(data, split)}
        return measurement(seed) | found

    rows = (Variant("one", "the first", TINY), Variant("two words", "the second", TINY | {"epochs": 2}))
    monkeypatch.setattr(variants, "VARIANTS", rows)
    monkeypatch.setattr(onenet.bench.measure, "measure", fake)
    return calls


def run(data: Path, folder: Path, *arguments: str) -> int:
    paths = ["--data", str(data), "--work", str(folder), "--results", str(folder / "bench.json")]
    return main(["bench", *paths, *arguments])


def names(table: str) -> list[str]:
    return [line.split(" | ")[0].strip("| ") for line in table.splitlines() if line.startswith("| ")][2:]


def test_all_variants_are_measured_once(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, tmp_path) == 0
    assert measured == [("one", 1), ("two words", 1)]
    assert names(capsys.readouterr().out) == ["one", "two words"]
    assert run(data, tmp_path) == 0
    assert measured == [("one", 1), ("two words", 1)]
    assert "“one” with seed 1 is measured already." in capsys.readouterr().err
    assert names((tmp_path / "bench.md").read_text()) == ["one", "two words"]


def test_chosen_variants_and_seeds(data: Path, tmp_path: Path, measured: list[tuple[str, int]]) -> None:
    assert run(data, tmp_path, "--variant", "two words", "--seeds", "1", "2") == 0
    assert measured == [("two words", 1), ("two words", 2)]
    assert "| two words | 1, 2 |" in (tmp_path / "bench.md").read_text()


def test_another_configuration_or_data_set_is_measured_anew(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(data, tmp_path)
    first, second = variants.VARIANTS
    other = Variant(first.name, first.what, TINY | {"dropout": 0.1})
    monkeypatch.setattr(variants, "VARIANTS", (other, second))
    measured.clear()
    run(data, tmp_path)
    assert measured == [("one", 1)]
    assert len(Results(tmp_path / "bench.json").measurements) == 2  # in the place of the old one
    measured.clear()
    run(write_dataset(tmp_path / "data", train=8, dev=4), tmp_path)
    assert measured == [("one", 1), ("two words", 1)]
    assert (tmp_path / "bench.md").read_text().count("| one |") == 1


def test_stopped_by_hand_it_keeps_what_is_measured(
    data: Path,
    tmp_path: Path,
    measured: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = onenet.bench.measure.measure

    def stop(variant: Variant, *arguments: Any, **settings: Any) -> dict[str, Any]:
        if variant.name == "two words":
            raise KeyboardInterrupt
        return whole(variant, *arguments, **settings)

    monkeypatch.setattr(onenet.bench.measure, "measure", stop)
    assert run(data, tmp_path) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert names((tmp_path / "bench.md").read_text()) == ["one"]
    monkeypatch.setattr(onenet.bench.measure, "measure", whole)
    assert run(data, tmp_path) == 0
    assert measured == [("one", 1), ("two words", 1)]


def test_list(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    run(data, tmp_path, "--variant", "one")
    capsys.readouterr()
    run(data, tmp_path, "--list")
    assert capsys.readouterr().out.splitlines() == [
        "one: the first; measured with seed 1",
        "two words: the second; not measured",
    ]
    run(data, tmp_path, "--list", "--json")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["measured_seeds"] for answer in answers] == [[1], []]
    assert measured == [("one", 1)]


@pytest.mark.parametrize("arguments", [["--variant", "three"], ["--seeds", "-1"], ["--threads", "0"]])
@pytest.mark.usefixtures("measured")
def test_wrong_arguments_are_a_sentence(
    data: Path, tmp_path: Path, arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = run(data, tmp_path, *arguments)
    except SystemExit as end:  # argparse
        code = int(str(end.code))
    captured = capsys.readouterr()
    assert (code, captured.out, captured.err.count("\n")) == (2, "", 1)


@pytest.mark.usefixtures("measured")
def test_a_damaged_file_and_missing_data_are_a_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bench.json").write_text('{"measurements": [')
    assert run(data, tmp_path) == 2
    assert "Delete it to measure everything anew" in capsys.readouterr().err
    (tmp_path / "bench.json").unlink()
    assert run(tmp_path / "none", tmp_path) == 2
    assert "none does not exist" in capsys.readouterr().err


def test_the_variants_are_what_they_say() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    configs = [variant.config(7) for variant in VARIANTS]
    assert TrainConfig(seed=7) in configs
    assert ArticleConfig(seed=7) in configs
    assert len({repr(config) for config in configs}) == len(configs)


@pytest.mark.parametrize(
    "variant",
    [
        Variant("tiny", "", TINY),
        Variant("captions only", "", TINY | {"contrastive_weight": 0.0}, inversion=FROM_RANDOM_STARTS),
        Variant("article", "", ARTICLE, recipe=ArticleConfig),
    ],
    ids=lambda variant: variant.name,
)
def test_a_real_measurement_fits_the_table(
    data: Path, tmp_path: Path, variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)  # METEOR's Java takes seconds
    monkeypatch.setattr(variants, "VARIANTS", (variant,))
    assert run(data, tmp_path) == 0
    (found,) = Results(tmp_path / "bench.json").measurements
    assert found["config"]["encoder"] == "efficientnet_lite0"
    assert found["figures"]["photos"] == 4
    search = "served" if variant.inversion is None else "inversion"
    assert 1 <= found["figures"]["find"][search]["median_rank"] <= 4
    assert f"| {variant.name} | 1 |" in (tmp_path / "bench.md").read_text()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No peers, and programs that take what a fake says."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setattr(onenet.bench.speed, "run", lambda command: (1.5, 123))
    monkeypatch.setattr(onenet.bench.speed, "bot_at_work", lambda *_: (2.5, 3.5, 234.5))
    times = {"alone": [0.08, 0.08], "seldom": [0.1, 0.1], "dreaming": [0.13, 0.13], "step": [0.05]}
    monkeypatch.setattr(onenet.bench.speed, "bot_worker", lambda *_: times)


@pytest.mark.usefixtures("quick")
def test_speed(data: Path, tmp_path: Path) -> None:
    network = random_network(tmp_path / "net")
    notices: list[str] = []
    photos = load_split(data, "dev")
    speed = measure_speed(network, photos, indexed=20, rounds=1, threads=1, notice=notices.append)
    rows = {row["what"]: row for row in speed["rows"]}
    assert all(row["value"] > 0 for row in rows.values())
    unit_ms = rows["E: the encoder alone, in ONNX Runtime"]["value"]
    assert unit_ms == pytest.approx(speed["unit_ms"], abs=0.06)
    for what in (
        "a photo's file (500 x 375) to its caption",
        "a JPEG of 12 megapixels to its caption",
        "search by description, 20 photos",
        "a photo through the bot's worker, five captions",
    ):
        assert rows[what]["of"] == "E"
        assert rows[what]["ratio"] == pytest.approx(rows[what]["value"] / unit_ms, rel=0.05)
    rate = rows["the encoder alone, in batches of 16"]["value"]
    for what in ("photos captioned in batches of 16", "photos of a folder indexed from the disk"):
        assert rows[what]["ratio"] == pytest.approx(rows[what]["value"] / rate, abs=0.02)
    assert rows["a photo through the bot's worker while somebody dreams"]["ratio"] == 1.3
    assert rows["python -m onenet caption, start to end"]["value"] == 1.5
    assert rows["python -m onenet odd, memory"]["value"] == 123
    assert rows["python bot.py, start to its page"]["value"] == 2.5
    assert rows["python bot.py, start to the caption of a photo that waits there"]["value"] == 3.5
    assert rows["python bot.py, memory after its first caption"]["value"] == 234
    assert [what for what in rows if what.startswith("the slowest first answer after the start (")]
    assert speed["peers"] == 0
    assert any("onenet/bench/requirements.txt" in notice for notice in notices)
    assert any(notice.startswith("A dream could not be measured") for notice in notices)


@pytest.mark.usefixtures("quick")
def test_speed_is_kept_beside_the_measurements(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    run(data, tmp_path, "--variant", "one")
    capsys.readouterr()
    network = str(random_network(tmp_path / "net"))
    assert run(data, tmp_path, "--speed", "--threads", "1", "--json", "--checkpoint", network) == 0
    found = json.loads(capsys.readouterr().out)["speed"]
    assert (found["threads"], found["rows"][0]["unit"]) == (1, "ms")
    text = (tmp_path / "bench.md").read_text()
    assert "| one |" in text
    assert "search by description, 8000 photos" in text
    assert measured == [("one", 1)]


def test_ways_to_search_are_kept_beside_the_measurements(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]]
) -> None:
    run(data, tmp_path, "--variant", "one")
    assert run(data, tmp_path, "--find", "--checkpoint", str(random_network(tmp_path / "net"))) == 0
    text = (tmp_path / "bench.md").read_text()
    assert "| one |" in text
    assert "## Search by description" in text
    found = Results(tmp_path / "bench.json").find_ways
    assert (found["photos"], found["queries"]) == (4, 4)
    assert len({row["what"] for row in found["rows"]}) == len(found["rows"]) > 10
    for row in found["rows"]:
        assert row["R@10"] == 100  # of four photos
        assert 1 <= row["median_rank"] <= 4
        assert row["median_ms"] > 0
    assert measured == [("one", 1)]


@pytest.mark.shipped
def test_engines_are_kept_beside_the_measurements(
    data: Path, tmp_path: Path, measured: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    asked: list[tuple[str, bool]] = []

    def fake(what: str, folder: Path, threads: int, limits: Mapping[str, str]) -> dict[str, Any]:
        asked.append((what, "ONEDNN_MAX_CPU_ISA" in limits))
        if what.startswith("torchao"):
            return {"left_out": "not installed: No module named 'torchao'"}
        photos = np.load(folder / "photos.npy")
        assert (len(photos), len(np.load(folder / "calibration.npy"))) == (4, 6)
        np.save(folder / "representations.npy", np.eye(len(photos), 300, dtype=np.float32))
        return {"made_s": 0.1, "one_ms": 1.0 + threads, "batch_ms": 2.0, "first_s": 0.2, "memory_mb": 9}

    monkeypatch.setattr(onenet.bench.engines, "measured_apart", fake)
    monkeypatch.setattr(onenet.bench.engines, "_yard_ms", lambda threads: 9.5)
    run(data, tmp_path, "--variant", "one")
    assert run(data, tmp_path, "--engines", "--threads", "1") == 0
    assert len(asked) == len(set(asked)) > len(CONTENDERS)
    assert ("ONNX Runtime, float32, as served", True) not in asked  # nobody can limit it
    found = Results(tmp_path / "bench.json").engines
    rows = {row["what"]: row for row in found["rows"]}
    assert rows.keys() == CONTENDERS.keys()
    assert rows["OpenVINO, float32"]["limited"]["same_captions"] == 100
    text = (tmp_path / "bench.md").read_text()
    assert "| one |" in text
    assert "| OpenVINO, float32 | 2 / 2 | 2 / 2 | 100 / 100 |" in text
    assert "| torchao int8, AOTInductor | not installed: No module named 'torchao' |" in text
    assert measured == [("one", 1)]
