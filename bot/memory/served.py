"""The index of what chats remember, on a server: Milvus has the vectors, the database stays the truth."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.memory.names import own_id, own_name
from bot.store.keys import ChatKey
from onenet.search import Match, MilvusChats, MilvusIndex, PhotoRecord, VectorIndex

Floats = NDArray[np.float32]


class _Change(NamedTuple):
    """Photos that were added to a chat, with their representations (B, D); without a chat, were removed."""

    chat: ChatKey | None
    ids: Sequence[int]
    vectors: Floats


class Sender(Protocol):
    """Sends in the background what has changed: `bot.memory.comparing`."""

    def wake(self) -> None:
        """Send what has changed now."""

    def compare(self) -> None:
        """Compare all of it with the database now."""

    async def send(self) -> None:
        """Send what has changed, if the server takes it soon; else later."""


class ServedMemoryIndex:
    """Representations by the number of the photo, each in the partition of its chat.

    Changes are noted on the event loop in the order in which the database took them, and are sent by another
    thread when the server answers. Until then they are found here, so that nobody waits for it to remember.
    What is lost with this process `bot.memory.comparing` finds in the database.

    Args:
        chats: On the server.
    """

    def __init__(self, chats: MilvusChats) -> None:
        self.dimensions = chats.dimensions
        self._chats = chats
        self._changes: deque[_Change] = deque()

    @property
    def times_connected(self) -> int:
        """Differs when the server was away meanwhile, and may have lost what it had."""
        return self._chats.connection.times_connected

    def close(self) -> None:
        """Let go of the connection."""
        self._chats.connection.close()

    def check(self) -> None:
        """Find out whether the server answers.

        Raises:
            IndexAwayError: If it does not.
        """
        self._chats.connection.check()

    async def reach(self) -> None:
        """Find out whether the server answers, so that the network's thread does not wait for one that hangs.

        Raises:
            IndexAwayError: If it does not.
        """
        await asyncio.to_thread(self._chats.connection.collections)

    def add(self, chat: ChatKey, ids: Sequence[int], vectors: Floats) -> None:
        """Note photos that the database has from now on; `vectors` has shape (B, D), unit length."""
        self._changes.append(_Change(chat, ids, vectors))

    def remove(self, ids: Sequence[int]) -> None:
        """Note photos that the database no longer has."""
        self._changes.append(_Change(None, ids, np.zeros((0, 0), np.float32)))

    def catch_up(self) -> int:
        """Do nothing: what is not sent yet is found all the same."""
        return 0

    def send(self) -> None:
        """Send what has changed, in that order; from one thread at a time.

        Raises:
            IndexAwayError: If the server does not answer; nothing is lost.
        """
        while self._changes:
            chat, ids, vectors = self._changes[0]
            if chat is None:
                self._chats.remove([own_name(photo_id) for photo_id in ids])
            else:
                self._of(chat).add([PhotoRecord(own_name(photo_id), 0, 0) for photo_id in ids], vectors)
            self._changes.popleft()

    def remove_from(self, chat: str, photos: Collection[str]) -> None:
        """Remove photos from the server that no longer belong to a chat.

        Raises:
            IndexAwayError: If it does not answer.
        """
        self._chats.of(chat).remove(photos)

    def pages(self) -> Iterator[set[tuple[str, str]]]:
        """Give partition and name of all photos on the server, many a step."""
        return self._chats.pages()

    def forget_other_networks(self) -> None:
        """Remove from the server what other networks made of the chats' photos."""
        self._chats.forget_other_networks()

    def among(self, chat: ChatKey, ids: Collection[int]) -> "ServedPhotos":
        """Give the photos of a chat, by their numbers, to be searched: no other one is found among them."""
        return ServedPhotos(self, chat, ids)

    def nearest_to(self, chat: ChatKey, photo_id: int, ids: Collection[int]) -> list[Match]:
        """Find which of some photos of a chat is most like another one of it, if any."""
        known, vectors = self.known(chat, [photo_id])
        return self.among(chat, ids).search(vectors[0], 1) if known else []

    def known(self, chat: ChatKey, ids: Collection[int]) -> tuple[list[int], Floats]:
        """Give those of some photos of a chat that are known, and their representations (N, D)."""
        found = self._waiting(chat)
        asked = {own_name(photo_id) for photo_id in ids if photo_id not in found}
        on_server = self._of(chat).known(asked) if asked else {}
        rows = {photo_id: found.get(photo_id, on_server.get(own_name(photo_id))) for photo_id in ids}
        there = {photo_id: row for photo_id, row in rows.items() if row is not None}
        return [*there], np.array([*there.values()], np.float32).reshape(len(there), self.dimensions)

    def search(
        self, chat: ChatKey, representation: Floats, k: int, ids: Collection[int]
    ) -> list[tuple[int, float]]:
        """Find the k of some photos of a chat most like a representation (D,)."""
        ids = frozenset(ids)
        waiting = {photo_id: row for photo_id, row in self._waiting(chat).items() if photo_id in ids}
        found = self._on_server(chat, representation, k, ids - waiting.keys())
        if waiting:
            fresh = VectorIndex(len(representation))
            fresh.add([*waiting], np.stack([*waiting.values()]))
            found += fresh.search(representation, k)
        return sorted(found, key=lambda each: -each[1])[:k]

    def _on_server(
        self, chat: ChatKey, representation: Floats, k: int, ids: Collection[int]
    ) -> list[tuple[int, float]]:
        """Search as many photos of a chat as it takes to have k of those that may be found."""
        wanted, of_chat = k, self._of(chat)
        while ids and k > 0:
            matches = of_chat.search(representation, wanted)
            numbers = [(own_id(match.photo), match.score) for match in matches]
            found = [(number, score) for number, score in numbers if number in ids and number is not None]
            if len(found) >= min(k, len(ids)) or len(matches) < wanted:
                return found[:k]
            wanted *= 4
        return []

    def _waiting(self, chat: ChatKey) -> dict[int, Floats]:
        """Give the photos of a chat that are not sent yet."""
        found: dict[int, Floats] = {}
        for change in self._changes.copy():
            if change.chat == chat:
                found |= zip(change.ids, change.vectors, strict=True)
            elif change.chat is None:
                for photo_id in change.ids:
                    found.pop(photo_id, None)
        return found

    def _of(self, chat: ChatKey) -> MilvusIndex:
        return self._chats.of(partition_of(chat))


class ServedPhotos:
    """Photos of one chat, as the engine searches and ranks them; each is named after its number.

    Args:
        index: Of all chats.
        chat: Whose photos.
        ids: Those that can be found.
    """

    def __init__(self, index: ServedMemoryIndex, chat: ChatKey, ids: Collection[int]) -> None:
        self._index = index
        self._chat = chat
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def search(self, representation: Floats, k: int) -> list[Match]:
        """Find the k photos most like a representation (D,), best first."""
        found = self._index.search(self._chat, representation, k, self._ids)
        return [Match(own_name(photo_id), score) for photo_id, score in found]

    def representations_of(self, photos: Sequence[str]) -> Floats:
        """Return the representations of photos that were found, shape (len(photos), D)."""
        ids = [photo_id for photo in photos if (photo_id := own_id(photo)) is not None]
        known, rows = self._index.known(self._chat, ids)
        by_id = dict(zip(known, rows, strict=True))
        nothing = np.zeros(self._index.dimensions, np.float32)  # forgotten since it was found
        found = [by_id.get(photo_id, nothing) for photo_id in ids]
        return np.array(found, np.float32).reshape(len(ids), self._index.dimensions)


def partition_of(chat: ChatKey) -> str:
    """Name the partition of a chat."""
    return f"{chat.bot_id}:{chat.chat_id}"
