"""Inline mode: `@bot a dog on the beach` in any chat."""

import asyncio
import logging

from telegram import InlineQueryResultsButton, Update
from telegram.error import BadRequest

from bot.features.inline import texts as replies
from bot.features.inline.service import Offer
from bot.routing.context import BotContext, message_of
from onenet.errors import DescriptionError, OneNetError

logger = logging.getLogger(__name__)

TYPING_PAUSE_S = 0.25  # who types on within it has not finished yet
PAGE = 20
CACHE_S = 10

Answer = tuple[list[Offer], InlineQueryResultsButton | None]


async def query(update: Update, context: BotContext) -> None:
    """Offer photos for a description; nothing for one that has been replaced by a longer one."""
    asked = update.inline_query
    assert asked is not None
    work = _answer(context, asked.from_user.id, asked.query.strip())
    found = await context.services.latest.only(asked.from_user.id, work)
    if found is None:
        return
    offers, button = found
    first = int(asked.offset) if asked.offset.isdecimal() else 0
    page = offers[first : first + PAGE]
    results = replies.results(page, first, context.services.gallery.folder)
    more = str(first + PAGE) if len(offers) > first + PAGE else None
    try:
        await asked.answer(results, cache_time=CACHE_S, is_personal=True, next_offset=more, button=button)
    except BadRequest as error:  # Telegram waits for an answer only so long
        logger.info("An inline answer was not taken: %s", error)


async def explain(update: Update, context: BotContext) -> None:
    """Answer /start of somebody who comes from inline mode."""
    text = replies.explanation(context.bot.username or context.bot.first_name)
    await message_of(update).reply_text(text, reply_markup=replies.examples_keyboard())


async def _answer(context: BotContext, user_id: int, description: str) -> Answer:
    if not description:
        return [], replies.describe()
    await asyncio.sleep(TYPING_PAUSE_S)
    try:
        offers = await context.services.inline.offers(context.bot.id, user_id, description)
    except DescriptionError:
        return [], replies.unknown_words()
    except OneNetError:
        return [], replies.busy()
    return offers, None if offers else replies.nothing_found()
