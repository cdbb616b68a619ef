"""Pictures: the photos found for an answer, as albums and contact sheets send them."""

import functools
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from telegram import Message

from bot.database import Answer, Database, PhotoFile, SheetCell
from bot.gallery import Gallery
from bot.photos import encode_for_chat
from bot.replies import photos as photo_replies
from bot.worker import Worker
from onenet.engine import Imagined, Match
from onenet.errors import PhotoError

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Picture:
    """A found photo, wherever it lies.

    Attributes:
        cell: What an answer remembers of it, and a person is told.
        load: Gives an image file of it, given the side in pixels that is enough; raises PhotoError.
        file: On the disk, if its file id is kept for it; a photo of the chat itself has none.
        file_id: In the chat; "" if it was never sent.
    """

    cell: SheetCell
    load: Callable[[int], Awaitable[bytes]]
    file: PhotoFile | None = None
    file_id: str = ""


class Pictures:
    """Finds the photos most like a photo, or that fit a description best.

    Args:
        gallery: Finds them.
        database: Knows their file ids.
        worker: Reads them.
        size: Photos in one answer at most.
    """

    def __init__(self, gallery: Gallery, database: Database, worker: Worker, size: int) -> None:
        self._gallery = gallery
        self._database = database
        self._worker = worker
        self._size = size

    async def collect(
        self,
        message: Message,
        answer: Answer,
        seen: set[str],
        prepare: Callable[[Picture], Awaitable[T | None]],
    ) -> list[T]:
        """Find the next photos for an answer.

        Those that cannot be prepared are left out, and the next best take their places.

        Args:
            message: What is answered.
            answer: What it is about, and which photos were sent for it before.
            seen: Photos not to be sent again; those sent and left out now are added.
            prepare: Makes of a picture what is wanted of it, or None.
        """
        prepared: list[T] = []
        while missing := self._size - len(prepared):
            pictures = await self._find(message, answer, missing, {*answer.photos_shown, *seen})
            if not pictures:
                break
            seen.update(picture.cell.photo for picture in pictures)
            made = [await prepare(picture) for picture in pictures]
            prepared += [each for each in made if each is not None]
        return prepared

    async def load(self, picture: Picture, side_px: int) -> bytes | None:
        """Give an image file of a picture; None if it cannot be read."""
        try:
            return await picture.load(side_px)
        except PhotoError as error:
            logger.info("A found photo is left out: %s", error)
            return None

    async def of_cell(self, message: Message, cell: SheetCell) -> Picture:
        """Give a picture that was found before."""
        return (await self._pictures(message, [cell]))[0]

    async def _find(
        self, message: Message, answer: Answer, k: int, exclude: Collection[str]
    ) -> list[Picture]:
        matches = await self._matches(answer, k, exclude)
        name = functools.partial(photo_replies.name_of, folder=self._gallery.folder)
        return await self._pictures(
            message, [SheetCell(match.photo, name(match.photo), match.score) for match in matches]
        )

    async def _matches(self, answer: Answer, k: int, exclude: Collection[str]) -> list[Match]:
        if not answer.token_ids:
            return await self._gallery.search(answer.representation, k, exclude=exclude)
        # All that the order depends on; the rest says how well they fit, which has been said.
        imagined = Imagined("", "", (), answer.representation, 0.0, answer.token_ids)
        return (await self._gallery.find(imagined, k, exclude=exclude)).matches

    async def _pictures(self, message: Message, cells: Sequence[SheetCell]) -> list[Picture]:
        files = {cell.photo: file for cell in cells if (file := _file_of(cell.photo)) is not None}
        known = await self._database.file_ids(message.get_bot().id, files.values())
        return [
            Picture(
                cell,
                functools.partial(self._worker.decode, encode_for_chat, cell.photo),
                files.get(cell.photo),
                known.get(cell.photo, ""),
            )
            for cell in cells
        ]


def _file_of(photo: str) -> PhotoFile | None:
    try:
        return PhotoFile.of(photo)
    except OSError:
        return None
