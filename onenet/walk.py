"""Walks through the word space: from one word to another over words between which each step is short."""

import numpy as np
from numpy.typing import NDArray

from onenet.errors import N_, OneNetError
from onenet.words import Neighbour, WordSpace

STEEPNESS = 4  # at 1 and 2 most pairs of words are their own shortest path; at 4 a walk has 4 to 8 words


def walk(space: WordSpace, start: str, end: str) -> list[Neighbour]:
    """Find the walk from one word to another whose steps are together the easiest.

    A step costs (1 - cosine) to the power of `STEEPNESS`, so that several short ones are easier than one long
    one. The shortest path under these costs (Dijkstra 1959) visits no word twice.

    Returns:
        The words from the first to the last; a score is the cosine with the word before, of the first 1.

    Raises:
        UnknownWordError: If the network never read one of the two.
        OneNetError: If they are the same word.
    """
    first, last = space.resolve(start), space.resolve(end)
    if first == last:
        raise OneNetError(N_("That is one word twice; give me two, for example: dog beach."))
    rows = _shortest_path(space.vectors, space.row_of(first), space.row_of(last))
    before = [rows[0], *rows[:-1]]
    cosines = (space.vectors[rows] * space.vectors[before]).sum(axis=1)
    return [Neighbour(space.words[row], float(score)) for row, score in zip(rows, cosines, strict=True)]


def _shortest_path(vectors: NDArray[np.float32], start: int, end: int) -> list[int]:
    """Give the rows of unit vectors (W, size) on the easiest way from one to another."""
    costs = np.full(len(vectors), np.inf)  # of the easiest way known to each word
    before = np.full(len(vectors), start)
    is_open = np.ones(len(vectors), dtype=bool)
    costs[start] = 0.0
    here = start
    while here != end:
        is_open[here] = False
        through_here = costs[here] + (1.0 - vectors @ vectors[here]).clip(min=0.0) ** STEEPNESS
        is_easier = is_open & (through_here < costs)
        costs[is_easier] = through_here[is_easier]
        before[is_easier] = here
        here = int(np.where(is_open, costs, np.inf).argmin())
    path = [end]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    return path[::-1]
