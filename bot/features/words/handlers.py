"""Words: those close to a word, and analogies."""

import re
from collections.abc import Sequence

from telegram import Message, Update

from bot.features.caption.handlers import photo_near
from bot.features.find.handlers import similar_photos
from bot.language import phrases as replies
from bot.language import told
from bot.photos.fetching import photo_of
from bot.routing.context import BotContext, message_of
from bot.search import texts as photo_replies
from onenet.errors import UnknownWordError


async def similar(update: Update, context: BotContext) -> None:
    """Answer /similar: words close to a word, or photos like the photo that it stands under or replies to."""
    message, services = message_of(update), context.services
    word = " ".join(context.words)
    photo = None if word else photo_near(message)
    if photo is not None:
        await similar_photos(message, photo, context)
        return
    if not word:
        await how_to(update, context, "similar")
        return
    try:
        found = await services.worker.call(services.engine.similar_words, word)
    except UnknownWordError as error:
        examples = [f"/similar {suggestion}" for suggestion in error.suggestions]
        await message.reply_text(
            replies.sentence(told(error)), reply_markup=replies.examples_keyboard(examples), do_quote=True
        )
        return
    text = photo_replies.with_note(replies.neighbours(word, found), _photo_note(message))
    await message.reply_text(text, reply_markup=replies.neighbours_keyboard(found))


async def analogy(update: Update, context: BotContext) -> None:
    """Answer /analogy: a is to b as c is to what."""
    message, services = message_of(update), context.services
    words = three_words(context.words)
    if words is None:
        await how_to(update, context, "analogy")
        return
    answers = await services.worker.call(services.engine.analogy, *words)
    await message.reply_text(photo_replies.with_note(replies.analogy(*words, answers), _photo_note(message)))


async def how_to(update: Update, context: BotContext, name: str) -> None:
    """Explain a command that came without its words."""
    command = context.services.commands[name]
    await message_of(update).reply_text(
        replies.how_to(command), reply_markup=replies.examples_keyboard(command.examples)
    )


def _photo_note(message: Message) -> str:
    return f"\n{photo_replies.photo_not_used()}" if photo_of(message) is not None else ""


def three_words(words: Sequence[str]) -> tuple[str, str, str] | None:
    """Understand “a b c”, “a : b :: c : ?”, “a is to b as c is to what?”; None if it is none of these."""
    text = re.sub(r"[:,;=?!.…→>]+|(?<!\w)-+|-+(?!\w)", " ", " ".join(words))
    if len(text.split()) != 3:
        text = re.sub(r"\bis to\b|\bas\b|\bwhat\b", " ", text, flags=re.IGNORECASE)
    found = text.split()
    return (found[0], found[1], found[2]) if len(found) == 3 else None
