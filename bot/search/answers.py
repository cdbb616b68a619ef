"""Answers with buttons: another caption, more photos like these; they work after a restart too."""

import contextlib
from dataclasses import replace

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.language import notes
from bot.language import phrases as replies
from bot.photos.fetching import photo_of
from bot.routing.context import BotContext, key_of
from bot.search import texts as photo_replies
from bot.search.sheet_answers import post_sheet, turn_sheet, wants_sheet
from bot.store.database import Answer, AnswerKey


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
    answer = replace(answer, network=context.services.engine.fingerprint, about=_photo_message(message))
    if not with_photos or not await wants_sheet(message, context):
        await _post_text(message, context, text, keyboard, answer, with_photos=with_photos)
    elif await post_sheet(message, context, text, keyboard, answer) is None:
        await _post_text(message, context, text, keyboard, answer, with_photos=False)


async def _post_text(
    message: Message,
    context: BotContext,
    text: str,
    keyboard: InlineKeyboardMarkup | None,
    answer: Answer,
    *,
    with_photos: bool,
) -> None:
    sent = await message.reply_text(text, reply_markup=keyboard, do_quote=True)
    if keyboard is not None:
        await context.services.database.keep_answer(key_of(sent), answer)
    if with_photos:
        with context.services.pressing(key_of(sent)):
            await _send_album(message, context, key_of(sent), answer)


async def another_caption(update: Update, context: BotContext) -> None:
    """Show the next-best caption; after the last comes the first. What stands below it stays."""
    query, message, answer = await _pressed(update, context)
    if message is None or answer is None:
        return
    if len(answer.captions) < 2:
        await query.answer(notes.only_caption())
        return
    number = (answer.caption_shown + 1) % len(answer.captions)
    await context.services.database.show_caption(key_of(message), number)
    await query.answer()
    html = (message.text_html if message.text else message.caption_html) or ""
    _, line_end, rest = html.partition("\n")
    text = f"{replies.caption(answer.captions[number])}{line_end}{rest}"
    edit = message.edit_text if message.text else message.edit_caption
    with contextlib.suppress(BadRequest):  # pressed twice at once: the message reads like that already
        await edit(text, reply_markup=message.reply_markup)


async def more_like_this(update: Update, context: BotContext) -> None:
    """Send the next photos for an answer, or for one photo of an album."""
    assert update.callback_query is not None
    data = update.callback_query.data or ""
    part = int(data.removeprefix(photo_replies.LIKE_PART)) if data.startswith(photo_replies.LIKE_PART) else 0
    query, message, answer = await _pressed(update, context, part)
    if message is None or answer is None:
        return
    if answer.network not in ("", context.services.engine.fingerprint):  # numbers of another network
        await query.answer(notes.forgotten())
        return
    with context.services.pressing(key_of(message, part)) as is_first:
        if not is_first:
            await query.answer(notes.already_on_it())
            return
        # Asked for again: a press that waited for the one before it must not repeat its photos.
        answer = await context.services.database.answer(key_of(message, part)) or answer
        is_sent = await _send_more(message, context, part, answer)
        none_left = notes.no_more_photos() if answer.token_ids else notes.no_more_alike()
        await query.answer(None if is_sent else none_left)


async def _send_more(message: Message, context: BotContext, part: int, answer: Answer) -> bool:
    """Send the next photos as the chat wants them; a numbered picture gives its place to the next one."""
    if answer.sheet:
        return await turn_sheet(message, context, answer)
    if not await wants_sheet(message, context):
        return bool(await _send_album(message, context, key_of(message, part), answer))
    text = photo_replies.like_part(part) if part else notes.most_alike()
    seen = await post_sheet(message, context, text, replies.more_keyboard(), answer)
    await context.services.database.show_photos(key_of(message, part), (*answer.photos_shown, *(seen or ())))
    return bool(seen)


async def _send_album(message: Message, context: BotContext, key: AnswerKey, answer: Answer) -> int:
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        seen = await context.services.albums.send(message, answer)
    await context.services.database.show_photos(key, (*answer.photos_shown, *seen))
    return len(seen)


async def _pressed(
    update: Update, context: BotContext, part: int = 0
) -> tuple[CallbackQuery, Message | None, Answer | None]:
    """Find out what a button belongs to; when that is forgotten, say so."""
    query = update.callback_query
    assert query is not None
    if isinstance(query.message, Message):
        answer = await context.services.database.answer(key_of(query.message, part))
        if answer is not None:
            return query, query.message, answer
    await query.answer(notes.forgotten())
    return query, None, None


def _photo_message(message: Message) -> int:
    """Give the message with the photo that a message is about: itself or what it replies to; 0: none."""
    answered = message.reply_to_message
    holder = next((each for each in (message, answered) if photo_of(each) is not None), None)
    return holder.message_id if holder is not None else 0
