"""Remembering: a photo that was read, or only seen, goes into its chat's memory if the chat wants that."""

import logging
import sqlite3

from telegram import Animation, Bot, Document, Message, Sticker, Video, VideoNote
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.chats.chats import Chats
from bot.inference.reading import Reading
from bot.memory import texts
from bot.memory.keeper import MemoryKeeper
from bot.memory.memory import Memory, Remembered
from bot.memory.seen_before import SeenBefore
from bot.memory.table import PhotoMessage
from bot.messages.incoming import Incoming
from bot.messages.photo import Kind

logger = logging.getLogger(__name__)


class Remembering:
    """Remembers the photos that come, where their chats want that, and says what there is to say of it.

    Args:
        memory: Keeps them.
        keeper: Reads those that were only seen.
        chats: Know what each chat wants.
        seen_before: Notices those that came before.
    """

    def __init__(self, memory: Memory, keeper: MemoryKeeper, chats: Chats, seen_before: SeenBefore) -> None:
        self._memory = memory
        self._keeper = keeper
        self._chats = chats
        self._seen_before = seen_before

    async def remember(self, asked: Incoming, reading: Reading) -> Remembered | None:
        """Remember a photo that was read; None if its chat does not want that. Do it before answering.

        Args:
            asked: Holds the photo, or replies to it.
        """
        holder = asked if asked.photo is not None else asked.replied
        if holder is None or not await self._wants(holder):
            return None
        return await self._remember(holder, reading)

    async def remember_quietly(self, seen: Incoming) -> None:
        """Remember a photo that nobody asked about; it is read when there is nothing else to do."""
        if photo_message(seen) is not None and await self._wants(seen):
            await self._remember(seen, None)
            self._keeper.wake()

    async def tell_of(self, bot: Bot, *remembered: Remembered | None) -> None:
        """Say what there is to say of photos just remembered: that they are the first, or came before.

        Args:
            remembered: Those of one message or album; it gets one sentence, however many they are.
        """
        new = [each for each in remembered if each is not None and each.is_new]
        is_private = bool(new) and new[0].photo.chat.chat_id > 0
        try:
            if is_private and any(each.is_first for each in new):  # in a group, /memory on said so
                await bot.send_message(new[0].photo.chat.chat_id, texts.first_photo())
                return
            for each in new:
                if await self._seen_before.tell(bot, each.photo):
                    return
        except TelegramError as error:  # the photos themselves have been answered
            logger.info("Nothing could be said of remembered photos: %s", type(error).__name__)

    async def announce(self, asked: Incoming, asker: int, *, remembers: bool) -> None:
        """Say that photos are remembered from now on, or ask what becomes of those that were.

        Args:
            asked: What changed it, or the page of settings.
            asker: Who changed it.
        """
        if remembers:
            await asked.message.reply_text(texts.turned_on(is_private=asked.is_private))
            return
        photos = self._memory.photos
        await photos.forget_unread(asked.chat)
        count = await photos.count(asked.chat)
        keyboard = texts.keep_or_forget_keyboard(asker) if count else None
        await asked.message.reply_text(texts.turned_off(count), reply_markup=keyboard)

    async def _remember(self, holder: Incoming, reading: Reading | None) -> Remembered | None:
        photo = photo_message(holder)
        if photo is None:
            return None
        try:
            return await self._memory.remember(holder.chat, photo, reading)
        except sqlite3.Error as error:  # locked, or no room: all else goes on
            logger.error("A photo could not be remembered: %s", error)
            return None

    async def _wants(self, holder: Incoming) -> bool:
        if holder.message.chat.type == ChatType.CHANNEL:
            return False
        return (await self._chats.settings(*holder.chat)).remembers


def names_of(remembered: Remembered | None) -> tuple[str, ...]:
    """Give what is not to be sent as an answer to a photo: the photo itself."""
    return (remembered.name,) if remembered is not None else ()


def photo_message(holder: Incoming) -> PhotoMessage | None:
    """Take from a message what is remembered of its photo; None if it has none, or the bot had it sent."""
    read, message = holder.photo, holder.message
    if read is None or read.file is None or holder.sender == holder.bot.id or holder.is_own_offer:
        return None
    kind: Kind = "file" if read.kind == "video" and message.video is None else read.kind
    sent = _sent(message, kind) or read.file
    return PhotoMessage(
        *(message.message_id, holder.sender, kind),
        *(sent.file_id, sent.file_unique_id, read.file.file_id),
        sent_at=message.date.timestamp(),
        album=holder.album,
        thread=holder.thread or 0,
        is_spoiler=read.is_spoiler,
        is_protected=read.is_protected,
    )


def _sent(message: Message, kind: Kind) -> Document | Sticker | Video | Animation | VideoNote | None:
    """Give what a message holds, if that is more than a photo."""
    holds = {
        "file": message.document,
        "sticker": message.sticker,
        "video": message.video,
        "animation": message.animation,
        "video_note": message.video_note,
    }
    return holds.get(kind)
