"""The index of what chats remember: one for all chats, searched by the numbers of one chat's photos."""

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.memory.names import own_id, own_name
from bot.store.keys import ChatKey
from onenet.search import Match, VectorIndex

Floats = NDArray[np.float32]


class _Change(NamedTuple):
    """Photos that were added, with their representations (B, D); without, they were removed."""

    ids: Sequence[int]
    vectors: Floats | None


class MemoryIndex:
    """Representations by the number of the photo; in memory alone, since the database has them all.

    Changes are noted on the event loop in the order in which the database took them, and take effect on the
    worker's thread before the next search: so neither has to wait for the other, and what was forgotten after
    it was added cannot come back.

    Args:
        dimensions: Length D of a representation.
    """

    def __init__(self, dimensions: int = 300) -> None:
        self._vectors = VectorIndex(dimensions)
        self._changes: deque[_Change] = deque()

    def add(self, chat: ChatKey | None, ids: Sequence[int], vectors: Floats) -> None:
        """Note photos that the database has from now on; `vectors` has shape (B, D), unit length.

        Args:
            chat: Whose photos; here it does not matter, see `bot.memory.served`.
        """
        self._changes.append(_Change(ids, vectors))

    def remove(self, ids: Sequence[int]) -> None:
        """Note photos that the database no longer has."""
        self._changes.append(_Change(ids, None))

    async def reach(self) -> None:
        """Do nothing: it is here."""

    def catch_up(self) -> int:
        """Take over what changed and give the number of photos; on the worker's thread alone."""
        while self._changes:
            ids, vectors = self._changes.popleft()
            if vectors is None:
                self._vectors.remove(ids)
            else:
                self._vectors.add(ids, vectors)
        return len(self._vectors)

    def among(self, chat: ChatKey, ids: Collection[int]) -> "OwnPhotos":
        """Give the photos of a chat, by their numbers, to be searched: no other one is found among them."""
        return OwnPhotos(self, ids)

    def search(self, representation: Floats, k: int, ids: Collection[int]) -> list[tuple[int, float]]:
        """Find the k of some photos most like a representation (D,); on the worker's thread alone."""
        self.catch_up()
        return self._vectors.search(representation, k, among=ids)

    def nearest_to(self, chat: ChatKey, photo_id: int, ids: Collection[int]) -> list[Match]:
        """Find which of some photos of a chat is most like another one of it, if any."""
        self.catch_up()
        if photo_id not in self._vectors:
            return []
        (representation,) = self._vectors.vectors_of([photo_id])
        return self.among(chat, ids).search(representation, 1)

    def known(self, chat: ChatKey, ids: Collection[int]) -> tuple[list[int], Floats]:
        """Give those of some photos of a chat that are known, and their representations (N, D)."""
        self.catch_up()
        known = [photo_id for photo_id in ids if photo_id in self._vectors]
        return known, self._vectors.vectors_of(known)

    def vectors_of(self, ids: Sequence[int]) -> Floats:
        """Give representations, shape (len(ids), D); on the worker's thread alone."""
        return self._vectors.vectors_of(ids)


class OwnPhotos:
    """Photos of one chat, as the engine searches and ranks them; each is named after its number.

    Args:
        index: Of all chats.
        ids: The chat's photos: the only ones that can be found.
    """

    def __init__(self, index: MemoryIndex, ids: Collection[int]) -> None:
        self._index = index
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, representation: Floats, k: int) -> list[Match]:
        """Find the k photos most like a representation (D,), best first."""
        found = self._index.search(representation, k, self._ids)
        return [Match(own_name(photo_id), score) for photo_id, score in found]

    def representations_of(self, photos: Sequence[str]) -> Floats:
        """Return the representations of photos that were found, shape (len(photos), D)."""
        return self._index.vectors_of(
            [photo_id for photo in photos if (photo_id := own_id(photo)) is not None]
        )
