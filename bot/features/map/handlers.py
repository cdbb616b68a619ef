"""Maps: words and photos laid out by likeness, with a message that tells how far the picture is."""

import asyncio
import contextlib
from functools import partial

from telegram import Message, Update
from telegram.error import TelegramError

from bot.features.find.handlers import gallery_note
from bot.features.map import texts as map_replies
from bot.features.map.service import Drawing, DrawnMap
from bot.features.words.handlers import how_to
from bot.inference.progress import happens, press_stop, telling
from bot.inference.progress_texts import stop_keyboard
from bot.language import notes, told
from bot.language import phrases as replies
from bot.memory.table import chat_of
from bot.routing.context import BotContext, message_of
from onenet.errors import UnknownWordError

FIRST_S = 1.0  # a map that is kept already needs no message about its progress
EDIT_EVERY_S = 2.0


async def draw(update: Update, context: BotContext) -> None:
    """Answer /map: the words, the photos, the gallery, or the surroundings of a word."""
    message, wish = message_of(update), " ".join(context.words).lower()
    if not wish:
        await how_to(update, context, "map")
        return
    with context.services.maps.drawing(chat_of(message)) as drawing:
        if drawing is None:
            await message.reply_text(map_replies.already_drawing(), do_quote=True)
            return
        try:
            async with telling(partial(_tell_progress, message, drawing)):
                drawn = await _drawn(message, context, wish, drawing)
        except UnknownWordError as error:
            examples = [f"/map {suggestion}" for suggestion in error.suggestions]
            keyboard = replies.examples_keyboard(examples)
            await message.reply_text(replies.sentence(told(error)), reply_markup=keyboard, do_quote=True)
            return
        await _send(message, context, drawn, wish)


async def stop(update: Update, context: BotContext) -> None:
    """Give up the map that a chat waits for."""
    await press_stop(update, context.services.maps.drawings.stop)


async def _drawn(message: Message, context: BotContext, wish: str, drawing: Drawing) -> DrawnMap | None:
    maps = context.services.maps
    if wish == "photos":
        return await maps.photos(message.get_bot(), chat_of(message), drawing)
    if wish == "gallery":
        return await maps.gallery(drawing)
    return await maps.words("" if wish == "words" else wish, drawing)


async def _send(message: Message, context: BotContext, drawn: DrawnMap | None, wish: str) -> None:
    if drawn is None:
        await message.reply_text(gallery_note(context) or notes.still_reading(), do_quote=True)
        return
    has_gallery = context.services.gallery.state().photos > 0
    note = gallery_note(context) if drawn.of == "gallery" else ""
    await message.reply_photo(
        drawn.shown,
        caption="\n\n".join(filter(None, (map_replies.below(drawn, wish), note))),
        reply_markup=map_replies.keyboard_below(drawn, has_gallery=has_gallery),
        do_quote=True,
    )
    await message.reply_document(drawn.file, filename=drawn.name, disable_content_type_detection=True)


async def _tell_progress(message: Message, drawing: Drawing, is_over: asyncio.Event) -> None:
    """Tell how far a map is in a message that goes away when the map is there."""
    if await happens(is_over, FIRST_S):
        return
    text, keyboard = map_replies.in_the_making(drawing.share), stop_keyboard(map_replies.STOP)
    with contextlib.suppress(TelegramError):
        sent = await message.reply_text(text, reply_markup=keyboard, do_quote=True)
        while not await happens(is_over, EDIT_EVERY_S):
            shown, text = text, map_replies.in_the_making(drawing.share)
            if text != shown:
                with contextlib.suppress(TelegramError):
                    await sent.edit_text(text, reply_markup=keyboard)
        await sent.delete()
