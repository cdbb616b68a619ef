"""What /translate is asked for: a text, and perhaps the language that it is to be in."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.language.naming import INTO, code_named, code_of_any, without_target

_COLON = re.compile("[:：]")  # noqa: RUF001

# Whether a word that names a language is rather the beginning of the text behind it: “es un perro”.
Begins = Callable[[str, str], bool]


@dataclass(frozen=True)
class Request:
    """A text that is to be translated.

    Attributes:
        text: "" if there is none.
        to: Code of the language that it is to be in, or what was said where that names none; "": nothing was.
    """

    text: str
    to: str = ""


def understand(
    words: Sequence[str], languages: Iterable[str], begins: Begins = lambda word, text: False
) -> Request:
    """Understand what follows /translate.

    “zh: a dog”, “Chinese: a dog”, “to chinese a dog”, “a dog to Chinese” and “--to zh a dog” say a language.
    So does “zh a dog”, unless the word may as well begin the text.

    Args:
        languages: Codes of those that may be named: by code, in English, by their own or the reader's name.
    """
    known = tuple(languages)
    rest, target = without_target(words)
    if target:
        return Request(" ".join(rest), code_named(target, known) or code_of_any(target) or target)
    explicit = _with_colon(" ".join(words), known) or _with_to(words, known)
    if explicit is not None:
        return explicit
    first, text = " ".join(words[:1]), " ".join(words[1:])
    code = code_named(first, known)
    if code and not (text and begins(first, text)):
        return Request(text, code)
    return Request(" ".join(words))


def _with_colon(text: str, known: Sequence[str]) -> Request | None:
    head, *rest = _COLON.split(text, maxsplit=1)
    if not rest:
        return None
    words = head.split()
    name = " ".join(words[1:] if words and words[0].lower() in INTO else words)
    code = code_named(name, known) or code_of_any(name)
    return Request(rest[0].strip(), code) if code else None


def _with_to(words: Sequence[str], known: Sequence[str]) -> Request | None:
    for named, rest in ((words[:2], words[2:]), (words[-2:], words[:-2])):
        if len(named) == 2 and named[0].lower() in INTO:
            code = code_named(named[1], known) or code_of_any(named[1])
            if code:
                return Request(" ".join(rest), code)
    return None
