"""Inline mode: photos of the gallery and of a person's own memory, for a description in any chat."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.gallery.gallery import Gallery
from bot.gallery.uploads import Uploads
from bot.inference.worker import Worker
from bot.language.network import read_here
from bot.memory.memory import OwnPhoto
from bot.store.sent_photos import PhotoFile, SentPhotos
from onenet.engine import Engine
from onenet.search import WordsQuery

T = TypeVar("T")

GALLERY_MOST = 60
OWN_MOST = 20
UPLOADS_MOST = 10  # photos without a file id that one query asks for


class OwnPhotos(Protocol):
    """What inline mode needs of the memory."""

    async def find_own(self, bot_id: int, user_id: int, query: WordsQuery, k: int) -> Sequence[OwnPhoto]:
        """Find the k photos of the private chat with a person that fit best, best first; never a group's."""
        ...


@dataclass(frozen=True)
class Offer:
    """A photo that can be sent to any chat by its file id.

    Attributes:
        caption: What the network said of it; "" for a gallery photo.
        photo: Path of a gallery photo; "" for a person's own.
        score: Cosine to the description.
    """

    file_id: str
    caption: str
    photo: str
    score: float


class Inline:
    """Finds what to offer.

    Args:
        engine: Imagines the description.
        worker: Does the work.
        gallery: Its photos are offered to everyone.
        sent_photos: Know which of them Telegram has.
        uploads: Gets it those that it has not.
        own: The memory; None: there is none.
    """

    def __init__(
        self,
        engine: Engine,
        worker: Worker,
        gallery: Gallery,
        sent_photos: SentPhotos,
        uploads: Uploads,
        own: OwnPhotos | None = None,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._gallery = gallery
        self._sent_photos = sent_photos
        self._uploads = uploads
        self._own = own

    async def offers(self, bot_id: int, user_id: int, description: str) -> list[Offer]:
        """Find photos that fit a description, best first.

        Raises:
            OneNetError: If the network knows none of its words, or too many ask at once.
        """
        preferred = (read_here(self._engine),)
        query = await self._worker.call(self._engine.imagine, description, preferred=preferred)
        offers = await self._own_offers(bot_id, user_id, query)
        offers += await self._gallery_offers(bot_id, query)
        return sorted(offers, key=lambda offer: -offer.score)

    async def _own_offers(self, bot_id: int, user_id: int, query: WordsQuery) -> list[Offer]:
        if self._own is None:
            return []
        found = await self._own.find_own(bot_id, user_id, query, OWN_MOST)
        return [Offer(photo.file_id, photo.caption, "", photo.score) for photo in found]

    async def _gallery_offers(self, bot_id: int, query: WordsQuery) -> list[Offer]:
        """Search by likeness alone: typing asks often, and the ranking would cost more than it brings."""
        matches = await self._gallery.search(query.representation, GALLERY_MOST)
        files = await self._worker.glance(PhotoFile.find_all, [match.photo for match in matches])
        known = await self._sent_photos.file_ids(bot_id, files.values())
        missing = [file for file in files.values() if file.photo not in known]
        self._uploads.want(missing[:UPLOADS_MOST])
        return [
            Offer(known[match.photo], "", match.photo, match.score)
            for match in matches
            if match.photo in known
        ]


class Latest:
    """Works for each person on the latest of their questions only: typing asks many."""

    def __init__(self) -> None:
        self._working: dict[int, asyncio.Task[Any]] = {}

    async def only(self, user_id: int, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work and give its result, or None as soon as the person asks something else."""
        earlier = self._working.get(user_id)
        if earlier is not None:
            earlier.cancel()
        task = self._working[user_id] = asyncio.create_task(work)
        try:
            await asyncio.wait([task])
            return None if task.cancelled() else task.result()
        finally:
            task.cancel()
            if self._working.get(user_id) is task:
                del self._working[user_id]
