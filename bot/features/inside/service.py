"""Insides: a photo's 300 numbers as one picture, with what turns the strongest of them on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.language.network import read_here
from bot.photos.sending import as_jpeg
from onenet.engine import Engine
from onenet.errors import IndexAwayError, PhotoError
from onenet.pictures import draw_inside
from onenet.search import SAME_PHOTO, Inside, Match, read_photo

PHOTOS = 3  # of the gallery, for each number
SIDE_PX = 320  # of a photo in the picture, at most
LONGEST_PX = 2000  # of the picture, more than it ever has


class Insides:
    """Draws what is inside photos.

    Args:
        engine: Knows which words turn a number on.
        worker: Runs the network, opens the gallery's photos and draws.
        gallery: Its photos that turn a number on are shown.
    """

    def __init__(self, engine: Engine, worker: Worker, gallery: Gallery) -> None:
        self._engine = engine
        self._worker = worker
        self._gallery = gallery

    async def draw(self, photo: Image.Image, representation: NDArray[np.float32]) -> bytes:
        """Make a JPEG of a photo's numbers, (D,), and of words and gallery photos for the strongest.

        Raises:
            BusyError: If too many wait already.
        """
        inside: Inside = await self._worker.call(
            self._engine.inside, representation, language=read_here(self._engine)
        )
        directions = [dimension.direction for dimension in inside.strongest]
        try:
            found = await self._search(representation, directions)
        except IndexAwayError:  # the numbers and words say something without photos
            found = [[] for _ in directions]
        photos = [await self._open(matches) for matches in found]
        return await self._worker.decode(_draw, inside, photo, photos)

    async def _search(
        self, representation: NDArray[np.float32], directions: Sequence[NDArray[np.float32]]
    ) -> list[list[Match]]:
        """Find photos for each direction, without the one that is looked into."""
        alike = await self._gallery.search(representation, PHOTOS)
        same = [match for match in alike if match.score >= SAME_PHOTO]  # would be in each row
        copies = [photo for match in same for photo in (match.photo, *match.copies)]
        return await self._gallery.search_each(directions, PHOTOS, exclude=copies)

    async def _open(self, matches: Sequence[Match]) -> list[Image.Image]:
        """Open photos, one by one, so that those of others may come between; without the unreadable."""
        photos = [await self._worker.open_file(_thumbnail, match.photo) for match in matches]
        return [photo for photo in photos if photo is not None]


def _thumbnail(path: str) -> Image.Image | None:
    try:
        photo = read_photo(Path(path))
    except PhotoError:  # gone or changed since it was indexed
        return None
    photo.thumbnail((SIDE_PX, SIDE_PX))
    return photo


def _draw(inside: Inside, photo: Image.Image, photos: Sequence[Sequence[Image.Image]]) -> bytes:
    return as_jpeg(draw_inside(inside, photo, photos), LONGEST_PX)
