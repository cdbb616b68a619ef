"""Riddles: which captions are offered, worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.captions.caption import Caption
from onenet.captions.riddle import choose_captions

SENTENCES = ["a dog swims", "two girls laugh", "the car is red", "snow on a hill", "people at night"]
Rows = NDArray[np.float32]


def directions(*degrees: float) -> Rows:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def each(sentences: list[str]) -> list[list[Caption]]:
    """One caption for each photo."""
    return [[Caption(sentence, 0.0)] for sentence in sentences]


def test_wrong_captions_are_of_photos_that_are_alike_but_not_too_much() -> None:
    rows = directions(0, 10, 75, 89, 180, 100)
    asked: list[Rows] = []

    def caption(chosen: Rows) -> list[list[Caption]]:
        asked.append(chosen)
        return each(SENTENCES[: len(chosen)])

    assert choose_captions(caption, rows, 0) == SENTENCES[:4]
    assert np.array_equal(asked[0], rows[[0, 2, 3, 5, 4]])


def test_captions_that_say_the_same_are_offered_once() -> None:
    snow = "a brown dog is running through the snow"
    texts = [snow, "a brown dog is running in the snow", snow, "a man rides a bike", "a dog swims"]
    rows = directions(0, 75, 89, 100, 180)
    assert choose_captions(lambda chosen: each(texts), rows, 0) == [snow, "a man rides a bike", "a dog swims"]


def test_too_few_photos_are_not_captioned() -> None:
    assert choose_captions(lambda chosen: pytest.fail("asked"), directions(0, 5, 9, 90, 100), 0) == []
