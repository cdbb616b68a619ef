"""The languages that a network can read and write: sentence -> words, and words -> sentence."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from onenet.errors import N_, OneNetError
from onenet.network.special_words import ENGLISH
from onenet.network.typed import plain

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_ELIDED = re.compile(r"[^\W_]+'|[^\W_]+(?:-[^\W_]+)*")  # l'homme is two words
_POSSESSIVE = re.compile(r"\s*'s\b")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_LETTERS = {"zh": _HAN, "ar": re.compile("[\u0600-\u06ff]+"), "uk": re.compile("[\u0400-\u04ff]+")}
_ARABIC_LETTERS = str.maketrans("أإآٱىة", "اااايه")  # people write these one for the other


@dataclass(frozen=True)
class Language:
    """How a language is split into words and written.

    Attributes:
        code: By ISO 639-1.
        name: In English.
        split: A text in `plain` form, lower case -> its words, without punctuation.
        join: Words -> sentence.
        right_to_left: Whether it is written so.
    """

    code: str
    name: str
    split: Callable[[str], list[str]]
    join: Callable[[Sequence[str]], str] = " ".join
    right_to_left: bool = False

    def tokenize(self, sentence: str) -> list[str]:
        """Split a sentence into lower-case words without punctuation.

        Words in the letters of another language are split as that is.
        """
        words: list[str] = []
        for word in self.split(plain(sentence).lower()):
            other = script_of(word)
            words += LANGUAGES[other].split(word) if other not in ("", self.code) else [word]
        return words


def script_of(text: str) -> str:
    """Give the language that most letters of a text tell, where letters do: zh, ar or uk; else nothing."""
    counts = {code: sum(map(len, letters.findall(text))) for code, letters in _LETTERS.items()}
    most = max(counts, key=lambda code: counts[code])
    return most if 2 * counts[most] > sum(letter.isalpha() for letter in text) else ""


class LanguageError(OneNetError):
    """A language is not known, or the network does not know it."""


def language_of_code(code: str) -> Language:
    """Look a language up.

    Raises:
        LanguageError: If there is none of that code.
    """
    try:
        return LANGUAGES[code]
    except KeyError:
        known = ", ".join(LANGUAGES)
        raise LanguageError(
            N_("There is no language “{code}” here. Choose one of {languages}."), code=code, languages=known
        ) from None


def _english(text: str) -> list[str]:
    """Split English; the possessive 's is dropped, which Flickr8K writes as a word of its own ("dog 's")."""
    return _WORD.findall(_POSSESSIVE.sub("", text))


def _french(text: str) -> list[str]:
    return _ELIDED.findall(text)


def _join_french(words: Sequence[str]) -> str:
    return " ".join(words).replace("' ", "'")


def _arabic(text: str) -> list[str]:
    from pyarabic.araby import strip_tashkeel, strip_tatweel

    return _WORD.findall(strip_tatweel(strip_tashkeel(text)).translate(_ARABIC_LETTERS))


def _chinese(text: str) -> list[str]:
    """Split Chinese into words; what is in other letters is split at its spaces."""
    words: list[str] = []
    for part in _WORD.findall(text):
        words += _segmenter().lcut(part, HMM=False) if _HAN.search(part) else [part]
    return [word for word in words if _WORD.match(word)]


@cache
def _segmenter() -> Any:
    import warnings

    with warnings.catch_warnings():  # its patterns are written as older Pythons liked them
        warnings.simplefilter("ignore")
        import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba


LANGUAGES = {
    language.code: language
    for language in (
        Language(ENGLISH, "English", _english),
        Language("zh", "Chinese", _chinese, "".join),
        Language("de", "German", _WORD.findall),
        Language("pt", "Portuguese", _WORD.findall),
        Language("ar", "Arabic", _arabic, right_to_left=True),
        Language("fr", "French", _french, _join_french),
        Language("cs", "Czech", _WORD.findall),
        Language("es", "Spanish", _WORD.findall),
        Language("uk", "Ukrainian", _WORD.findall),
    )
}
