"""Representations by number: add, remove, find the nearest, among all or among some."""

from collections.abc import Collection, Sequence
from typing import Any

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]


class VectorIndex:
    """Unit vectors by number; exact search, score = cosine. Not locked: use it from one thread at a time.

    Args:
        dimensions: Length D of a vector.
    """

    def __init__(self, dimensions: int = 300) -> None:
        self.dimensions = dimensions
        # Any: the stubs of faiss know only the C++ signatures, not those its Python classes have.
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimensions))
        self._ids: set[int] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, number: object) -> bool:
        return number in self._ids

    @property
    def ids(self) -> list[int]:
        """All numbers, in the order in which the vectors lie."""
        ids: list[int] = faiss.vector_to_array(self._index.id_map).tolist()
        return ids

    def add(self, ids: Sequence[int], vectors: Floats) -> None:
        """Add vectors; one whose number is there already is replaced.

        Args:
            ids: B different numbers, none below 0.
            vectors: Shape (B, D), unit length, see `unit_rows`.
        """
        self.remove(ids)
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), np.array(ids, np.int64))
            self._ids.update(ids)

    def remove(self, ids: Collection[int]) -> int:
        """Forget vectors and return how many of them were here."""
        known = self._ids.intersection(ids)
        if known:
            self._index.remove_ids(np.array(sorted(known), np.int64))
            self._ids -= known
        return len(known)

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
        k = min(k, len(self) if among is None else len(among))
        if k <= 0 or not len(self):
            return []
        parameters = None if among is None else _only(among)
        scores, ids = self._index.search(query[np.newaxis], k, params=parameters)  # each (1, K)
        found = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [(number, score) for number, score in found if number >= 0]  # -1: there are no more

    def vectors_of(self, ids: Sequence[int]) -> Floats:
        """Return vectors in the order asked for, shape (len(ids), D).

        Raises:
            KeyError: If one is not here.
        """
        rows = np.zeros((len(ids), self.dimensions), np.float32)
        for row, number in zip(rows, ids, strict=True):
            if number not in self._ids:
                raise KeyError(number)
            row[:] = self._index.reconstruct(number)
        return rows


def _only(ids: Collection[int]) -> Any:
    parameters: Any = faiss.SearchParameters  # its stub does not know that it takes fields
    return parameters(sel=faiss.IDSelectorBatch(np.fromiter(ids, np.int64, len(ids))))


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
