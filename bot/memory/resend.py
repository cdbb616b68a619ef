"""Own photos: those of a chat, sent into it once more, each with the way back to its message."""

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from telegram import Bot, InputMediaPhoto, Message, ReplyParameters
from telegram.error import BadRequest, InvalidToken

from bot.delivery.quoting import is_to_be_quoted
from bot.memory.links import can_be_replied_to
from bot.memory.table import RememberedPhoto
from bot.memory.texts import link_keyboard, pointed_to
from bot.messages.incoming import Incoming
from bot.photos.texts import found
from bot.store.answers import SheetCell

logger = logging.getLogger(__name__)


class OwnPicture(NamedTuple):
    """A photo of a chat, and what the chat is told of it."""

    photo: RememberedPhoto
    cell: SheetCell


async def send_own(asked: Incoming, pictures: Sequence[OwnPicture]) -> list[Message]:
    """Answer a message with photos of its chat: by a link each, or where there are none in reply to each.

    Args:
        asked: What is answered.
        pictures: Best first; of one that must not or can no longer be sent, only its message is pointed to.

    Returns:
        The messages that were sent.
    """
    together = [
        each
        for each in pictures
        if each.photo.message.kind == "photo" and each.cell.link and not each.photo.message.is_protected
    ]
    sent = await _sent_as_album(asked, together) if len(together) > 1 else []
    alone = [each for each in pictures if not sent or each not in together]
    return [*sent, *[await _send_one(asked, each) for each in alone]]


async def _sent_as_album(asked: Incoming, pictures: Sequence[OwnPicture]) -> list[Message]:
    media = [
        InputMediaPhoto(
            each.photo.message.file_id, caption=_caption(each), has_spoiler=each.photo.message.is_spoiler
        )
        for each in pictures
    ]
    try:
        return [*await asked.message.reply_media_group(media, do_quote=is_to_be_quoted(asked.message))]
    except (BadRequest, InvalidToken) as error:  # one of them has gone: the others need not go with it
        logger.info("A chat's own photos could not be sent together: %s", error)
        return []


async def _send_one(asked: Incoming, picture: OwnPicture) -> Message:
    photo, link = picture.photo, picture.cell.link
    has_caption = photo.message.kind not in ("sticker", "video_note")
    to_it = not link and can_be_replied_to(photo)
    answered = photo.message.message_id if to_it else asked.message.message_id
    is_quoted = to_it or is_to_be_quoted(asked.message)
    reply = ReplyParameters(answered, allow_sending_without_reply=True) if is_quoted else None
    if photo.message.is_protected:
        text = pointed_to(_caption(picture))
        return await asked.bot.send_message(
            asked.chat.chat_id, text, reply_parameters=reply, message_thread_id=asked.thread
        )
    try:
        return await _method(asked.bot, photo.message.kind)(
            asked.chat.chat_id,
            photo.message.file_id,
            **({"caption": _caption(picture)} if has_caption else {}),
            **({"has_spoiler": True} if photo.message.is_spoiler else {}),
            reply_markup=link_keyboard(link) if link and not has_caption else None,
            reply_parameters=reply,
            message_thread_id=asked.thread,
        )
    except (BadRequest, InvalidToken) as error:  # the file has gone, or the server does not know the method
        logger.info("A chat's own photo could not be sent, so its message is pointed to: %s", error)
        return await asked.bot.send_message(
            asked.chat.chat_id, _caption(picture), reply_parameters=reply, message_thread_id=asked.thread
        )


def _method(bot: Bot, kind: str) -> Callable[..., Coroutine[Any, Any, Message]]:
    methods: dict[str, Callable[..., Coroutine[Any, Any, Message]]] = {
        "photo": bot.send_photo,
        "file": bot.send_document,
        "sticker": bot.send_sticker,
        "video": bot.send_video,
        "animation": bot.send_animation,
        "video_note": bot.send_video_note,
    }
    return methods[kind]


def _caption(picture: OwnPicture) -> str:
    return found(picture.cell)
