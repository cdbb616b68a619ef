"""Pictures: the photos found for an answer, a chat's own and the gallery's, as they are sent."""

import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from telegram import Bot

from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.memory.links import link_to
from bot.memory.memory import Memory
from bot.memory.table import RememberedPhoto
from bot.memory.texts import own_name
from bot.messages.incoming import Incoming
from bot.messages.photo import file_by_id
from bot.photos.fetching import fetch
from bot.photos.sending import as_jpeg, blurred, empty_tile, encode_for_chat
from bot.photos.texts import name_of
from bot.search.finder import Finder
from bot.store.answers import Answer, SheetCell
from bot.store.sent_photos import PhotoFile, SentPhotos
from onenet.errors import PhotoError
from onenet.search import Match

logger = logging.getLogger(__name__)

T = TypeVar("T")

PROTECTED = "🔒"


@dataclass(frozen=True)
class Picture:
    """A found photo, wherever it lies.

    Attributes:
        cell: What an answer remembers of it, and a person is told.
        load: Gives an image file of it, given the side in pixels that is enough; raises PhotoError.
        file: On the disk, if its file id is kept for it; a photo of the chat itself has none.
        file_id: In the chat; "" if it was never sent.
        own: What the chat remembers of it; None of a gallery photo.
    """

    cell: SheetCell
    load: Callable[[int], Awaitable[bytes]]
    file: PhotoFile | None = None
    file_id: str = ""
    own: RememberedPhoto | None = None


class Pictures:
    """Finds the photos most like a photo, or that fit a description best: a chat's own, then the gallery's.

    Args:
        finder: Finds them.
        memory: Has the chats' own.
        gallery: Where the others are.
        sent_photos: Know their file ids.
        worker: Reads them.
        size: Photos in one answer at most.
    """

    def __init__(
        self,
        finder: Finder,
        memory: Memory,
        gallery: Gallery,
        sent_photos: SentPhotos,
        worker: Worker,
        size: int,
    ) -> None:
        self._finder = finder
        self._memory = memory
        self._gallery = gallery
        self._sent_photos = sent_photos
        self._worker = worker
        self._size = size

    async def collect(
        self,
        asked: Incoming,
        answer: Answer,
        seen: set[str],
        prepare: Callable[[Picture], Awaitable[T | None]],
        *,
        size: int | None = None,
    ) -> list[T]:
        """Find the next photos for an answer.

        Those that cannot be prepared are left out, and the next best take their places.

        Args:
            asked: What is answered.
            answer: What it is about, and which photos were sent for it before.
            seen: Photos not to be sent again; those sent and left out now are added.
            prepare: Makes of a picture what is wanted of it, or None.
            size: How many at most; None: as many as an answer has.
        """
        prepared: list[T] = []
        while missing := (self._size if size is None else size) - len(prepared):
            pictures = await self._find(asked, answer, missing, {*answer.photos_shown, *seen})
            if not pictures:
                break
            seen.update(picture.cell.photo for picture in pictures)
            made = [await prepare(picture) for picture in pictures]
            prepared += [each for each in made if each is not None]
        return prepared

    async def load(self, picture: Picture, side_px: int) -> bytes | None:
        """Give an image file of a picture, as its chat may show it; None if it cannot be read.

        What the chat covers is covered, and of what it protects there is but an empty tile.
        """
        try:
            return await picture.load(side_px)
        except PhotoError as error:
            logger.info("A found photo is left out: %s", error)
            return None

    async def of_cell(self, asked: Incoming, cell: SheetCell) -> Picture:
        """Give a picture that was found before; one of the chat's own only to that chat."""
        own = await self._memory.own(asked.chat, [cell.photo])
        if cell.photo in own:
            return self._own_picture(asked.bot, cell, own[cell.photo])
        return (await self._gallery_pictures(asked.chat.bot_id, [cell]))[0]

    async def _find(self, asked: Incoming, answer: Answer, k: int, exclude: Collection[str]) -> list[Picture]:
        chat = asked.chat
        matches = await self._finder.matches(chat, answer, k, exclude=exclude)
        own = await self._memory.told(chat, [match.photo for match in matches])
        name = functools.partial(name_of, folder=self._gallery.folder)
        others = [
            SheetCell(match.photo, name(match.photo), match.score, copies=len(match.copies))
            for match in matches
            if match.photo not in own
        ]
        pictures = {each.cell.photo: each for each in await self._gallery_pictures(chat.bot_id, others)}
        for match in matches:
            if match.photo in own:
                cell = _own_cell(match, own[match.photo], asked.message.chat.username)
                pictures[match.photo] = self._own_picture(asked.bot, cell, own[match.photo])
        return [pictures[match.photo] for match in matches]

    def _own_picture(self, bot: Bot, cell: SheetCell, photo: RememberedPhoto) -> Picture:
        load = functools.partial(self._load_own, bot, photo)
        return Picture(cell, load, file_id=photo.message.file_id, own=photo)

    async def _load_own(self, bot: Bot, photo: RememberedPhoto, side_px: int) -> bytes:
        if photo.message.is_protected:  # it must not be sent on, in no picture either
            return await self._worker.decode(as_jpeg, empty_tile(), side_px)
        file = file_by_id(photo.message.read_file_id, photo.message.file_unique_id, bot)
        image = await fetch(file, self._worker)
        if photo.message.is_spoiler:
            image = await self._worker.decode(blurred, image)
        return await self._worker.decode(as_jpeg, image, side_px)

    async def _gallery_pictures(self, bot_id: int, cells: Sequence[SheetCell]) -> list[Picture]:
        files = await self._worker.glance(PhotoFile.find_all, [cell.photo for cell in cells])
        known = await self._sent_photos.file_ids(bot_id, files.values())
        return [
            Picture(
                cell,
                functools.partial(self._worker.open_file, encode_for_chat, cell.photo),
                files.get(cell.photo),
                known.get(cell.photo, ""),
            )
            for cell in cells
        ]


def _own_cell(match: Match, photo: RememberedPhoto, username: str | None) -> SheetCell:
    name = own_name(photo.caption, photo.message.sent_at)
    if photo.message.is_protected:
        name = f"{PROTECTED} {name}"
    return SheetCell(match.photo, name, match.score, link_to(photo, username), len(match.copies))
