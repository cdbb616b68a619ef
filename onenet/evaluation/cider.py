"""CIDEr of captions as tokens (Vedantam et al. 2015, arXiv:1411.5726), fast enough to be a reward."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

_LONGEST = 4  # words of an n-gram
_SIGMA = 6.0  # of the penalty for another length

_Weights = dict[tuple[Hashable, ...], float]


class _Vector(NamedTuple):
    """A caption's n-grams weighted by tf-idf, for each n, their Euclidean norms, and its length."""

    weights: list[_Weights]
    norms: list[float]
    length: int


class Cider:
    """Scores captions against the references of a fixed set of photos.

    The variant CIDEr-D that pycocoevalcap's `Cider` computes, with the set's own document frequencies.

    Args:
        references: Tokens of the captions of each photo, their ids or words. An `<end>` in them is a word as
            any other: a reward that counts it does not teach captions to break off.
    """

    def __init__(self, references: Sequence[Sequence[Sequence[Hashable]]]) -> None:
        self._frequencies = Counter(
            ngram for own in references for ngram in {ngram for ids in own for ngram in _ngrams(ids)}
        )
        self._log_photos = math.log(len(references))
        self._references = [[self._vector(ids) for ids in own] for own in references]

    def score(self, photo: int, caption: Sequence[Hashable]) -> float:
        """CIDEr of a caption of a photo, 0 to 10."""
        vector, references = self._vector(caption), self._references[photo]
        return 10 * sum(_similarity(vector, reference) for reference in references) / len(references)

    def mean(self, captions: Sequence[Sequence[Hashable]]) -> float:
        """Mean CIDEr of one caption for each photo."""
        return float(np.mean([self.score(photo, caption) for photo, caption in enumerate(captions)]))

    def _vector(self, ids: Sequence[Hashable]) -> _Vector:
        weights: list[_Weights] = [{} for _ in range(_LONGEST)]
        for ngram, count in Counter(_ngrams(ids)).items():
            rarity = self._log_photos - math.log(max(1, self._frequencies[ngram]))
            weights[len(ngram) - 1][ngram] = count * rarity
        norms = [math.sqrt(sum(weight * weight for weight in own.values())) for own in weights]
        return _Vector(weights, norms, len(ids))


def _ngrams(ids: Sequence[Hashable]) -> list[tuple[Hashable, ...]]:
    return [tuple(ids[i : i + n]) for n in range(1, _LONGEST + 1) for i in range(len(ids) - n + 1)]


def _similarity(caption: _Vector, reference: _Vector) -> float:
    total = 0.0
    for n in range(_LONGEST):
        norm = caption.norms[n] * reference.norms[n]
        if norm:
            other = reference.weights[n]
            common = sum(
                min(weight, other[ngram]) * other[ngram]
                for ngram, weight in caption.weights[n].items()
                if ngram in other
            )
            total += common / norm
    return total / _LONGEST * math.exp(-((caption.length - reference.length) ** 2) / (2 * _SIGMA**2))
