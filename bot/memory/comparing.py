"""Comparing: what a server has of the chats' photos is kept in step with the database, in the background."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import numpy as np

from bot.background import Background
from bot.inference.errors import StoppedError
from bot.memory.names import own_id, own_name
from bot.memory.served import ServedMemoryIndex, partition_of
from bot.memory.table import RememberedPhotos
from onenet.engine import Engine
from onenet.errors import IndexAwayError

logger = logging.getLogger(__name__)

LISTED_AT_ONCE = 10_000
SENT_AT_ONCE = 500
LOOK_S = 30.0  # from one look whether the server still has what it had to the next
AGAIN_S = 3.0  # while it is away
FORGOTTEN_WITHIN_S = 5.0  # that what was forgotten has left the server; later if it is away


class Comparing:
    """Sends what has changed, and compares all of it whenever the server was away, or this bot was.

    Args:
        index: On the server.
        photos: In the database, which is right where the two differ.
        beside: Calls what waits for the server on a thread of its own, one after another: `Worker.beside`.
        engine: Whose representations they are.
    """

    def __init__(
        self,
        index: ServedMemoryIndex,
        photos: RememberedPhotos,
        beside: Callable[..., Awaitable[Any]],
        engine: Engine,
    ) -> None:
        self._index = index
        self._photos = photos
        self._beside = beside
        self._network = engine.fingerprint
        self._compared = -1  # over which connection it was
        self._is_wanted = False
        self._is_told = False
        self._background = Background("The index of the chats' photos could not be compared", retry_s=60.0)

    def start(self) -> None:
        """Begin."""
        self._background.start(self._step)

    async def stop(self) -> None:
        """Stop; what is not sent is found in the database the next time."""
        await self._background.stop()

    async def close(self) -> None:
        """Let go of the connection, once nobody asks any more."""
        await asyncio.to_thread(self._index.close)

    def wake(self) -> None:
        """Send what has changed now."""
        self._background.wake()

    def compare(self) -> None:
        """Compare all of it now."""
        self._compared, self._is_wanted = -1, True
        self._background.wake()

    async def send(self) -> None:
        """Send what has changed, if the server takes it soon; else later."""
        try:
            async with asyncio.timeout(FORGOTTEN_WITHIN_S):
                await self._beside(self._index.send)
        except (IndexAwayError, StoppedError, TimeoutError):
            self.wake()

    async def _step(self) -> float | None:
        try:
            await self._beside(self._index.check)
            await self._beside(self._index.send)
            connected = self._index.times_connected
            if connected != self._compared:
                await self._compare()
                if self._is_wanted:  # once more: it was asked for meanwhile
                    return 0.0
                self._compared = connected
        except StoppedError:
            return None
        except IndexAwayError as error:
            self._compared = -1
            if not self._is_told:
                logger.warning("Chats' photos cannot be searched, only remembered. %s", error)
            self._is_told = True
            return AGAIN_S
        self._is_told = False
        return LOOK_S

    async def _compare(self) -> None:
        """Remove from the server what the database does not have, and add what it has besides."""
        self._is_wanted = False
        there = await self._on_server()
        known: set[tuple[str, str]] = set()
        after = 0
        while rows := await self._photos.chats_of(self._network, after, LISTED_AT_ONCE):
            known |= {(partition_of(chat), own_name(photo_id)) for photo_id, chat in rows}
            after = rows[-1][0]
        await self._remove(there - known)
        missing = sorted(photo_id for _, name in known - there if (photo_id := own_id(name)) is not None)
        for start in range(0, len(missing), SENT_AT_ONCE):
            await self._add(missing[start : start + SENT_AT_ONCE])
        await self._beside(self._index.forget_other_networks)
        if missing or there - known:
            logger.info(
                "The index of the chats' photos was %d short, and had %d too many",
                *(len(missing), len(there - known)),
            )

    async def _on_server(self) -> set[tuple[str, str]]:
        there: set[tuple[str, str]] = set()
        pages = self._index.pages()
        while (page := await self._beside(next, pages, None)) is not None:
            there |= page
        return there

    async def _remove(self, pairs: Collection[tuple[str, str]]) -> None:
        by_chat: dict[str, list[str]] = defaultdict(list)
        for chat, name in pairs:
            by_chat[chat].append(name)
        for chat, names in by_chat.items():
            await self._beside(self._index.remove_from, chat, names)

    async def _add(self, ids: Collection[int]) -> None:
        """Add what the database has of some photos; what is forgotten from now on is removed behind it."""
        by_chat = defaultdict(list)
        for photo_id, chat, representation in await self._photos.read_of(self._network, ids):
            by_chat[chat].append((photo_id, representation))
        for chat, rows in by_chat.items():
            self._index.add(chat, [photo_id for photo_id, _ in rows], np.stack([row for _, row in rows]))
        await self._beside(self._index.send)
