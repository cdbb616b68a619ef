"""Taught words measured on drawn points: classes that lie apart, and one that does not."""

import json
from pathlib import Path

import numpy as np
import pytest

from onenet.evaluation.teaching import (
    OTHERS,
    Shown,
    captioned,
    choose_levels,
    measure_classes,
    measure_teaching,
)
from onenet.search.spread import Spread

D = 300
CLASSES = {"cat": "cat cats", "cow": "cow", "sheep": "sheep"}


def drawn(names: tuple[str, ...], each: int = 12, seed: int = 0) -> Shown:
    """Photos of classes, each around a direction of its own."""
    random = np.random.default_rng(seed)
    rows, captions = [], []
    for place, name in enumerate(names):
        for _ in range(each):
            row = random.normal(size=D) * 0.03
            row[place] += 1
            rows.append(row / np.linalg.norm(row))
            captions.append([f"a {name} stands", f"the {name}", "an animal"])
    return Shown(np.array(rows, np.float32), captions)


def test_a_photo_shows_what_most_of_its_captions_say() -> None:
    shown = Shown(np.zeros((3, D), np.float32), [["a cat", "cats"], ["a cat", "a dog", "a dog"], ["a dog"]])
    most, none = shown.shows("cat cats")
    assert most.tolist() == [True, False, False]
    assert none.tolist() == [False, False, True]


@pytest.mark.parametrize("is_spread", [True, False])
def test_classes_that_lie_apart_are_named(is_spread: bool) -> None:
    shown, others = drawn(("cat", "cow")), drawn(("dog", "man", "house"), seed=1)
    others = Shown(np.roll(others.photos, 10, axis=1), others.captions)
    photos = np.random.default_rng(3).normal(size=(600, D)).astype(np.float32) / np.sqrt(np.float32(D))
    spread = Spread.of(photos, photos)
    figures = measure_classes(CLASSES, shown, others, spread if is_spread else None)
    assert set(figures) == {"1", "3", "5"}
    assert figures["5"]["cat"] == figures["5"]["cow"] == 1.0
    assert "sheep" not in figures["5"], "there are too few photos"
    assert figures["5"]["false names, %"] == 0
    assert 0.1 <= choose_levels([(CLASSES, shown)], others, spread)["5"] <= 0.8


def test_everything_is_json() -> None:
    names = ("cat", "cow", *(words.split()[0] for words in OTHERS.values()))
    wild, dev = {"pascal": drawn(names)}, drawn(("dog", "beach"), seed=2)
    figures = measure_teaching(wild, dev, Spread.of(wild["pascal"].photos, wild["pascal"].photos))
    assert json.loads(json.dumps(figures)) == figures
    assert set(figures) == {"trial", "wild", "flickr8k", "chosen", "plain"}
    assert not set(figures["wild"]["1"]) & {"cat", "cow", "baseball"}, "those were chosen on"


def test_captions_are_read_by_source(tmp_path: Path) -> None:
    lines = (
        "a.jpg\tdev\tcoco\ta cat",
        "a.jpg\tdev\tcoco\tcats",
        "b.jpg\ttrain\tcoco\t",
        "c.jpg\tdev\tpascal\tx",
    )
    (tmp_path / "captions.tsv").write_text("\n".join(lines) + "\n")
    found = {source: dict(own) for source, own in captioned(tmp_path).items()}
    assert found == {"coco": {"a.jpg": ["a cat", "cats"]}, "pascal": {"c.jpg": ["x"]}}
