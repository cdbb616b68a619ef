"""The memory's keeper: reads in the background what is not read yet, and erases what is due."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.background import Background
from bot.chats.clock import going_by
from bot.inference.errors import StoppedError
from bot.inference.worker import Worker
from bot.language import DEFAULT_LANGUAGE
from bot.memory.memory import Memory
from bot.memory.refusals import Refusals, refusal_of
from bot.memory.table import RememberedPhoto
from bot.messages.photo import file_by_id
from bot.photos.fetching import fetch
from onenet.captions import Caption
from onenet.engine import Engine
from onenet.errors import OneNetError, PhotoError
from onenet.search import is_passing

logger = logging.getLogger(__name__)

READ_AT_ONCE = 4  # pictures in memory, and the work that a question from a chat may have to wait for
PAUSE_S = 0.2  # after each: whoever sends photos comes first at the server too
RETRY_S = 60.0
ERASE_EVERY_S = 24 * 3600.0

OnRead = Callable[[RememberedPhoto], Awaitable[None]]


class MemoryKeeper:
    """Reads the photos that were remembered unread, then those that only another network has read.

    What is to be read stands in the database: nothing is lost when the bot ends, and little memory is needed.

    Args:
        memory: Whose photos they are.
        worker: Reads them when no question waits.
        engine: The network.
        pause_s: Between two steps.
        retry_s: After the server or the network failed.
    """

    def __init__(
        self,
        memory: Memory,
        worker: Worker,
        engine: Engine,
        *,
        pause_s: float = PAUSE_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self._memory = memory
        self._worker = worker
        self._engine = engine
        self._pause_s = pause_s
        self._reading = Background("Remembered photos could not be read", retry_s=retry_s)
        self._refusals = Refusals()
        self._erasing = Background("Chats that were left could not be erased", retry_s=retry_s)
        self._last_seen = 0  # the last photo of another network that was looked at
        self._read_again = 0
        self._lost = 0

    def start(self, bot: Bot, on_read: OnRead) -> None:
        """Begin.

        Args:
            on_read: Is told of each photo that was read for the first time.
        """
        self._reading.start(partial(self._read_some, bot, on_read))
        self._erasing.start(self._erase)

    async def stop(self) -> None:
        """Stop; what was not read will be, the next time."""
        await self._reading.stop()
        await self._erasing.stop()

    def wake(self) -> None:
        """Look for unread photos now."""
        self._reading.wake()

    async def _read_some(self, bot: Bot, on_read: OnRead) -> float | None:
        """Read a few photos; the seconds until there may be more, None if there are none.

        None, too, if there is no thread any more that could read them.
        """
        try:
            is_done = await self._read_next(bot, on_read)
        except StoppedError:
            return None
        if is_done:
            self._report()
            return self._refusals.wait_s
        await asyncio.sleep(self._pause_s)  # no new photo cuts that short
        return 0.0

    async def _read_next(self, bot: Bot, on_read: OnRead) -> bool:
        """Read a few photos; True if there are no more."""
        if self._refusals.end():
            self._last_seen = 0
        waiting = len(self._refusals)
        unread = self._asked_for(await self._memory.photos.unread(bot.id, READ_AT_ONCE + waiting))
        if unread:
            await self._tell(await self._read(bot, unread), on_read)
            return False
        network, last = self._engine.fingerprint, self._last_seen
        others = await self._memory.photos.read_by_others(bot.id, network, last, READ_AT_ONCE)
        if not others:
            return True
        asked_for = self._asked_for(others)
        read = await self._read(bot, asked_for)
        self._last_seen = others[-1].photo_id
        self._read_again += len(read)
        self._lost += len(self._asked_for(asked_for)) - len(read)
        return False

    def _asked_for(self, photos: Sequence[RememberedPhoto]) -> list[RememberedPhoto]:
        """Leave out photos that wait until they are asked for again, and what is too much at once."""
        return [photo for photo in photos if photo not in self._refusals][:READ_AT_ONCE]

    def _report(self) -> None:
        if self._read_again or self._lost:
            logger.info(
                "Read %d remembered photos again, for the present network; %d can no longer be found",
                *(self._read_again, self._lost),
            )
        self._read_again = self._lost = 0

    async def _read(self, bot: Bot, photos: Sequence[RememberedPhoto]) -> list[RememberedPhoto]:
        """Read photos, and give those of them that could be."""
        images = {photo: image for photo in photos if (image := await self._fetch(bot, photo)) is not None}
        return [photo for photo, image in images.items() if await self._read_one(photo, image)]

    async def _fetch(self, bot: Bot, photo: RememberedPhoto) -> Image | None:
        file = file_by_id(photo.message.read_file_id, photo.message.file_unique_id, bot)
        try:
            return await fetch(file, self._worker)
        except (PhotoError, Forbidden) as error:
            await self._note_refusal(photo, error)
            return None

    async def _note_refusal(self, photo: RememberedPhoto, error: PhotoError | Forbidden) -> None:
        """Let a photo wait if the server may give it later, or give it up.

        Raises:
            TelegramError: If the server may give no other photo now either.
        """
        refusal = refusal_of(error)
        may_pass = refusal is not None or (isinstance(error, PhotoError) and is_passing(error))
        if not may_pass or not self._refusals.note(photo):
            logger.debug("A remembered photo can no longer be fetched: %s", error)
            await self._memory.photos.give_up(photo, self._engine.fingerprint)
        elif refusal is None or isinstance(refusal, BadRequest):
            logger.debug("A remembered photo cannot be fetched now: %s", error)
        else:
            raise refusal from None

    async def _read_one(self, photo: RememberedPhoto, image: Image) -> bool:
        try:
            representation, caption = await self._worker.background(self._look_at, image, photo.language)
        except StoppedError:
            raise
        except Exception as error:  # no reason to try it for ever
            logger.warning("The network could not read a remembered photo: %s", type(error).__name__)
            await self._memory.photos.give_up(photo, self._engine.fingerprint)
            return False
        return await self._memory.set_reading(photo, representation, caption)

    def _look_at(self, image: Image, language: str) -> tuple[NDArray[np.float32], Caption]:
        representations = self._engine.represent([image])
        written = language if language in self._engine.written else DEFAULT_LANGUAGE
        [[caption]] = self._engine.caption(representations, language=written)
        return representations[0], caption

    async def _tell(self, photos: Sequence[RememberedPhoto], on_read: OnRead) -> None:
        for photo in photos:
            try:
                with going_by(await self._memory.clock_of(photo.chat)):
                    await on_read(photo)
            except (TelegramError, OneNetError) as error:  # said or not, the photo is remembered
                logger.info("Nothing could be said of a remembered photo: %s", type(error).__name__)

    async def _erase(self) -> float:
        await self._memory.erase_left()
        return ERASE_EVERY_S
