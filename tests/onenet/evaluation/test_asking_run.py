"""Measuring answers to questions about photos, and serving a network with what they chose."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from onenet.asking.weights import answer_weights_in
from onenet.datasets.sources import load_sources
from onenet.evaluation.asking_run import evaluate_asking
from onenet.evaluation.figures import Figures
from onenet.evaluation.own_questions import OwnQuestion
from onenet.network.checkpoint import load_checkpoint, record_figures, save_checkpoint
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import write_sources
from tests.onenet.networks import small_network


def _name_things(folder: Path) -> None:
    """Let people say of every other photo that it is a dog, and of the others that they are balls."""
    for file, square, things in (
        ("flickr8k/Flickr8k.token.txt", "square", ("ball", "dog")),
        ("languages/de.tsv", "Quadrat", ("Ball", "Hund")),
    ):
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        named = [line.replace(square, things[int(line.split("_")[0]) % 2]) for line in lines]
        (folder / file).write_text("\n".join(named) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources, and a network with their words that has learnt nothing."""
    file = write_sources(tmp_path, train=4, dev=12)
    vocabulary = Vocabulary.build(load_sources(file, views=1).sentences(), min_count=1)
    save_checkpoint(tmp_path / "net", small_network(vocabulary, names=5), vocabulary, {})
    asked = [OwnQuestion("red ball", "what colour is the ball?", ("red",))]
    monkeypatch.setattr("onenet.evaluation.asking_run.own_questions", lambda: asked)
    return tmp_path


def _evaluate(folder: Path) -> Figures:
    return evaluate_asking(
        load_checkpoint(folder / "net"),
        folder / "flickr8k",
        "dev",
        cache=folder / "cache",
        languages=("all",),
        wild=folder / "wild",
        recorded=True,
    )


def test_a_network_is_served_with_what_dev_chose(folder: Path) -> None:
    _name_things(folder)
    figures = _evaluate(folder)
    assert list(figures["ask"]) == ["en", "de"]
    for asked in figures["ask"].values():
        assert asked["recall"]["questions"] > 0
        assert {"presence", "presence_seen"} <= asked["chosen"].keys()
    assert figures["own"]["questions"] == 1
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    record_figures(folder / "net", "dev", figures)
    weights = answer_weights_in(load_checkpoint(folder / "net").card)
    assert {code: asdict(each.presence) for code, each in weights.items()} == {
        code: asked["chosen"]["presence"] for code, asked in figures["ask"].items()
    }


def test_where_nobody_names_anything_nothing_is_chosen_but_the_serving_weights(folder: Path) -> None:
    figures = _evaluate(folder)
    for asked in figures["ask"].values():
        assert asked["presence"] == {"things": 0}
        assert "presence" not in asked["chosen"]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
