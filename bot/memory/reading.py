"""Reading: a photo of the chat is fetched, read by the network, and remembered where its chat wants that."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.memory.memory import Remembered
from bot.memory.remembering import Remembering, names_of
from bot.memory.taught import TaughtWords
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from bot.photos.album_in import Album
from bot.photos.fetching import open_from_chat, read_album
from onenet.captions import Caption
from onenet.errors import PhotoError


class PhotoReader:
    """Reads the photos that people ask about.

    Args:
        worker: Reads them.
        remembering: Remembers them.
        taught: Says the words that their chats taught.
    """

    def __init__(self, worker: Worker, remembering: Remembering, taught: TaughtWords) -> None:
        self._taught = taught
        self._worker = worker
        self._remembering = remembering

    async def read(self, asked: Incoming, photo: Photo) -> tuple[Reading, Remembered | None]:
        """Read a photo; what is remembered of it is to be told after the answer.

        Args:
            asked: Holds the photo, or replies to it.

        Raises:
            PhotoError: If it is too large, cannot be fetched or is no photo.
            BusyError: If too many wait already; then nothing is fetched.
            LeftOutError: If the chat sends too many; then nothing is fetched either.
        """
        _, reading, remembered = await self.open(asked, photo)
        return reading, remembered

    async def open(self, asked: Incoming, photo: Photo) -> tuple[Image.Image, Reading, Remembered | None]:
        """Read a photo, and give the picture before what was read and what is remembered of it."""
        image = await open_from_chat(photo, self._worker)
        reading = await self._taught.said(asked.chat, await self._worker.read(image))
        return image, reading, await self._remembering.remember(asked, reading)

    async def open_all(
        self, holders: Sequence[Incoming], photos: Sequence[Photo]
    ) -> tuple[list[Image.Image], list[Reading], list[Remembered | None]]:
        """Read several photos together, and give their pictures too; an error of one of them is raised."""
        images = [await open_from_chat(photo, self._worker) for photo in photos]
        readings = [_raised(result) for result in await self._worker.read_all(images)]
        remembered = [
            await self._remembering.remember(holder, reading)
            for holder, reading in zip(holders, readings, strict=True)
        ]
        return images, readings, remembered

    async def read_fresh(self, album: Album) -> list[Remembered | None]:
        """Read the parts of an album that wait for an answer; what was read, or why not, goes into it."""
        readings = await read_album([each.photo for each in album.fresh], self._worker)
        remembered = []
        for each, reading in zip(album.fresh, readings, strict=True):
            message_id = each.message.message_id
            if isinstance(reading, Reading):
                reading = await self._taught.said(each.chat, reading)
            album.readings[message_id] = reading
            if isinstance(reading, Reading):
                remembered.append(await self._remembering.remember(each, reading))
                album.remembered.update((message_id, name) for name in names_of(remembered[-1]))
        return remembered

    async def tell_of(self, asked: Incoming, *remembered: Remembered | None) -> None:
        """Say what there is to say of photos just remembered, once they have been answered."""
        await self._remembering.tell_of(asked.bot, *remembered)


def together(album: Album) -> tuple[NDArray[np.float32], Caption]:
    """Give what an album's photos mean taken together, shape (D,), unit length, and the first one's caption.

    Raises:
        PhotoError: If none of them could be read.
    """
    results = list(album.readings.values())
    readings = [result for result in results if isinstance(result, Reading)]
    if not readings:
        raise next(result for result in results if isinstance(result, PhotoError))
    total = np.sum([reading.representation for reading in readings], axis=0)
    unit: NDArray[np.float32] = (total / (np.linalg.norm(total) or 1.0)).astype(np.float32)
    return unit, readings[0].caption


def _raised(result: Reading | PhotoError) -> Reading:
    if isinstance(result, Reading):
        return result
    raise result
