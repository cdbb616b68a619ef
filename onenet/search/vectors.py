"""Representations by number: add, remove, find the nearest, among all or among some."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]

_AT_ONCE = 65_536  # vectors that are gathered at once, to be compared: 80 MB
_ROOM = 64  # for so many vectors at least


class VectorIndex:
    """Unit vectors by number, in memory; exact search, score = cosine.

    To remove one, or to search among some, costs nothing for all the others. Not locked: use it from one
    thread at a time.

    Args:
        dimensions: Length D of a vector.
    """

    def __init__(self, dimensions: int = 300) -> None:
        self.dimensions = dimensions
        self._rows = np.zeros((0, dimensions), np.float32)  # with room for more; the first len(self) count
        self._numbers = np.zeros(0, np.int64)
        self._row_of: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, number: object) -> bool:
        return number in self._row_of

    @property
    def ids(self) -> list[int]:
        """All numbers, in the order in which the vectors lie."""
        ids: list[int] = self._numbers[: len(self)].tolist()
        return ids

    def add(self, ids: Sequence[int], vectors: Floats) -> None:
        """Add vectors; one whose number is there already is replaced.

        Args:
            ids: B different numbers, none below 0.
            vectors: Shape (B, D), unit length, see `unit_rows`.
        """
        self.remove(ids)
        begin, end = len(self), len(self) + len(ids)
        if end > len(self._rows):
            room = max(end, len(self._rows) * 5 // 4, _ROOM)
            self._rows = _with_room(self._rows, begin, room)
            self._numbers = _with_room(self._numbers, begin, room)
        self._rows[begin:end] = vectors
        self._numbers[begin:end] = ids
        self._row_of.update(zip(ids, range(begin, end), strict=True))

    def remove(self, ids: Collection[int]) -> int:
        """Forget vectors and return how many of them were here."""
        before = len(self)
        for number in ids:
            row = self._row_of.pop(number, None)
            if row is not None and row != (last := len(self)):  # the last one takes its place
                self._rows[row] = self._rows[last]
                self._numbers[row] = self._numbers[last]
                self._row_of[int(self._numbers[row])] = row
        return before - len(self)

    def search(
        self, query: Floats, k: int, *, among: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """Find the k vectors nearest to one, best first; fewer come back when there are no more.

        Args:
            query: Shape (D,), unit length.
            among: The only numbers that may be found; None: all.

        Returns:
            Their numbers and cosines.
        """
        if k <= 0 or not len(self):
            return []
        if among is None:
            numbers, scores = self._numbers[: len(self)], self._rows[: len(self)] @ query
        else:
            places = (self._row_of.get(number) for number in among)
            rows = np.array([place for place in places if place is not None], np.int64)
            parts = range(0, len(rows), _AT_ONCE)
            compared = [self._rows[rows[start : start + _AT_ONCE]] @ query for start in parts]
            numbers, scores = self._numbers[rows], np.concatenate(compared or [np.zeros(0, np.float32)])
        best = best_of(scores, k)
        return list(zip(numbers[best].tolist(), scores[best].tolist(), strict=True))

    def vectors_of(self, ids: Sequence[int]) -> Floats:
        """Return vectors in the order asked for, shape (len(ids), D).

        Raises:
            KeyError: If one is not here.
        """
        vectors: Floats = self._rows[[self._row_of[number] for number in ids]]
        return vectors


def best_of(scores: Floats, k: int) -> NDArray[np.int64]:
    """Return where the k highest of some scores (N,) are, the highest first; of equal ones the first."""
    if k < len(scores):
        lowest = np.partition(scores, len(scores) - k)[len(scores) - k]
        chosen = np.flatnonzero(scores >= lowest)
    else:
        chosen = np.arange(len(scores))
    order: NDArray[np.int64] = chosen[np.argsort(-scores[chosen], kind="stable")][:k]
    return order


def unit_rows(rows: ArrayLike, shape: tuple[int, int]) -> Floats:
    """Scale each row to unit length, float32.

    Raises:
        ValueError: If the shape is another, or a row is zero or not finite.
    """
    array = np.ascontiguousarray(rows, dtype=np.float32)
    if array.shape != shape:
        raise ValueError(f"representations must have shape {shape}, not {array.shape}")
    lengths = np.linalg.norm(array, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ValueError("representations must be finite and not zero")
    unit: Floats = array / lengths
    return unit


def _with_room(rows: NDArray[Any], count: int, room: int) -> NDArray[Any]:
    larger = np.zeros((room, *rows.shape[1:]), rows.dtype)
    larger[:count] = rows[:count]
    return larger
