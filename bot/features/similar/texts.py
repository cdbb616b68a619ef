"""What is said of the words nearest to a word."""

from collections.abc import Iterable, Sequence

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
    return suggestions_keyboard([neighbour.word for neighbour in found[:SUGGESTIONS]])


def suggestions_keyboard(words: Iterable[str]) -> InlineKeyboardMarkup | None:
    """Offer to look what other words are close to."""
    label = _("Words like {words}")
    return phrases.examples_keyboard(phrases.example(f"/similar {word}", label) for word in words)
