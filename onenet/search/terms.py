"""How people say that a photo should change: “in snow”, or “photo - dog + child”."""

import re
from dataclasses import dataclass

_SIGN = re.compile(r"(?:^|(?<=\s))([+\-−–])\s*(?=\S)")  # noqa: RUF001 - minus signs that phones write
_PHOTO = re.compile(r"^(?:(?:this|the|that)\s+)?(?:photo|picture|image|it|this)\s*(?=$|[+\-−–])", re.I)  # noqa: RUF001
_THE_SAME = re.compile(
    r"^(?:(?:exactly\s+)?the\s+)?same\b[\s,]*(?:photo|picture|one|thing)?[\s,]*(?:but\b)?", re.I
)


@dataclass(frozen=True)
class Terms:
    """What is added to a photo and taken from it, each in words."""

    plus: tuple[str, ...]
    minus: tuple[str, ...]


def photo_terms(text: str) -> Terms | None:
    """Understand “photo - dog + child”, with “photo” or without; None if it is a description.

    A sign is one only with a space before it, or at the start: “t-shirt” is a word.
    """
    rest = _PHOTO.sub("", text.strip())
    parts = _SIGN.split(rest)
    if len(parts) < 3 or parts[0].strip():
        return None
    terms = [(sign, words.strip()) for sign, words in zip(parts[1::2], parts[2::2], strict=True)]
    plus = tuple(words for sign, words in terms if sign == "+")
    minus = tuple(words for sign, words in terms if sign != "+")
    return Terms(plus, minus)


def without_the_same(text: str) -> str:
    """Leave out “the same, but”, which says nothing of how a photo should change."""
    return _THE_SAME.sub("", text.strip()).strip()
