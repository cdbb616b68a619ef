"""Word games: the word that does not belong, and a walk from one word to another."""

import re
from collections.abc import Sequence

from telegram import Update

from bot.context import BotContext, message_of
from bot.handlers.words import how_to
from bot.replies import word_games as replies


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
    steps = await services.worker.call(services.engine.walk, *words)
    keyboard = replies.walk_keyboard(steps)
    await message_of(update).reply_text(replies.walk(steps), reply_markup=keyboard, do_quote=True)


def words_in(words: Sequence[str]) -> list[str]:
    """Understand words with commas, arrows or question marks between them."""
    return re.sub(r"[-=]+>|[:,;=?!.…→|]+|(?<!\w)-+|-+(?!\w)", " ", " ".join(words)).split()
