"""Inline mode: `@bot a dog on the beach` in any chat."""

import asyncio
import logging
from pathlib import Path

from telegram import InlineQuery, InlineQueryResultsButton
from telegram.error import BadRequest

from bot.features.inline import texts
from bot.features.inline.service import Inline, Latest, Offer
from bot.language.network import Multilingual
from bot.messages.incoming import Incoming
from onenet.errors import DescriptionError, OneNetError

logger = logging.getLogger(__name__)

TYPING_PAUSE_S = 0.25  # who types on within it has not finished yet
PAGE = 20
CACHE_S = 10


class InlineMode:
    """Answers inline queries, and whoever comes from one.

    Args:
        inline: Finds what to offer.
        folder: The gallery's, for the names of its photos.
        network: Whose words descriptions have.
    """

    def __init__(self, inline: Inline, folder: Path, network: Multilingual) -> None:
        self.inline = inline
        self._network = network
        self._folder = folder
        self._latest = Latest()

    async def query(self, asked: InlineQuery) -> None:
        """Offer photos for a description; nothing for one that has been replaced by a longer one."""
        person = asked.from_user.id
        found = await self._latest.only(person, self._answer(asked.get_bot().id, person, asked.query.strip()))
        if found is None:
            return
        offers, button = found
        first = int(asked.offset) if asked.offset.isdecimal() else 0
        page = offers[first : first + PAGE]
        results = texts.results(page, first, self._folder)
        more = str(first + PAGE) if len(offers) > first + PAGE else None
        try:
            await asked.answer(results, cache_time=CACHE_S, is_personal=True, next_offset=more, button=button)
        except BadRequest as error:  # Telegram waits for an answer only so long
            logger.info("An inline answer was not taken: %s", error)

    async def explain(self, asked: Incoming) -> None:
        """Answer /start of somebody who comes from inline mode."""
        text = texts.explanation(asked.bot.username or asked.bot.first_name, self._network)
        await asked.message.reply_text(text, reply_markup=texts.examples_keyboard(self._network))

    async def _answer(
        self, bot_id: int, user_id: int, description: str
    ) -> tuple[list[Offer], InlineQueryResultsButton | None]:
        if not description:
            return [], texts.describe(self._network)
        await asyncio.sleep(TYPING_PAUSE_S)
        try:
            offers = await self.inline.offers(bot_id, user_id, description)
        except DescriptionError:
            return [], texts.unknown_words(self._network)
        except OneNetError:
            return [], texts.busy()
        return offers, None if offers else texts.nothing_found()
