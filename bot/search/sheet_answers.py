"""Sheets: answers that are one numbered picture, whose buttons show each of its photos alone."""

import contextlib
from dataclasses import replace

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest

from bot.language import notes
from bot.routing.context import BotContext, key_of
from bot.search import texts as photo_replies
from bot.search.sheets import Sheet
from bot.store.database import Answer


async def wants_sheet(message: Message, context: BotContext) -> bool:
    """Tell whether the chat wants found photos as one numbered picture."""
    settings = await context.services.chats.settings(message.get_bot().id, message.chat_id)
    return settings.pictures == "sheet"


async def post_sheet(
    message: Message, context: BotContext, text: str, keyboard: InlineKeyboardMarkup | None, answer: Answer
) -> tuple[str, ...] | None:
    """Answer a message with a numbered picture of the next photos.

    Returns:
        The photos that need not be sent again; None if nothing was sent, for there are no more photos, or the
        bot may send no pictures here.
    """
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        sheet = await context.services.sheets.make(message, answer)
        if sheet is None:
            return None
        with contextlib.suppress(BadRequest):
            await _send(message, context, text, keyboard, sheet, answer)
            return sheet.seen
    return None


async def _send(
    message: Message,
    context: BotContext,
    text: str,
    keyboard: InlineKeyboardMarkup | None,
    sheet: Sheet,
    answer: Answer,
) -> None:
    sent = await message.reply_photo(
        sheet.image,
        caption=photo_replies.sheet(text, sheet.cells),
        reply_markup=photo_replies.sheet_keyboard(sheet.cells, keyboard),
        do_quote=True,
    )
    shown = (*answer.photos_shown, *sheet.seen)
    kept = replace(answer, photos_shown=shown, sheet=sheet.cells)
    await context.services.database.keep_answer(key_of(sent), kept)


async def turn_sheet(message: Message, context: BotContext, answer: Answer) -> bool:
    """Show the next photos in the place of those that a numbered picture shows; False if there are none."""
    sheet = await context.services.sheets.make(message, answer)
    if sheet is None:
        return False
    text = photo_replies.above_lines(message.caption_html or "")
    below = photo_replies.other_rows(message.reply_markup)
    await message.edit_media(
        InputMediaPhoto(sheet.image, caption=photo_replies.sheet(text, sheet.cells)),
        reply_markup=photo_replies.sheet_keyboard(sheet.cells, below),
    )
    shown = (*answer.photos_shown, *sheet.seen)
    await context.services.database.show_photos(key_of(message), shown, sheet.cells)
    return True


async def show_picture(update: Update, context: BotContext) -> None:
    """Send one of the photos on a numbered picture."""
    query = update.callback_query
    assert query is not None
    message = query.message if isinstance(query.message, Message) else None
    answer = await context.services.database.answer(key_of(message)) if message is not None else None
    number = int((query.data or "").removeprefix(photo_replies.SHOW_PICTURE))
    if message is None or answer is None or not 0 < number <= len(answer.sheet):
        await query.answer(notes.forgotten())
        return
    with context.services.pressing(key_of(message, number)) as is_first:
        if not is_first:
            await query.answer(notes.already_on_it())
            return
        is_sent = await context.services.albums.send_one(message, answer.sheet[number - 1])
        await query.answer(None if is_sent else photo_replies.picture_gone())
