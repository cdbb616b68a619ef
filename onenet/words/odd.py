"""The odd one out: which of some words does not belong with the others, and what those have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onenet.errors import N_, OneNetError
from onenet.network.examples import examples_in
from onenet.words.space import Neighbour, WordSpace

FEWEST, MOST = 3, 20
CLOSE_CALL = 0.02  # below this lead another word might as well be the odd one


@dataclass(frozen=True)
class Odd:
    """Which of some words does not belong, and why.

    Attributes:
        words: All of them, the odd one first; a score is the mean cosine with the others.
        shared: Other words, nearest first to what all but the odd one have in common.
    """

    words: list[Neighbour]
    shared: list[Neighbour]

    @property
    def is_close_call(self) -> bool:
        """Whether the next word belongs hardly better."""
        return self.words[1].score - self.words[0].score < CLOSE_CALL


def find_odd(space: WordSpace, words: Sequence[str], *, k: int = 4) -> Odd:
    """Find the word whose mean cosine with the others is lowest; of equals the first.

    Args:
        k: How many words say what the others have in common.

    Raises:
        UnknownWordError: If the network never read one of them.
        OneNetError: If they are too few, once those written twice are left out, or too many.
    """
    if len(words) > MOST:
        raise OneNetError(N_("Those are {count} words; give me {most} at most."), count=len(words), most=MOST)
    known = list(dict.fromkeys(space.resolve(word) for word in words))
    if len(known) < FEWEST:
        template = N_("Give me three or more different words, for example: {example}.")
        raise OneNetError(template, example=examples_in(space.languages[0]).odd)
    vectors = space.vectors_of(known)  # (words, size)
    scores = ((vectors @ vectors.T).sum(axis=1) - 1) / (len(known) - 1)
    order = np.argsort(scores, kind="stable")
    shared = space.nearest(vectors[order[1:]].sum(axis=0), k, exclude=set(known))
    return Odd([Neighbour(space.spell(known[row]), float(scores[row])) for row in order], shared)
