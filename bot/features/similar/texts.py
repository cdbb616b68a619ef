"""What is said of the words nearest to a word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardMarkup

from bot.language import _, phrases
from bot.language.naming import INTO, without_target
from bot.language.network import heading
from onenet.words import Neighbour

SUGGESTIONS = 4


@dataclass(frozen=True)
class Neighbours:
    """The words nearest to a word, nearest first.

    Attributes:
        own: Of its own language.
        reader: The language of whoever asks, if that is another one.
        translated: The nearest words of that.
    """

    own: Sequence[Neighbour]
    reader: str = ""
    translated: Sequence[Neighbour] = ()


def word_and_language(words: Sequence[str]) -> tuple[str, str]:
    """Understand “dog”, “dog to German”, “dog --to de”: the word, and what names a language, if anything."""
    rest, named = without_target(words)
    if not named and len(rest) > 2 and rest[-2].lower() in INTO:
        rest, named = rest[:-2], rest[-1]
    return " ".join(rest), named


def neighbours(word: str, found: Neighbours) -> str:
    """List the words nearest to a word."""
    title = _("Closest to <b>{word}</b>:").format(word=phrases.quote(word))
    text = f"{title}\n{phrases.scored_words(found.own)}"
    if not found.translated:
        return text
    return f"{text}\n\n<b>{heading(found.reader)}:</b>\n{phrases.scored_words(found.translated)}"


def neighbours_keyboard(found: Neighbours) -> InlineKeyboardMarkup | None:
    """Offer to go on from the nearest words."""
    return suggestions_keyboard([neighbour.word for neighbour in found.own[:SUGGESTIONS]])


def suggestions_keyboard(words: Iterable[str]) -> InlineKeyboardMarkup | None:
    """Offer to look what other words are close to."""
    label = _("Words like {words}")
    return phrases.examples_keyboard(phrases.example(f"/similar {word}", label) for word in words)
