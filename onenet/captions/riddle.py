"""Riddles: a photo and captions of which only one is its own."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.captions.caption import Caption
from onenet.errors import N_, OneNetError

CHOICES = 4
RIDDLE_PHOTOS = 60  # that the wrong captions are taken from

_ATTEMPTS = 5  # photos to begin with, where galleries are small or much alike
_CAPTIONED = 9  # photos; some may get the same caption
_ALIKE_FROM = 0.35  # cosine from which another photo's caption might fit too; of dev photos 9 % of all pairs
_SAME_WORDS_FROM = 0.6  # share of two captions' words that they have in common

Floats = NDArray[np.float32]
WriteCaptions = Callable[[Floats], Sequence[Sequence[Caption]]]


def choose_riddle(caption: WriteCaptions, representations: Floats) -> tuple[int, list[str]]:
    """Give the row of the first of some photos that makes a riddle, and four captions, its own first.

    Args:
        caption: `onenet.engine.Engine.caption`.
        representations: Of the photos, shape (B, D), unit length.

    Raises:
        OneNetError: If the photos are too few or too much alike.
    """
    for row in range(min(_ATTEMPTS, len(representations))):
        captions = choose_captions(caption, representations, row)
        if len(captions) == CHOICES:
            return row, captions
    raise OneNetError(
        N_("The game needs four photos in the gallery that are not much alike. Add some more first.")
    )


def choose_captions(caption: WriteCaptions, representations: Floats, row: int) -> list[str]:
    """Give the caption of a photo, then three of others that are almost like it.

    Args:
        caption: Gives each row of representations its captions, the best first.
        representations: Shape (B, D), unit length.
        row: The photo's.

    Returns:
        Too few, if the photos are too few or too much alike.
    """
    rows = [row, *_others(representations, row)][:_CAPTIONED]
    if len(rows) < CHOICES:
        return []
    return _different([best[0].text for best in caption(representations[rows])])[:CHOICES]


def _others(representations: Floats, row: int) -> list[int]:
    """Give the rows that are not too much like one of them, most like it first.

    The most like, so that the captions of others are not wrong at the first glance.
    """
    cosines = representations @ representations[row]
    order = np.argsort(-cosines, kind="stable").tolist()
    return [other for other in order if other != row and cosines[other] < _ALIKE_FROM]


def _different(captions: Sequence[str]) -> list[str]:
    """Leave out captions that say much the same as one before them."""
    kept: list[str] = []
    for caption in captions:
        if all(_overlap(caption, other) < _SAME_WORDS_FROM for other in kept):
            kept.append(caption)
    return kept


def _overlap(one: str, other: str) -> float:
    words, others = (set(text.split() if " " in text else text) for text in (one, other))  # or signs
    return len(words & others) / max(len(words | others), 1)
