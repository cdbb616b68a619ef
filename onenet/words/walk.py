"""Walks through the word space: from one word to another over words between which each step is short."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.errors import N_, OneNetError
from onenet.network.examples import examples_in
from onenet.words.space import Neighbour, WordSpace

AROUND = 3  # words beside each stop
STEEPNESS = (
    4  # even; at 1 and 2 most pairs of words are their own shortest path; at 4 a walk has 4 to 8 words
)
_BATCH = 64  # words that are gone on from at once


@dataclass(frozen=True)
class Stop(Neighbour):
    """A word on a walk; its score is the cosine with the word before, of the first 1.

    Attributes:
        bearing: How far to one side it lies, -1 to 1, so that the walk can be drawn.
        around: The words nearest to it that are not on the walk.
    """

    bearing: float
    around: tuple[str, ...]


def walk(space: WordSpace, start: str, end: str) -> list[Stop]:
    """Find the walk from one word to another whose steps are together the easiest.

    A step costs (1 - cosine) to the power of `STEEPNESS`, so that several short ones are easier than one long
    one. The shortest path under these costs (Dijkstra 1959) visits no word twice.

    Raises:
        UnknownWordError: If the network never read one of the two.
        OneNetError: If they are the same word.
    """
    first, last = space.resolve(start), space.resolve(end)
    if first == last:
        template = N_("That is one word twice; give me two, for example: {example}.")
        raise OneNetError(template, example=examples_in(space.languages[0]).walk)
    rows = _shortest_path(space.vectors, space.row_of(first), space.row_of(last))
    vectors = space.vectors[rows]
    cosines = (vectors * space.vectors[[rows[0], *rows[:-1]]]).sum(axis=1)
    words = [space.words[row] for row in rows]
    around = [tuple(each.word for each in space.nearest(vector, AROUND, exclude=words)) for vector in vectors]
    spelt = [space.spell(word) for word in words]
    stops = zip(spelt, cosines.tolist(), _bearings(vectors), around, strict=True)
    return [Stop(*stop) for stop in stops]


def _bearings(vectors: NDArray[np.float32]) -> list[float]:
    """Lay the vectors (N, size) of a walk out between -1 and 1, along what tells them apart most."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[0]
    places = places * (1.0 if places[-1] >= places[0] else -1.0)  # the sign of an axis means nothing
    bearings: list[float] = (places / max(float(np.abs(places).max()), 1e-9)).tolist()
    return bearings


def _shortest_path(vectors: NDArray[np.float32], start: int, end: int) -> list[int]:
    """Give the rows of unit vectors (W, size) on the easiest way from one to another.

    Dijkstra's algorithm from both ends at once (Pohl 1971): no way needs to be followed for more than half of
    what the easiest one known costs, and the words within that are a small part of those within all of it.
    """
    there, back = _Ways(vectors, start), _Ways(vectors, end)
    went_on = True
    while went_on:
        half = (there.costs + back.costs).min() / 2
        went_on = any([there.go_on(half), back.go_on(half)])
    middle = int((there.costs + back.costs).argmin())
    return [*reversed(there.way_to(middle)), *back.way_to(middle)[1:]]


class _Ways:
    """The easiest ways known from one word to all others.

    Dijkstra's algorithm goes on from one word at a time; this from the nearest `_BATCH`, and once more from a
    word to which an easier way turns up. A third of the time, and a tenth where other programs are busy.

    Args:
        vectors: Of the words, (W, size).
        start: Row of the one.
    """

    def __init__(self, vectors: NDArray[np.float32], start: int) -> None:
        self.costs = np.full(len(vectors), np.inf)
        self._vectors, self._start = vectors, start
        self._before = np.full(len(vectors), start)
        self._is_open = np.zeros(len(vectors), dtype=bool)
        self.costs[start], self._is_open[start] = 0.0, True

    def go_on(self, most: float) -> bool:
        """Go on from the nearest words that cost no more than that and were not gone on from; False: none."""
        open_rows = np.flatnonzero(self._is_open & (self.costs <= most))
        here = open_rows[np.argsort(self.costs[open_rows], kind="stable")[:_BATCH]]
        if not len(here):
            return False
        self._is_open[here] = False
        squared = (1.0 - self._vectors[here] @ self._vectors.T).clip(min=0.0) ** 2  # (B, W)
        through = self.costs[here, np.newaxis] + squared ** (STEEPNESS // 2)
        best = through.argmin(axis=0)
        through_here = np.take_along_axis(through, best[np.newaxis], axis=0)[0]
        is_easier = through_here < self.costs
        self.costs[is_easier] = through_here[is_easier]
        self._before[is_easier] = here[best[is_easier]]
        self._is_open |= is_easier
        return True

    def way_to(self, row: int) -> list[int]:
        """Give the rows from a word back to the one where the ways begin."""
        way = [row]
        while way[-1] != self._start:
            way.append(int(self._before[way[-1]]))
        return way
