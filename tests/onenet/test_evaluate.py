import shutil
from pathlib import Path

import numpy as np
import pytest

from onenet.checkpoint import load_checkpoint
from onenet.evaluate import evaluate, plain, ranks, recall_figures, score_captions
from onenet.flickr8k import CaptionedPhoto
from onenet.train import TrainConfig, train
from tests.onenet.pictures import write_dataset


def test_ranks_worked_out_by_hand() -> None:
    photos = np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32)
    queries = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], dtype=np.float32)
    found = ranks(queries, photos, np.array([0, 1, 2]))
    assert found.tolist() == [1, 2, 3]
    assert recall_figures(found) == {"R@1": 33.33, "R@5": 100.0, "R@10": 100.0, "median_rank": 2.0}


def test_plain_is_the_published_protocol() -> None:
    assert plain("A T-shirt, red .") == "a tshirt red"


def _photos() -> list[CaptionedPhoto]:
    sentences = [
        "a dog runs through deep snow",
        "two boys play with a red ball",
        "a man climbs a steep rock wall",
    ]
    return [CaptionedPhoto(Path("x.jpg"), (sentence,) * 5) for sentence in sentences]


def test_the_references_themselves_score_full_marks() -> None:
    figures = score_captions([photo.captions[0] for photo in _photos()], _photos(), notice=pytest.fail)
    assert figures["BLEU-1"] == figures["BLEU-4"] == figures["ROUGE-L"] == 100.0
    assert figures["CIDEr"] == pytest.approx(1000.0)  # the metric's range is 0..10
    assert figures["distinct_captions"] == 3
    if shutil.which("java"):
        assert figures["METEOR"] == 100.0


def test_without_java_the_rest_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    notices: list[str] = []
    figures = score_captions(["a dog", "two boys", "a man"], _photos(), notice=notices.append)
    assert "METEOR" not in figures
    assert figures["BLEU-1"] > 0
    assert notices == ["METEOR is left out: it needs Java, which is not installed."]


def test_everything_is_measured(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "data")
    config = TrainConfig(encoder="efficientnet_lite0", epochs=1, batch_size=16, hidden_size=32, min_count=1)
    train(data, tmp_path / "net", config, work=tmp_path / "work")
    seen: set[str] = set()
    figures = evaluate(
        load_checkpoint(tmp_path / "net"),
        data,
        "dev",
        cache=tmp_path / "work" / "features",
        progress=lambda what, done, total: seen.add(what),
    )
    assert (figures["photos"], figures["descriptions"]) == (4, 20)
    assert figures["loss"] > 0
    assert {"BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr", "seconds"} <= figures["greedy"].keys()
    assert figures["beam5"].keys() == figures["greedy"].keys()
    assert 0 <= figures["find"]["R@1"] <= figures["find"]["R@10"] <= 100
    assert 1 <= figures["find"]["median_rank"] <= 4
    assert {"greedy", "beam5", "find"} <= seen
