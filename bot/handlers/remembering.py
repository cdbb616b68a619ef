"""Remembering: a photo that was read, or only seen, goes into its chat's memory if the chat wants that."""

import logging
import sqlite3

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.context import BotContext, message_of
from bot.memory import Remembered
from bot.photos import fitting_size, photo_of
from bot.remembered import ChatKey, PhotoMessage
from bot.replies import memory as replies
from bot.worker import Reading

logger = logging.getLogger(__name__)

_KINDS = ("animation", "video", "sticker", "document")  # an animation has a document too


async def remember(message: Message, reading: Reading, context: BotContext) -> Remembered | None:
    """Remember a photo that was read; None if its chat does not want that. Do it before answering.

    Args:
        message: That holds the photo, or replies to it.
    """
    holder = message if photo_of(message) is not None else message.reply_to_message
    if holder is None or not await _wants(holder, context):
        return None
    photo = photo_message(holder)
    if photo is None:
        return None
    try:
        return await context.services.memory.remember(chat_of(holder), photo, reading)
    except sqlite3.Error as error:  # locked, or no room: it can be answered all the same
        logger.error("A photo could not be remembered: %s", error)
        return None


async def remember_quietly(update: Update, context: BotContext) -> None:
    """Remember a photo of a group that nobody asked about; it is read when there is nothing else to do."""
    message = message_of(update)
    photo = photo_message(message)
    if photo is not None and await _wants(message, context):
        await context.services.memory.remember(chat_of(message), photo, None)
        context.services.memory_keeper.wake()


async def tell_of(remembered: Remembered | None, context: BotContext) -> None:
    """Say what there is to say of a photo just remembered: that it is the first, or was seen before."""
    if remembered is None or not remembered.is_new:
        return
    chat_id = remembered.photo.chat.chat_id
    try:
        if remembered.is_first and chat_id > 0:  # in a group, /memory on said so
            await context.bot.send_message(chat_id, replies.first_photo())
        else:
            await context.services.seen_before.tell(context.bot, remembered.photo)
    except TelegramError as error:  # the photo itself has been answered
        logger.info("Nothing could be said of a remembered photo: %s", type(error).__name__)


def names_of(remembered: Remembered | None) -> tuple[str, ...]:
    """Give what is not to be sent as an answer to a photo: the photo itself."""
    return (remembered.name,) if remembered is not None else ()


def chat_of(message: Message) -> ChatKey:
    """Give the key of a message's chat."""
    return ChatKey(message.get_bot().id, message.chat_id)


def sender_of(message: Message) -> int:
    """Give the number of who sent a message: a person, or the group or channel that it was sent for."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user is not None else 0


def photo_message(message: Message) -> PhotoMessage | None:
    """Take from a message what is remembered of its photo; None if it has none, or the bot sent it."""
    read = photo_of(message)
    sender = sender_of(message)
    if read is None or sender == message.get_bot().id:
        return None
    kind = next((kind for kind in _KINDS if getattr(message, kind)), "photo")
    sent = fitting_size(message.photo) if kind == "photo" else getattr(message, kind)
    return PhotoMessage(
        *(message.message_id, sender, kind),
        *(sent.file_id, sent.file_unique_id, read.file_id),
        sent_at=message.date.timestamp(),
        album=message.media_group_id or "",
    )


async def _wants(message: Message, context: BotContext) -> bool:
    if message.chat.type == ChatType.CHANNEL:
        return False
    return (await context.services.chats.settings(*chat_of(message))).remembers
