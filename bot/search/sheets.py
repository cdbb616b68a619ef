"""Sheets: the photos found for an answer put together as one numbered picture."""

from dataclasses import dataclass

from PIL import Image

from bot.inference.worker import Worker
from bot.messages.incoming import Incoming
from bot.photos.contact_sheet import CELL_PX, draw_sheet, open_cell
from bot.search.pictures import Picture, Pictures
from bot.store.answers import Answer, SheetCell
from onenet.errors import PhotoError


@dataclass(frozen=True)
class Sheet:
    """A numbered picture ready to be sent.

    Attributes:
        image: A JPEG.
        cells: The photos on it, in their order.
        seen: The photos that need not be sent again: those on it, and those left out.
    """

    image: bytes
    cells: tuple[SheetCell, ...]
    seen: tuple[str, ...]


class Sheets:
    """Makes contact sheets of the next photos for an answer.

    Args:
        pictures: Finds them.
        worker: Reads and draws them.
    """

    def __init__(self, pictures: Pictures, worker: Worker) -> None:
        self._pictures = pictures
        self._worker = worker

    async def make(self, asked: Incoming, answer: Answer) -> Sheet | None:
        """Put the next photos for an answer together; None if there are no more.

        Args:
            asked: What is answered.
            answer: What it is about, and which photos were sent for it before.
        """
        seen: set[str] = set()
        found = await self._pictures.collect(asked, answer, seen, self._open)
        if not found:
            return None
        image = await self._worker.decode(draw_sheet, [photo for _, photo in found])
        return Sheet(image, tuple(cell for cell, _ in found), tuple(sorted(seen)))

    async def _open(self, picture: Picture) -> tuple[SheetCell, Image.Image] | None:
        content = await self._pictures.load(picture, CELL_PX)
        if content is None:
            return None
        try:
            return picture.cell, await self._worker.decode(open_cell, content)
        except PhotoError:
            return None
