"""The languages that a network can read and write: sentence -> words, and words -> sentence."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
# l'homme is two words; other words before an apostrophe are quoted, or foreign names.
_ELIDED = re.compile(
    r"\b(?:[cdjlmnst]|(?:jus|quel|quoi|lors|puis|pres)?qu|aujourd|entr|prud)'|[^\W_]+(?:-[^\W_]+)*"
)
_POSSESSIVE = re.compile(r"\s*'s\b")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_HAN_OR_NOT = re.compile(f"{_HAN.pattern}|[^{_HAN.pattern[1:-2]}]+")
_LETTERS = {"zh": _HAN, "ar": re.compile("[\u0600-\u06ff]+"), "uk": re.compile("[\u0400-\u04ff]+")}
# Vowel signs, which are seldom written and would break a word into its letters.
_ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_ARABIC_LETTERS = str.maketrans("أإآٱىة", "اااايه")  # people write these one for the other

# Signs that phones and word processors write for those of a keyboard, and those that nobody sees.
_APOSTROPHES = re.compile("[‘’‛ʼʹ´`′]")  # noqa: RUF001
_HYPHENS = re.compile(r"[‐‑⁃]|(?<=\w)[‒–−](?=\w)")  # noqa: RUF001
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


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
        words = self.split(_ARABIC_MARKS.sub("", plain(sentence).lower()))
        return [part for word in words for part in _split_by_letters(word, self.code)]


def plain(text: str) -> str:
    """Give a text as a keyboard would write it: compatibility forms, hyphens, apostrophes, nothing invisible.

    Full-width letters and ligatures become letters, ’ becomes ', a non-breaking hyphen - (Unicode's NFKC, and
    what it leaves alone).
    """
    seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _APOSTROPHES.sub("'", text)))
    return _HYPHENS.sub("-", _APOSTROPHES.sub("'", _INVISIBLE.sub("", seen)))  # NFKC makes some of these


def _split_by_letters(word: str, language: str) -> list[str]:
    """Split a word of a language's text whose letters are another's as that does, and its parts so again."""
    other = script_of(word)
    if other in ("", language):
        return [word]
    return [part for found in LANGUAGES[other].split(word) for part in _split_by_letters(found, other)]


def script_of(text: str) -> str:
    """Give the language that most letters of a text tell, where letters do: zh, ar or uk; else nothing."""
    counts = {code: sum(map(len, letters.findall(text))) for code, letters in _LETTERS.items()}
    most = max(counts, key=lambda code: counts[code])
    return most if 2 * counts[most] > sum(letter.isalpha() for letter in text) else ""


def _english(text: str) -> list[str]:
    """Split English; the possessive 's is dropped, which Flickr8K writes as a word of its own ("dog 's")."""
    return _WORD.findall(_POSSESSIVE.sub("", text))


def _french(text: str) -> list[str]:
    return _ELIDED.findall(text)


def _join_french(words: Sequence[str]) -> str:
    return " ".join(words).replace("' ", "'")


def _arabic(text: str) -> list[str]:
    return _WORD.findall(as_written_in_arabic(text).translate(_ARABIC_LETTERS))


def as_written_in_arabic(text: str) -> str:
    """Give a text without vowel signs and lengthened lines, its letters as they are."""
    from pyarabic.araby import strip_tatweel

    unmarked: str = strip_tatweel(_ARABIC_MARKS.sub("", text))
    return unmarked


def _chinese(text: str) -> list[str]:
    """Split Chinese into words; what is in other letters is split at its spaces."""
    words: list[str] = []
    for part in _WORD.findall(text):
        for piece in [part] if _HAN.sub("", part).isascii() else _HAN_OR_NOT.findall(part):
            # jieba takes other letters than a to z one by one
            words += _segmenter().lcut(piece, HMM=False) if _HAN.search(piece) else _WORD.findall(piece)
    return [word for word in words if _WORD.match(word)]


@cache
def _segmenter() -> Any:
    import warnings

    with warnings.catch_warnings():  # its patterns are written as older Pythons liked them
        warnings.simplefilter("ignore")
        import jieba

    # Its `initialize` would leave a file in a folder for temporary files, and complain where there is none.
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", _english),
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


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Name languages in English, by their codes."""
    return {code: LANGUAGES[code].name for code in codes}
