"""The map of words: which words are on it, where, in which group."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from onenet.maps.layout import Floats, Integers, OnProgress, group, place
from onenet.maps.stop_words import stop_words
from onenet.network.special_words import ENGLISH
from onenet.words.space import WordSpace

WORDS = 600
NEIGHBOURS = 70
WORDS_A_GROUP = 40
NEIGHBOURS_A_GROUP = 12
MOST_GROUPS = 14


@dataclass(frozen=True)
class MappedWord:
    """A word on a map.

    Attributes:
        word: As people write it.
        x: From the left, 0 to 1.
        y: From the top, 0 to 1.
        group: Of words alike; groups are numbered around the map's centre.
        weight: How much it stands out: the most frequent word has 1, and the one that a map is about.
    """

    word: str
    x: float
    y: float
    group: int
    weight: float


@dataclass(frozen=True)
class WordMap:
    """Words laid out by likeness.

    Attributes:
        words: The weightiest first.
        around: The word whose surroundings these are; "" of a map of the most frequent words.
        language: Of the words.
    """

    words: tuple[MappedWord, ...]
    around: str = ""
    language: str = ENGLISH


def is_mapped(word: str, language: str = ENGLISH) -> bool:
    """Tell whether a word says something by itself, so that it belongs on a map.

    Chinese words of one character do.
    """
    is_long_enough = len(word) > 1 or language == "zh"
    return is_long_enough and word not in stop_words(language) and not word.isdecimal()


def map_words(space: WordSpace, around: str = "", *, on_progress: OnProgress = lambda share: None) -> WordMap:
    """Lay out the most frequent words, or a word and those around it; takes seconds.

    It only reads the words, so that it may be called from another thread beside all else.

    Raises:
        UnknownWordError: If the network never read the word.
    """
    if not around:
        return map_frequent_words(space, on_progress=on_progress)
    return map_words_around(space, around, on_progress=on_progress)


def map_frequent_words(
    space: WordSpace, *, count: int = WORDS, seed: int = 0, on_progress: OnProgress = lambda share: None
) -> WordMap:
    """Lay out the most frequent words that say something by themselves."""
    language = space.languages[0]
    words = tuple(islice((word for word in space.words if is_mapped(word, language)), count))
    return _lay_out(space, words, _by_rank(len(words)), WORDS_A_GROUP, seed=seed, on_progress=on_progress)


def map_words_around(
    space: WordSpace,
    word: str,
    *,
    count: int = NEIGHBOURS,
    seed: int = 0,
    on_progress: OnProgress = lambda share: None,
) -> WordMap:
    """Lay out a word and those nearest to it.

    Raises:
        UnknownWordError: If the network never read it.
    """
    known = space.resolve(word)
    scores = space.vectors @ space.vector_of(known)
    nearest = (space.words[row] for row in np.argsort(-scores, kind="stable"))
    near = (each for each in nearest if each != known and is_mapped(each, space.languages[0]))
    words = (known, *islice(near, count))
    weights = [1.0, *(max(float(scores[space.row_of(each)]), 0.0) for each in words[1:])]
    return _lay_out(
        space, words, weights, NEIGHBOURS_A_GROUP, around=known, seed=seed, on_progress=on_progress
    )


def _lay_out(
    space: WordSpace,
    words: Sequence[str],
    weights: Sequence[float],
    words_a_group: int,
    *,
    around: str = "",
    seed: int,
    on_progress: OnProgress,
) -> WordMap:
    vectors = space.vectors_of(words)
    places = place(vectors, seed=seed, on_progress=on_progress)
    count = min(MOST_GROUPS, max(1, len(words) // words_a_group))
    groups = _around_the_centre(group(vectors, count), places)
    rows = zip(map(space.spell, words), places.tolist(), groups, weights, strict=True)
    mapped = tuple(MappedWord(word, x, y, number, weight) for word, (x, y), number, weight in rows)
    return WordMap(mapped, space.spell(around) if around else "", space.languages[0])


def _by_rank(count: int) -> list[float]:
    """Weigh words by the rank of their frequency, which falls about as one over the rank (Zipf)."""
    ranks = np.arange(1, count + 1)
    weights: list[float] = (1 - np.log(ranks) / np.log(max(count, 2))).tolist()
    return weights


def _around_the_centre(groups: Integers, places: Floats) -> list[int]:
    """Number groups by the direction in which they lie, so that colours can go around the map."""
    centres = np.array([np.median(places[groups == each], axis=0) for each in np.unique(groups)])
    directions = np.arctan2(*(centres - 0.5).T)
    order = np.argsort(directions, kind="stable").argsort(kind="stable")
    around: list[int] = order[groups].tolist()
    return around
