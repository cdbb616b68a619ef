"""Word games: the word that does not belong, and a walk from one word to another."""

import re
from collections.abc import Sequence

from telegram import Update
from telegram.error import BadRequest

from bot.features.words import texts as replies
from bot.features.words.handlers import how_to
from bot.features.words.walk_picture import draw_map
from bot.routing.context import BotContext, message_of


async def odd(update: Update, context: BotContext) -> None:
    """Answer /odd: which word does not belong, and why."""
    words = words_in(context.words)
    if not words:
        await how_to(update, context, "odd")
        return
    services = context.services
    found = await services.worker.call(services.engine.odd_word, words)
    await message_of(update).reply_text(replies.odd(found), do_quote=True)


async def walk(update: Update, context: BotContext) -> None:
    """Answer /walk: a way from one word to another over words between."""
    words = words_in(context.words)
    if len(words) == 4 and (words[0].lower(), words[2].lower()) == ("from", "to"):
        words = [words[1], words[3]]
    if len(words) != 2:
        await how_to(update, context, "walk")
        return
    services = context.services
    stops = await services.worker.call(services.engine.walk, *words)
    picture = await services.worker.decode(draw_map, stops)
    message, text, keyboard = message_of(update), replies.walk(stops), replies.walk_keyboard(stops)
    try:
        await message.reply_photo(picture, caption=text, reply_markup=keyboard, do_quote=True)
    except BadRequest:  # no pictures here
        await message.reply_text(text, reply_markup=keyboard, do_quote=True)


def words_in(words: Sequence[str]) -> list[str]:
    """Understand words with commas, arrows or question marks between them."""
    return re.sub(r"[-=]+>|[:,;=?!.…→|]+|(?<!\w)-+|-+(?!\w)", " ", " ".join(words)).split()
