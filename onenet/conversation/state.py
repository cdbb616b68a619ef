"""What a search has come to mean, turn by turn: wishes in words and photos, which later words change."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.network.special_words import ENGLISH

Floats = NDArray[np.float32]

MAX_WISHES = 20  # of one search
MAX_TURNS = 20  # that can be taken back


@dataclass(frozen=True)
class Wish:
    """Something that the photos looked for should show, or should not.

    Attributes:
        words: As they were written; "" if it is a photo that stands for it.
        weight: How much it is wanted; below 0 it is to be absent.
        token_ids: Of the words, with the start word and `<end>`; what was taken away from them is not there.
        language: Of the words.
        photo: Representation of the photo that stands for it, shape (D,), unit length.
        number: Of that photo among those shown, from 1; 0: it is none of them.
    """

    words: str
    weight: float = 1.0
    token_ids: tuple[int, ...] = ()
    language: str = ENGLISH
    photo: Floats | None = field(default=None, compare=False)
    number: int = 0


@dataclass(frozen=True)
class SearchState:
    """What is looked for.

    Attributes:
        wishes: In the order in which they were said.
        before: What was looked for before each turn, the latest last.
    """

    wishes: tuple[Wish, ...]
    before: tuple[tuple[Wish, ...], ...] = ()

    @classmethod
    def of_words(cls, words: str, token_ids: Sequence[int], language: str) -> "SearchState":
        """Begin with a description."""
        return cls((Wish(words, token_ids=tuple(token_ids), language=language),))

    @classmethod
    def of_photo(cls, representation: Floats) -> "SearchState":
        """Begin with a photo, or with anything else that has a place among photos, shape (D,)."""
        return cls((Wish("", photo=representation),))

    @property
    def wanted(self) -> tuple[Wish, ...]:
        """What the photos should show."""
        return tuple(wish for wish in self.wishes if wish.weight > 0)

    @property
    def unwanted(self) -> tuple[Wish, ...]:
        """What they should not."""
        return tuple(wish for wish in self.wishes if wish.weight < 0)

    @property
    def language(self) -> str:
        """Of what was said last in words; English if nothing was."""
        return next((wish.language for wish in reversed(self.wishes) if wish.words), ENGLISH)

    @property
    def photos(self) -> tuple[Floats, ...]:
        """The representations of the photos that were named, now or in earlier turns, each of shape (D,)."""
        wishes = [wish for turn in (*self.before, self.wishes) for wish in turn]
        return tuple(wish.photo for wish in wishes if wish.photo is not None)

    def now(self, wishes: Sequence[Wish]) -> "SearchState":
        """Give what is looked for after a turn."""
        return SearchState(tuple(wishes)[-MAX_WISHES:], (*self.before, self.wishes)[-MAX_TURNS:])

    def back(self) -> "SearchState":
        """Give what was looked for before the last turn; there must have been one."""
        return SearchState(self.before[-1], self.before[:-1])

    def dump(self) -> str:
        """Write it as JSON, each wish once."""
        pool: list[Wish] = []
        turns = [[_place(pool, wish) for wish in wishes] for wishes in (*self.before, self.wishes)]
        return json.dumps({"wishes": [_as_json(wish) for wish in pool], "turns": turns}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> "SearchState":
        """Read what `dump` wrote."""
        content = json.loads(text)
        pool = [_from_json(each) for each in content["wishes"]]
        *before, now = (tuple(pool[place] for place in turn) for turn in content["turns"])
        return cls(now, tuple(before))


def _place(pool: list[Wish], wish: Wish) -> int:
    place = next((place for place, known in enumerate(pool) if known is wish), len(pool))
    if place == len(pool):
        pool.append(wish)
    return place


def _as_json(wish: Wish) -> dict[str, Any]:
    photo = "" if wish.photo is None else base64.b64encode(wish.photo.astype("<f2").tobytes()).decode()
    return {
        "words": wish.words,
        "weight": wish.weight,
        "token_ids": wish.token_ids,
        "language": wish.language,
        "photo": photo,
        "number": wish.number,
    }


def _from_json(content: dict[str, Any]) -> Wish:
    photo = None
    if content["photo"]:
        photo = np.frombuffer(base64.b64decode(content["photo"]), "<f2").astype(np.float32)
        photo /= max(float(np.linalg.norm(photo)), 1e-12)  # zeros of before stay zeros: they change nothing
    ids = tuple(content["token_ids"])
    return Wish(content["words"], content["weight"], ids, content["language"], photo, content["number"])
