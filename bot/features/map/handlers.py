"""Words and photos laid out by likeness, with a message that tells how far the picture is."""

import asyncio
import contextlib
from functools import partial

from telegram.error import TelegramError

from bot.delivery.quoting import is_to_be_quoted
from bot.features.map import texts
from bot.features.map.service import Drawing, DrawnMap, Maps
from bot.gallery.gallery import Gallery
from bot.gallery.notes import GalleryNotes
from bot.inference.progress import between_edits_s, happens, press_stop, telling
from bot.inference.progress_texts import stop_keyboard
from bot.language import notes, phrases, told
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features, explain
from onenet.errors import UnknownWordError

FIRST_S = 1.0  # a map that is kept already needs no message about its progress
EDIT_EVERY_S = 2.0


class MapHandler:
    """Answers /map.

    Args:
        maps: Draw maps.
        gallery: Whose photos may be drawn.
        gallery_notes: Says why they cannot be.
        features: Know how /map is explained.
    """

    def __init__(self, maps: Maps, gallery: Gallery, gallery_notes: GalleryNotes, features: Features) -> None:
        self._maps = maps
        self._gallery = gallery
        self._gallery_notes = gallery_notes
        self._features = features

    async def draw(self, asked: Incoming) -> None:
        """Answer /map: the words, the photos, the gallery, or the surroundings of a word."""
        wish = texts.topic_of(asked.wording.lower())
        if not wish:
            await explain(asked, self._features.commands["map"])
            return
        with self._maps.drawing(asked.chat) as drawing:
            if drawing is None:
                await asked.message.reply_text(
                    texts.already_drawing(), do_quote=is_to_be_quoted(asked.message)
                )
                return
            try:
                async with telling(partial(_tell_progress, asked, drawing)):
                    drawn = await self._drawn(asked, wish, drawing)
            except UnknownWordError as error:
                sentence, keyboard = phrases.sentence(told(error)), texts.around_keyboard(error.suggestions)
                await asked.message.reply_text(
                    sentence, reply_markup=keyboard, do_quote=is_to_be_quoted(asked.message)
                )
                return
            await self._send(asked, drawn, wish)

    async def stop(self, press: Press) -> None:
        """Give up the map that a chat waits for."""
        await press_stop(press, self._maps.drawings.stop)

    async def _drawn(self, asked: Incoming, wish: str, drawing: Drawing) -> DrawnMap | None:
        if wish == "photos":
            return await self._maps.photos(asked.bot, asked.chat, drawing)
        if wish == "gallery":
            return await self._maps.gallery(drawing)
        return await self._maps.words("" if wish == "words" else wish, drawing)

    async def _send(self, asked: Incoming, drawn: DrawnMap | None, wish: str) -> None:
        message = asked.message
        if drawn is None:
            await message.reply_text(
                self._gallery_notes.note() or notes.still_reading(), do_quote=is_to_be_quoted(asked.message)
            )
            return
        has_gallery = self._gallery.state().photos > 0
        note = self._gallery_notes.note() if drawn.of == "gallery" else ""
        await message.reply_photo(
            drawn.shown,
            caption="\n\n".join(filter(None, (texts.below(drawn, wish), note))),
            reply_markup=texts.keyboard_below(drawn, has_gallery=has_gallery),
            do_quote=is_to_be_quoted(asked.message),
        )
        await message.reply_document(drawn.file, filename=drawn.name, disable_content_type_detection=True)


async def _tell_progress(asked: Incoming, drawing: Drawing, is_over: asyncio.Event) -> None:
    """Tell how far a map is in a message that goes away when the map is there."""
    if await happens(is_over, FIRST_S):
        return
    text, keyboard = texts.in_the_making(drawing.share), stop_keyboard(texts.STOP)
    with contextlib.suppress(TelegramError):
        sent = await asked.message.reply_text(
            text, reply_markup=keyboard, do_quote=is_to_be_quoted(asked.message)
        )
        while not await happens(is_over, between_edits_s(asked, EDIT_EVERY_S)):
            shown, text = text, texts.in_the_making(drawing.share)
            if text != shown:
                with contextlib.suppress(TelegramError):
                    await sent.edit_text(text, reply_markup=keyboard)
        await sent.delete()
