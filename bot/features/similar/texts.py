"""What is said of the words nearest to a word."""

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup

from bot.language import _, phrases
from onenet.words import Neighbour

SUGGESTIONS = 4


def neighbours(word: str, found: Sequence[Neighbour]) -> str:
    """List the words nearest to a word."""
    title = _("Closest to <b>{word}</b>:").format(word=phrases.quote(word))
    return f"{title}\n{phrases.scored_words(found)}"


def neighbours_keyboard(found: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer to go on from the nearest words."""
    return phrases.examples_keyboard(f"/similar {neighbour.word}" for neighbour in found[:SUGGESTIONS])
