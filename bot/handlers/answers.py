"""Answers with buttons: another caption, more photos like these; they work after a restart too."""

import contextlib
from dataclasses import replace

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot import replies
from bot.context import BotContext
from bot.database import Answer, AnswerKey
from bot.handlers.remembering import chat_of
from bot.memory_index import own_id
from bot.photos import photo_of


async def post_answer(
    message: Message,
    context: BotContext,
    text: str,
    keyboard: InlineKeyboardMarkup | None,
    answer: Answer,
    *,
    with_photos: bool,
) -> None:
    """Answer a message, remember for the buttons what was answered, and send the best photos for it.

    Args:
        answer: What is found for token ids is ranked; what is found for a photo is only alike.
    """
    sent = await message.reply_text(text, reply_markup=keyboard, do_quote=True)
    network = context.services.engine.fingerprint
    answer = replace(answer, network=network, about=_photo_message(message))
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
        await query.answer(replies.ONLY_CAPTION)
        return
    number = (answer.caption_shown + 1) % len(answer.captions)
    await context.services.database.show_caption(_key_of(message), number)
    await query.answer()
    own = [photo for photo in answer.photos_shown if own_id(photo) is not None][:1]  # the photo itself
    has_gallery = await context.services.finder.has_photos(chat_of(message), besides=own)
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
        await query.answer(replies.FORGOTTEN)
        return
    with context.services.pressing(_key_of(message)) as is_first:
        if not is_first:
            await query.answer(replies.ALREADY_ON_IT)
            return
        # Asked for again: a press that waited for the one before it must not repeat its photos.
        answer = await context.services.database.answer(_key_of(message)) or answer
        if await _send_photos(message, context, _key_of(message), answer):
            await query.answer()
        else:
            await query.answer(replies.NO_MORE_PHOTOS if answer.token_ids else replies.NO_MORE_ALIKE)


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
    await query.answer(replies.FORGOTTEN)
    return query, None, None


def _photo_message(message: Message) -> int:
    """Give the message with the photo that a message is about: itself or what it replies to; 0: none."""
    answered = message.reply_to_message
    holder = next((each for each in (message, answered) if photo_of(each) is not None), None)
    return holder.message_id if holder is not None else 0


def _key_of(message: Message) -> AnswerKey:
    return AnswerKey(message.get_bot().id, message.chat_id, message.message_id)
