"""Mixes: the way from one photo of a chat to another, with the photos nearest to it, as one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.language.network import written_here
from bot.messages.incoming import Incoming
from bot.photos.contact_sheet import CELL_PX, open_cell
from bot.photos.sending import as_jpeg
from bot.search.pictures import Picture, Pictures
from bot.store.answers import Answer
from onenet.engine import Engine
from onenet.errors import PhotoError
from onenet.pictures import StripStep, draw_mix
from onenet.search import MixStep, picking_order

SIDE_PX = 1600


@dataclass(frozen=True)
class Mixed:
    """A mix ready to be sent: a JPEG, and what it shows."""

    picture: bytes
    steps: list[MixStep]


class Mixes:
    """Makes pictures of the way from one photo to another.

    Args:
        pictures: Finds the photos along it: a chat's own and the gallery's.
        worker: Does the work.
        engine: Says what lies along it.
    """

    def __init__(self, pictures: Pictures, worker: Worker, engine: Engine) -> None:
        self._pictures = pictures
        self._worker = worker
        self._engine = engine

    async def make(
        self,
        asked: Incoming,
        photos: Sequence[Image.Image],
        readings: Sequence[Reading],
        besides: Sequence[str] = (),
    ) -> Mixed:
        """Mix two photos.

        Args:
            asked: What is answered.
            photos: The two.
            readings: What the network made of them.
            besides: Photos that are not to be found: these two, as their chat remembers them.
        """
        steps = await self._steps(readings)
        nearest: dict[int, Image.Image] = {}
        seen = set(besides)
        for number in picking_order(len(steps)):
            answer = Answer(steps[number].representation, (steps[number].caption,))
            found = await self._pictures.collect(asked, answer, seen, self._open, size=1)
            nearest.update((number, photo) for photo in found)
        strip = [StripStep(step.caption, nearest.get(number)) for number, step in enumerate(steps)]
        return Mixed(await self._worker.decode(_draw, photos, strip), steps)

    async def _steps(self, readings: Sequence[Reading]) -> list[MixStep]:
        first, second = (reading.representation for reading in readings)
        language = written_here(self._engine)
        return await self._worker.call(self._engine.mix, first, second, language=language)

    async def _open(self, picture: Picture) -> Image.Image | None:
        content = await self._pictures.load(picture, CELL_PX)
        if content is None:
            return None
        try:
            return await self._worker.decode(open_cell, content)
        except PhotoError:
            return None


def _draw(photos: Sequence[Image.Image], strip: Sequence[StripStep]) -> bytes:
    first, second = photos
    return as_jpeg(draw_mix(first, second, strip), SIDE_PX)
