"""Photo arithmetic: a photo's representation moved by words, “in snow” or “photo - dog + child”."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet, pad_captions
from onenet.search.inversion import invert_captions

WORDS_WEIGHT = 1.0  # length of a step toward words or away from them; a photo has length one

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


@torch.no_grad()
def add_words(
    model: OneNet, photo: Tensor, plus: Sequence[Sequence[int]], minus: Sequence[Sequence[int]]
) -> Tensor:
    """Add the directions of sentences to a photo, and take others away.

    Args:
        photo: Representation, shape (D,), unit length.
        plus: Each with `<start>` and `<end>`.
        minus: The same.

    Returns:
        Shape (D,), unit length.
    """
    moved = photo.clone()
    for sign, sentences in ((1.0, plus), (-1.0, minus)):
        for sentence in sentences:
            moved += sign * WORDS_WEIGHT * model.represent_sentence(torch.tensor([list(sentence)]))[0]
    return F.normalize(moved, dim=-1)


def move_toward(model: OneNet, photo: Tensor, caption: Sequence[int], words: Sequence[int]) -> Tensor:
    """Move a photo toward words by inversion: until the decoder says the photo's caption and then the words.

    It starts at the photo, one step toward the words, and is held near there. The words alone would be no
    target: the decoder then says nothing but them, and the photo is lost.

    Args:
        photo: Representation, shape (D,), unit length.
        caption: Of the photo, with `<start>` and `<end>`.
        words: With `<start>` and `<end>`.

    Returns:
        Shape (D,), unit length.
    """
    both = pad_captions([[*caption[:-1], *words[1:]]])
    start = add_words(model, photo, [words], [])
    return invert_captions(model, both, guess=start.unsqueeze(0)).representation[0]
