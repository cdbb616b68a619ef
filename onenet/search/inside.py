"""Inside a representation: which of its 300 numbers stand out, and the words that turn them on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.search.word_numbers import WordNumbers

Floats = NDArray[np.float32]

WORDS = 5  # that are named for a number


@dataclass(frozen=True)
class Dimension:
    """One of the numbers of a representation that stand out.

    Attributes:
        number: Its place, from 1.
        value: In standard deviations over photos, so that its sign and size mean something.
        words: Those that turn it on most in this direction, strongest first.
        direction: Shape (D,), unit length: what an index searched by it finds turns the number on most.
    """

    number: int
    value: float
    words: tuple[str, ...]
    direction: Floats

    @property
    def signed_value(self) -> str:
        """The value with its sign and one decimal."""
        return f"{self.value:+.1f}"


@dataclass(frozen=True)
class Inside:
    """What is inside a representation.

    Attributes:
        values: Shape (D,), in standard deviations over photos.
        strongest: The numbers farthest from 0, farthest first.
    """

    values: Floats
    strongest: list[Dimension]


def look_inside(representation: Floats, words: WordNumbers, *, k: int) -> Inside:
    """Find the k numbers of a representation (D,) of unit length that stand out most."""
    values = representation * np.sqrt(np.float32(len(representation)))
    order = np.argsort(-np.abs(values), kind="stable")[:k]
    return Inside(values, [_dimension(values, int(row), words) for row in order])


def _dimension(values: Floats, row: int, words: WordNumbers) -> Dimension:
    direction = np.zeros_like(values)
    direction[row] = 1.0 if values[row] >= 0 else -1.0
    return Dimension(row + 1, float(values[row]), words.strongest(direction, WORDS), direction)
