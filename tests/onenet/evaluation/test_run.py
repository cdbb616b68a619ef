import json
from pathlib import Path

import numpy as np
import pytest

from onenet.evaluation.run import evaluate
from onenet.network.checkpoint import load_checkpoint
from onenet.search.confidence import Threshold
from onenet.training.config import TrainConfig
from onenet.training.train import train
from tests.onenet.drawn import write_dataset


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set, a network that has seen it once, and the cache of both."""
    folder = tmp_path_factory.mktemp("trained")
    write_dataset(folder / "data")
    config = TrainConfig(
        encoder="efficientnet_lite0",
        epochs=1,
        batch_size=4,
        views=1,
        settling_epochs=1,
        critical_epochs=0,
        hidden_size=32,
        sentence_size=16,
        min_count=1,
    )
    train(folder / "data", folder / "net", config, work=folder / "work")
    return folder


@pytest.mark.usefixtures("without_meteor")
def test_everything_is_measured(trained: Path) -> None:
    seen: set[str] = set()
    figures = evaluate(
        load_checkpoint(trained / "net"),
        trained / "data",
        "dev",
        cache=trained / "work" / "features",
        progress=lambda what, done, total: seen.add(what),
    )
    assert (figures["photos"], figures["descriptions"]) == (4, 20)
    assert figures["loss"] > 0
    scores = {"BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr", "BLEU-4 interval", "CIDEr interval"}
    variety = {"distinct_captions", "found_in_training", "words_used", "seconds"}
    assert scores | variety <= figures["greedy"].keys()
    assert figures["beam5"].keys() == figures["greedy"].keys()
    for way in ("sentence", "inversion", "served"):
        found = figures["find"][way]
        assert 0 <= found["R@1"] <= found["R@10"] == 100
        assert 1 <= found["median_rank"] <= 4
    assert 0 <= figures["find"]["said_to_fit"] <= 100
    assert 0 <= figures["find"]["absent_refused"] <= 100
    assert np.isfinite(figures["find"]["fits_from"])
    assert figures["find"]["absent_refused_among"].keys() == {"4", "10000", "100000"}
    assert {"greedy", "beam5", "inversion", "find"} <= seen
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.usefixtures("without_meteor")
def test_the_loss_is_the_one_that_training_reported(trained: Path) -> None:
    checkpoint = load_checkpoint(trained / "net")
    cache = trained / "work" / "features"
    figures = evaluate(checkpoint, trained / "data", "dev", cache=cache, find=False)
    assert "find" not in figures
    # photos are served a little larger than they are trained on
    assert figures["loss"] == pytest.approx(checkpoint.card["dev"]["loss"], abs=0.1)


def test_a_trained_network_knows_from_when_something_fits(trained: Path) -> None:
    """Whether or not anyone evaluates it; among more photos it must be surer."""
    find = load_checkpoint(trained / "net").card["dev"]["find"]
    threshold = Threshold.from_figures(find)
    assert np.isfinite(find["fits_from"])
    assert threshold.among(100_000) >= threshold.among(1000) >= threshold.among(4)
    assert find["fits_from"] == pytest.approx(threshold.among(1000), abs=1e-4)
