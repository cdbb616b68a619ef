"""Remembering: a photo that was read, or only seen, goes into its chat's memory if the chat wants that."""

import logging
import sqlite3

from telegram import Animation, Document, Message, Sticker, Video, VideoNote
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.features.privacy import texts as replies
from bot.inference.worker import Reading
from bot.memory.memory import Remembered
from bot.memory.table import PhotoMessage, chat_of
from bot.photos.fetching import Kind, photo_of
from bot.routing.context import BotContext

logger = logging.getLogger(__name__)


async def remember(message: Message, reading: Reading, context: BotContext) -> Remembered | None:
    """Remember a photo that was read; None if its chat does not want that. Do it before answering.

    Args:
        message: That holds the photo, or replies to it.
    """
    holder = message if photo_of(message) is not None else message.reply_to_message
    if holder is None or not await _wants(holder, context):
        return None
    return await _remember(holder, reading, context)


async def remember_quietly(message: Message, context: BotContext) -> None:
    """Remember a photo that nobody asked about; it is read when there is nothing else to do."""
    if photo_message(message) is not None and await _wants(message, context):
        await _remember(message, None, context)
        context.services.memory_keeper.wake()


async def tell_of(context: BotContext, *remembered: Remembered | None) -> None:
    """Say what there is to say of photos just remembered: that they are the first, or one was seen before.

    Args:
        remembered: Those of one message or album; it gets one sentence, however many they are.
    """
    new = [each for each in remembered if each is not None and each.is_new]
    is_private = bool(new) and new[0].photo.chat.chat_id > 0
    try:
        if is_private and any(each.is_first for each in new):  # in a group, /memory on said so
            await context.bot.send_message(new[0].photo.chat.chat_id, replies.first_photo())
            return
        for each in new:
            if await context.services.seen_before.tell(context.bot, each.photo):
                return
    except TelegramError as error:  # the photos themselves have been answered
        logger.info("Nothing could be said of remembered photos: %s", type(error).__name__)


def names_of(remembered: Remembered | None) -> tuple[str, ...]:
    """Give what is not to be sent as an answer to a photo: the photo itself."""
    return (remembered.name,) if remembered is not None else ()


def sender_of(message: Message) -> int:
    """Give the number of who sent a message: a person, or the group or channel that it was sent for."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user is not None else 0


def photo_message(message: Message) -> PhotoMessage | None:
    """Take from a message what is remembered of its photo; None if it has none, or the bot had it sent."""
    read, bot = photo_of(message), message.get_bot()
    sender = sender_of(message)
    is_ours = sender == bot.id or (message.via_bot is not None and message.via_bot.id == bot.id)
    if read is None or read.file is None or is_ours:
        return None
    kind: Kind = "file" if read.kind == "video" and message.video is None else read.kind
    sent = _sent(message, kind) or read.file
    return PhotoMessage(
        *(message.message_id, sender, kind),
        *(sent.file_id, sent.file_unique_id, read.file.file_id),
        sent_at=message.date.timestamp(),
        album=message.media_group_id or "",
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


async def _remember(message: Message, reading: Reading | None, context: BotContext) -> Remembered | None:
    photo = photo_message(message)
    if photo is None:
        return None
    try:
        return await context.services.memory.remember(chat_of(message), photo, reading)
    except sqlite3.Error as error:  # locked, or no room: all else goes on
        logger.error("A photo could not be remembered: %s", error)
        return None


async def _wants(message: Message, context: BotContext) -> bool:
    if message.chat.type == ChatType.CHANNEL:
        return False
    return (await context.services.chats.settings(*chat_of(message))).remembers
