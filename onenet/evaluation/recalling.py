"""How well questions about remembered photos are answered: a made chat with senders and dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.asking.grammar import grammar_of
from onenet.asking.judge import Floats, Judge
from onenet.asking.recalling import Recollection, attend, chances_of
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.evaluation.figures import Figures
from onenet.evaluation.questions import Said, most_asked

PHOTOS = 500
THINGS = 25  # four questions each
SENDERS = 8
DAYS = 5  # that are told
CLOSE = 0.3  # of the true number: a count that is right
_LOGITS = -1.0, 6.0, 0.1  # of the chances that are tried


@dataclass(frozen=True)
class MadeChat:
    """N photos as a chat would remember them.

    Attributes:
        representations: Shape (N, D).
        senders: Shape (N,).
        days: When each was sent, shape (N,), all different.
    """

    representations: Floats
    senders: NDArray[np.int64]
    days: NDArray[np.int64]


def make_chat(representations: Floats, seed: int = 0) -> MadeChat:
    """Let people send photos, each on a day of its own."""
    chance = np.random.default_rng(seed)
    count = len(representations)
    return MadeChat(representations, chance.integers(SENDERS, size=count), chance.permutation(count))


def measure_recalling(judge: Judge, photos: EvaluationSet, seed: int = 0) -> Figures:
    """Ask who sent a thing, when it was there, to show the last of it, and how many there are.

    Who is right if the photo attended to most shows the thing, as somebody says of it; when, if most of the
    five do whose days are told; the last, if that does; a count, if it is near the number of photos of which
    somebody says so. The chat has the first `PHOTOS` photos.

    Returns:
        JSON-ready: per cent of the questions of each kind that are answered rightly, and their number.
    """
    asked = _ask(judge, photos, slice(PHOTOS), seed)
    if not asked:
        return {"questions": 0}
    right = _right(asked, judge.weights_of(photos.language).fits_from)
    figures: Figures = {kind: round(100 * float(np.mean(each)), 1) for kind, each in right.items()}
    total = sum(map(len, right.values()))
    return {"questions": total, "right": round(100 * _number(right) / total, 1), **figures}


def choose_fits_from(judge: Judge, photos: EvaluationSet, seed: int = 0) -> float:
    """Choose from which chance a remembered photo is counted: most questions right in a chat of the others.

    These are the photos that `measure_recalling` asks nothing about; without any, what serves stays.
    """
    if len(photos.photos) <= PHOTOS:
        return judge.weights_of(photos.language).fits_from
    asked = _ask(judge, photos, slice(PHOTOS, 2 * PHOTOS), seed)
    tried = (1 / (1 + np.exp(-np.arange(*_LOGITS)))).round(3).tolist()
    numbers = [_number(_right(asked, each)) for each in tried]
    best = [each for each, number in zip(tried, numbers, strict=True) if number == max(numbers)]
    return float(best[len(best) // 2])


@dataclass(frozen=True)
class _Asked:
    """What a chat's photos are found to be of a thing, each (N,), beside how many people say that it is."""

    attention: Floats
    chances: Floats
    days: NDArray[np.int64]
    shown: NDArray[np.int64]


def _ask(judge: Judge, photos: EvaluationSet, rows: slice, seed: int) -> list[_Asked]:
    chat = make_chat(photos.representations.numpy()[rows], seed)
    found = []
    for thing, counts in most_asked(Said(photos), grammar_of(photos.language).things)[:THINGS]:
        asked = Recollection("show", photos.language, thing.text)
        attention = attend(judge, asked, chat.representations).weights
        chances = chances_of(judge, asked, chat.representations)
        found.append(_Asked(attention, chances, chat.days, counts[rows]))
    return found


def _right(asked: Sequence[_Asked], fits_from: float) -> dict[str, list[bool]]:
    """Tell which questions of each kind are answered rightly if photos fit from a chance."""
    right: dict[str, list[bool]] = {"who": [], "when": [], "show": [], "count": []}
    for each in asked:
        fitting = np.flatnonzero(each.chances >= fits_from)
        best = fitting[each.attention[fitting].argsort()[::-1]]
        right["who"].append(bool((each.shown[best[:1]] > 0).any()))
        right["when"].append(bool(len(best)) and float((each.shown[best[:DAYS]] > 0).mean()) > 0.5)
        last = fitting[each.days[fitting].argsort()[::-1]]
        right["show"].append(bool((each.shown[last[:1]] > 0).any()))
        true = int((each.shown > 0).sum())
        right["count"].append(abs(len(fitting) - true) <= CLOSE * true)
    return right


def _number(right: Mapping[str, Sequence[bool]]) -> int:
    return sum(map(sum, right.values()))
