"""What has changed in an index of photos since it was saved: in memory, and found there."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.search.index_file import PhotoRecord
from onenet.search.stored import Change
from onenet.search.vectors import VectorIndex

Floats = NDArray[np.float32]


class Unsaved:
    """Photos that are new, others that are gone, files that turned out to be no photos.

    Args:
        dimensions: Length D of a representation.

    Attributes:
        gone: Saved photos that were removed, and their numbers there.
        unreadable: Files that were marked.
    """

    def __init__(self, dimensions: int) -> None:
        self.gone: dict[str, int] = {}
        self.unreadable: set[str] = set()
        self._vectors = VectorIndex(dimensions)
        self._next_id = 0
        self._id_of: dict[str, int] = {}
        self._record_of: dict[int, PhotoRecord] = {}

    def __len__(self) -> int:
        """Return the number of new photos."""
        return len(self._id_of)

    def __contains__(self, photo: object) -> bool:
        return photo in self._id_of

    def __bool__(self) -> bool:
        return bool(self._id_of or self.gone or self.unreadable)

    @property
    def photos(self) -> list[str]:
        """The paths of the new photos."""
        return list(self._id_of)

    @property
    def records(self) -> list[PhotoRecord]:
        """The files of the new photos."""
        return list(self._record_of.values())

    def record_of(self, photo: str) -> PhotoRecord:
        """Return the file of a new photo.

        Raises:
            KeyError: If it is none.
        """
        return self._record_of[self._id_of[photo]]

    def add(self, records: Sequence[PhotoRecord], rows: Floats) -> None:
        """Add photos that are not there, with their representations (B, D), unit length."""
        ids = range(self._next_id, self._next_id + len(records))
        self._next_id += len(records)
        self._vectors.add(ids, rows)
        self._id_of.update(zip((record.photo for record in records), ids, strict=True))
        self._record_of.update(zip(ids, records, strict=True))

    def remove(self, photos: Collection[str]) -> int:
        """Forget new photos and marked files, and return how many photos there were."""
        ids = [self._id_of.pop(photo) for photo in photos if photo in self._id_of]
        for photo_id in ids:
            del self._record_of[photo_id]
        self.unreadable.difference_update(photos)
        return self._vectors.remove(ids)

    def search(self, query: Floats, k: int) -> list[tuple[str, float]]:
        """Find the k new photos nearest to a query (D,), best first: their paths and cosines."""
        found = self._vectors.search(query, k)
        return [(self._record_of[photo_id].photo, score) for photo_id, score in found]

    def vectors_of(self, photos: Sequence[str]) -> Floats:
        """Return the representations of new photos, shape (len(photos), D)."""
        return self._vectors.vectors_of([self._id_of[photo] for photo in photos])

    def added(self, photos: Sequence[str]) -> Change:
        """Give some of the new photos to be saved."""
        records = [self.record_of(photo) for photo in photos]
        return Change([], records, self.vectors_of(photos))
