"""Answers with buttons: another caption, more photos like these; they work after a restart too."""

import contextlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot import replies
from bot.context import BotContext
from bot.database import Answer, AnswerKey
from bot.replies import notes


async def post_answer(
    message: Message,
    context: BotContext,
    text: str,
    keyboard: InlineKeyboardMarkup | None,
    *,
    representation: NDArray[np.float32],
    captions: tuple[str, ...],
    with_photos: bool,
    token_ids: tuple[int, ...] = (),
) -> None:
    """Answer a message, remember for the buttons what was answered, and send the best photos for it.

    Args:
        token_ids: Of a description: its photos are ranked, while those for a photo are only alike.
    """
    sent = await message.reply_text(text, reply_markup=keyboard, do_quote=True)
    network = context.services.engine.fingerprint
    answer = Answer(representation, captions, token_ids=token_ids, network=network)
    if keyboard is not None:
        await context.services.database.keep_answer(_key_of(sent), answer)
    if with_photos:
        with context.services.pressing(_key_of(sent)):
            await _send_photos(message, context, _key_of(sent), answer)


async def another_caption(update: Update, context: BotContext) -> None:
    """Show the next-best caption; after the last comes the first."""
    query, message, answer = await _pressed(update, context)
    if message is None or answer is None:
        return
    if len(answer.captions) < 2:
        await query.answer(notes.only_caption())
        return
    number = (answer.caption_shown + 1) % len(answer.captions)
    await context.services.database.show_caption(_key_of(message), number)
    await query.answer()
    has_gallery = context.services.gallery.state().photos > 0
    with contextlib.suppress(BadRequest):  # pressed twice at once: the message reads like that already
        await message.edit_text(
            replies.caption(answer.captions[number]),
            reply_markup=replies.caption_keyboard(captions=len(answer.captions), has_gallery=has_gallery),
        )


async def more_like_this(update: Update, context: BotContext) -> None:
    """Send the next photos of the gallery."""
    query, message, answer = await _pressed(update, context)
    if message is None or answer is None:
        return
    if answer.network not in ("", context.services.engine.fingerprint):  # numbers of another network
        await query.answer(notes.forgotten())
        return
    with context.services.pressing(_key_of(message)) as is_first:
        if not is_first:
            await query.answer(notes.already_on_it())
            return
        # Asked for again: a press that waited for the one before it must not repeat its photos.
        answer = await context.services.database.answer(_key_of(message)) or answer
        if await _send_photos(message, context, _key_of(message), answer):
            await query.answer()
        else:
            await query.answer(notes.no_more_photos() if answer.token_ids else notes.no_more_alike())


async def _send_photos(message: Message, context: BotContext, key: AnswerKey, answer: Answer) -> int:
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        seen = await context.services.albums.send(message, answer)
    answer = replace(answer, photos_shown=(*answer.photos_shown, *seen))
    await context.services.database.show_photos(key, answer.photos_shown)
    return len(seen)


async def _pressed(
    update: Update, context: BotContext
) -> tuple[CallbackQuery, Message | None, Answer | None]:
    """Find out what a button belongs to; when that is forgotten, say so."""
    query = update.callback_query
    assert query is not None
    if isinstance(query.message, Message):
        answer = await context.services.database.answer(_key_of(query.message))
        if answer is not None:
            return query, query.message, answer
    await query.answer(notes.forgotten())
    return query, None, None


def _key_of(message: Message) -> AnswerKey:
    return AnswerKey(message.get_bot().id, message.chat_id, message.message_id)
