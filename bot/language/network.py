"""The languages of the network, and which of them count for whoever is answered."""

from collections.abc import Iterable
from typing import Protocol

from bot.language import DEFAULT_LANGUAGE, _, name_of, spoken
from onenet.words import Examples, examples_in


class Multilingual(Protocol):
    """The part of `onenet.engine.Engine` that knows languages."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of those that it reads, English first."""

    @property
    def written(self) -> tuple[str, ...]:
        """Codes of those that it writes, English first."""


def written_here(network: Multilingual) -> str:
    """Give the language of captions: the one that answers are in if the network writes it, else English."""
    return spoken() if spoken() in network.written else DEFAULT_LANGUAGE


def read_here(network: Multilingual) -> str:
    """Give the language of words: the one that answers are in if the network reads it, else English."""
    return spoken() if spoken() in network.languages else DEFAULT_LANGUAGE


def another_written(network: Multilingual) -> str:
    """Give a language that is written, of several, and is not the one of words here."""
    return next(code for code in network.written if code != read_here(network))


def examples_here(network: Multilingual) -> Examples:
    """Give what to try, in the language of words."""
    return examples_in(read_here(network))


def heading(language: str) -> str:
    """Name a language at the beginning of a line."""
    name = name_of(language)
    return name[:1].upper() + name[1:]


def names_of(languages: Iterable[str]) -> str:
    """List languages by name."""
    # Translators: goes between two names of languages in a list.
    return _(", ").join(name_of(language) for language in languages)


def note_on(network: Multilingual) -> str:
    """Say which language captions have, and words may have, where that is not the one of the answers."""
    if spoken() in network.written:
        return ""
    if len(network.languages) == 1:
        # Translators: shown in translation only, in /start, /help and /language.
        return _(
            "The network behind me has learnt English only: its captions stay English, and it needs your "
            "words and descriptions in English too."
        )
    # Translators: shown in translation only, where the network writes no captions in your language.
    text = _("The network behind me writes its captions in English here. It reads words in {languages}.")
    return text.format(languages=names_of(network.languages))
