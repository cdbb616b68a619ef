"""What /translate is asked for: a text, and perhaps the language that it is to be in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.language import DEFAULT_LANGUAGE, spoken
from bot.language.network import name_of

INTO = ("to", "into")


@dataclass(frozen=True)
class Request:
    """A text that is to be translated.

    Attributes:
        text: "" if there is none.
        to: Code of the language that it is to be in; "" if that was not said.
    """

    text: str
    to: str = ""


def understand(words: Sequence[str], languages: Iterable[str]) -> Request:
    """Understand “zh a dog”, “Chinese: a dog”, “to chinese a dog”, “a dog to Chinese”, “a dog”.

    Args:
        languages: Codes of those that may be named: by code, in English, by their own or the reader's name.
    """
    codes = _codes(languages)
    rest = [*words[1:]] if words and words[0].lower() in INTO else [*words]
    if rest and (code := codes.get(_bare(rest[0]))):
        return Request(" ".join(rest[1:]), code)
    if len(words) > 2 and words[-2].lower() in INTO and (code := codes.get(_bare(words[-1]))):
        return Request(" ".join(words[:-2]), code)
    return Request(" ".join(words))


def _codes(languages: Iterable[str]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for code in languages:
        names = (name_of(code, each) for each in (DEFAULT_LANGUAGE, code, spoken()))
        codes |= {name.casefold(): code for name in (code, *names)}
    return codes


def _bare(word: str) -> str:
    return word.strip(":,.").casefold()
