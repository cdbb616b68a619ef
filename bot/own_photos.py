"""Own photos: those of a chat, sent into it once more, each with the way back to its message."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from telegram import Bot, InputMediaPhoto, Message, ReplyParameters
from telegram.error import BadRequest, InvalidToken

from bot.memory import OwnMatch
from bot.remembered import RememberedPhoto
from bot.replies import memory as replies

logger = logging.getLogger(__name__)

_SUPERGROUPS_BELOW = -1_000_000_000_000  # so the Bot API numbers them


def link_to(photo: RememberedPhoto, username: str | None = None) -> str:
    """Give the address of a photo's message; "" where messages have none: outside supergroups.

    Args:
        photo: Of a chat.
        username: Of the chat, if it is a public one.
    """
    chat_id = photo.chat.chat_id
    if chat_id >= _SUPERGROUPS_BELOW or not can_be_replied_to(photo):
        return ""
    return f"https://t.me/{username or f'c/{_SUPERGROUPS_BELOW - chat_id}'}/{photo.message.message_id}"


def can_be_replied_to(photo: RememberedPhoto) -> bool:
    """Tell whether a photo's message is in the chat as it is now; it is not, if a group was moved since."""
    return photo.sent_in == photo.chat.chat_id


async def send_own(message: Message, matches: Sequence[OwnMatch]) -> None:
    """Answer a message with photos of its chat: by a link each, or where there are none in reply to each.

    Args:
        message: What is answered.
        matches: Best first; of one that can no longer be sent, only its message is pointed to.
    """
    together = [match for match in matches if match.photo.message.kind == "photo" and _link(message, match)]
    if len(together) > 1 and not await _sent_as_album(message, together):
        together = []
    for match in matches:
        if len(together) < 2 or match not in together:
            await _send_one(message, match)


async def _sent_as_album(message: Message, matches: Sequence[OwnMatch]) -> bool:
    media = [InputMediaPhoto(match.file_id, caption=_caption(message, match)) for match in matches]
    try:
        await message.reply_media_group(media, do_quote=True)
    except (BadRequest, InvalidToken) as error:  # one of them has gone: the others need not go with it
        logger.info("A chat's own photos could not be sent together: %s", error)
        return False
    return True


async def _send_one(message: Message, match: OwnMatch) -> None:
    photo, link = match.photo, _link(message, match)
    is_sticker = photo.message.kind == "sticker"  # it has no caption
    to_it = not link and can_be_replied_to(photo)
    answered = photo.message.message_id if to_it else message.message_id
    try:
        await _method(message.get_bot(), photo.message.kind)(
            message.chat_id,
            match.file_id,
            **({} if is_sticker else {"caption": _caption(message, match)}),
            reply_markup=replies.link_keyboard(link) if is_sticker and link else None,
            reply_parameters=ReplyParameters(answered, allow_sending_without_reply=True),
            message_thread_id=message.message_thread_id if message.is_topic_message else None,
        )
    except (
        BadRequest,
        InvalidToken,
    ) as error:  # the file has gone; or a server that does not know the method
        logger.info("A chat's own photo could not be sent, so its message is pointed to: %s", error)
        reply = ReplyParameters(answered, allow_sending_without_reply=True)
        await message.get_bot().send_message(
            message.chat_id, _caption(message, match), reply_parameters=reply
        )


def _method(bot: Bot, kind: str) -> Callable[..., Coroutine[Any, Any, Message]]:
    methods: dict[str, Callable[..., Coroutine[Any, Any, Message]]] = {
        "photo": bot.send_photo,
        "document": bot.send_document,
        "sticker": bot.send_sticker,
        "video": bot.send_video,
        "animation": bot.send_animation,
    }
    return methods[kind]


def _caption(message: Message, match: OwnMatch) -> str:
    sent_at = match.photo.message.sent_at
    return replies.own_caption(match.caption, match.score, sent_at, _link(message, match))


def _link(message: Message, match: OwnMatch) -> str:
    return link_to(match.photo, message.chat.username)
