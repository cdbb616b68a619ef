"""Uploads: gallery photos into a chat of the owner's, so that they have file ids, as inline mode needs."""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.background import Background
from bot.chats.rights import is_closed
from bot.inference.errors import StoppedError
from bot.inference.worker import Worker
from bot.photos.sending import encode_for_chat
from bot.store.sent_photos import PhotoFile, SentPhotos
from onenet.errors import PhotoError

logger = logging.getLogger(__name__)

WAITING_MOST = 100
PAUSE_S = 0.5
RETRY_S = 60.0
REFUSED_PAUSE_S = 3600.0


class Uploads:
    """Uploads one photo after another in the background, as they are asked for.

    Args:
        sent_photos: Keep the file ids.
        worker: Encodes the photos.
        chat_id: Where they are put; None: nowhere.
    """

    def __init__(self, sent_photos: SentPhotos, worker: Worker, chat_id: int | None) -> None:
        self._sent_photos = sent_photos
        self._worker = worker
        self._chat_id = chat_id
        self._waiting: dict[PhotoFile, None] = {}
        self._unreadable: set[PhotoFile] = set()
        self._background = Background("Photos could not be uploaded", retry_s=RETRY_S)

    def start(self, bot: Bot) -> None:
        """Begin to wait for photos."""
        if self._chat_id is not None:
            self._background.start(partial(self._step, bot))

    async def stop(self) -> None:
        """Stop; what still waits will be asked for again."""
        await self._background.stop()

    def want(self, files: Iterable[PhotoFile]) -> None:
        """Ask for photos; those for which there is no room now will be asked for again."""
        if self._chat_id is None:
            return
        for file in files:
            if len(self._waiting) < WAITING_MOST and file not in self._unreadable:
                self._waiting[file] = None
        self._background.wake()

    async def _step(self, bot: Bot) -> float | None:
        if not self._waiting or self._chat_id is None:
            return None
        file = next(iter(self._waiting))
        await asyncio.sleep(
            await self._try(bot, self._chat_id, file)
        )  # nothing that is wanted cuts that short
        self._waiting.pop(file, None)
        return 0.0

    async def _try(self, bot: Bot, chat_id: int, file: PhotoFile) -> float:
        """Upload one photo; the pause to make behind it, in seconds."""
        try:
            await self._upload(bot, chat_id, file)
        except ChatMigrated as error:
            logger.error(
                "The group of STORAGE_CHAT became a supergroup: set STORAGE_CHAT to %d in place of %d",
                *(error.new_chat_id, chat_id),
            )
            self._chat_id = error.new_chat_id
            return await self._try(bot, error.new_chat_id, file)
        except PhotoError as error:
            logger.info("A gallery photo cannot be uploaded: %s", error)
            self._unreadable.add(file)
        except (BadRequest, Forbidden) as error:
            if not is_closed(error):  # it is this photo that the server does not take
                logger.warning("The gallery photo %s was not taken: %s", file.photo, error)
                self._unreadable.add(file)
                return PAUSE_S
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
        if await self._sent_photos.file_ids(bot.id, [file]):  # by an answer meanwhile
            return
        content = await self._worker.open_file(encode_for_chat, file.photo)
        sent = await bot.send_photo(chat_id, content, disable_notification=True)
        await self._sent_photos.keep(bot.id, {file: sent.photo[-1].file_id})
