"""How well questions about remembered photos are answered: a made chat with senders and dates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onenet.asking.grammar import grammar_of
from onenet.asking.judge import Floats, Judge
from onenet.asking.recalling import Recollection, attend
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.evaluation.figures import Figures
from onenet.evaluation.questions import Said, most_asked

PHOTOS = 500
THINGS = 25  # four questions each
SENDERS = 8
DAYS = 5  # that are told
CLOSE = 0.3  # of the true number: a count that is right


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
    somebody says so.

    Returns:
        JSON-ready: per cent of the questions of each kind that are answered rightly, and their number.
    """
    chat = make_chat(photos.representations.numpy()[:PHOTOS], seed)
    said, grammar = Said(photos), grammar_of(photos.language)
    asked = most_asked(said, grammar.things)[:THINGS]
    if not asked:
        return {"questions": 0}
    right: dict[str, list[bool]] = {"who": [], "when": [], "show": [], "count": []}
    for thing, counts in asked:
        shown = counts[: len(chat.days)]
        found = attend(judge, Recollection("show", photos.language, thing.text), chat.representations)
        fitting = np.flatnonzero(found.fits)
        best = fitting[found.weights[fitting].argsort()[::-1]]
        right["who"].append(bool((shown[best[:1]] > 0).any()))
        right["when"].append(bool(len(best)) and float((shown[best[:DAYS]] > 0).mean()) > 0.5)
        last = fitting[chat.days[fitting].argsort()[::-1]]
        right["show"].append(bool((shown[last[:1]] > 0).any()))
        true = int((shown > 0).sum())
        right["count"].append(abs(len(fitting) - true) <= CLOSE * true)
    figures: Figures = {kind: round(100 * float(np.mean(each)), 1) for kind, each in right.items()}
    total = sum(map(len, right.values()))
    return {"questions": total, "right": round(100 * sum(map(sum, right.values())) / total, 1), **figures}
