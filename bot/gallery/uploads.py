"""Uploads: gallery photos into a chat of the owner's, so that they have file ids, as inline mode needs."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from telegram import Bot
from telegram.error import BadRequest, Forbidden

from bot.inference.errors import StoppedError
from bot.inference.worker import Worker
from bot.photos.sending import encode_for_chat
from bot.store.database import Database, PhotoFile
from onenet.errors import PhotoError

logger = logging.getLogger(__name__)

WAITING_MOST = 100
PAUSE_S = 0.5
RETRY_S = 60.0
REFUSED_PAUSE_S = 3600.0


class Uploads:
    """Uploads one photo after another in the background, as they are asked for.

    Args:
        database: Keeps the file ids.
        worker: Encodes the photos.
        chat_id: Where they are put; None: nowhere.
    """

    def __init__(self, database: Database, worker: Worker, chat_id: int | None) -> None:
        self._database = database
        self._worker = worker
        self._chat_id = chat_id
        self._waiting: dict[PhotoFile, None] = {}
        self._unreadable: set[PhotoFile] = set()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, bot: Bot) -> None:
        """Begin to wait for photos."""
        if self._chat_id is not None:
            self._task = asyncio.create_task(self._run(bot, self._chat_id))

    async def stop(self) -> None:
        """Stop; what still waits will be asked for again."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def want(self, files: Iterable[PhotoFile]) -> None:
        """Ask for photos; those for which there is no room now will be asked for again."""
        if self._task is None:
            return
        for file in files:
            if len(self._waiting) < WAITING_MOST and file not in self._unreadable:
                self._waiting[file] = None
        self._woken.set()

    async def _run(self, bot: Bot, chat_id: int) -> None:
        while True:
            await self._woken.wait()
            while self._waiting:
                file = next(iter(self._waiting))
                pause_s = await self._try(bot, chat_id, file)
                await asyncio.sleep(pause_s)
                self._waiting.pop(file, None)
            self._woken.clear()

    async def _try(self, bot: Bot, chat_id: int, file: PhotoFile) -> float:
        """Upload one photo; the pause to make behind it, in seconds."""
        try:
            await self._upload(bot, chat_id, file)
        except PhotoError as error:
            logger.info("A gallery photo cannot be uploaded: %s", error)
            self._unreadable.add(file)
        except (BadRequest, Forbidden) as error:
            logger.error("STORAGE_CHAT %d takes no photos (%s): may the bot post there?", chat_id, error)
            self._waiting.clear()
            return REFUSED_PAUSE_S
        except StoppedError:
            return REFUSED_PAUSE_S
        except Exception as error:  # the network, a locked database: it will be asked for again
            logger.warning("A photo could not be uploaded (%s: %s)", type(error).__name__, error)
            return RETRY_S
        return PAUSE_S

    async def _upload(self, bot: Bot, chat_id: int, file: PhotoFile) -> None:
        if await self._database.file_ids(bot.id, [file]):  # by an answer meanwhile
            return
        content = await self._worker.decode(encode_for_chat, file.photo)
        sent = await bot.send_photo(chat_id, content, disable_notification=True)
        await self._database.keep_file_ids(bot.id, {file: sent.photo[-1].file_id})
