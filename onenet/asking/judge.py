"""What a network can say of sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from onenet.asking.weights import DEFAULT_WEIGHTS, AnswerWeights
from onenet.network.special_words import ENGLISH

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judge:
    """What a network can say of sentences, and how much each sign of an answer weighs for it.

    Attributes:
        log_p: Given representations (N, D), sentences and their language, the log p (N, S) of each sentence
            as a whole, in nats, and the number of their tokens (S,), `<end>` among them.
        represent: The representations (S, D), unit length, of sentences of a language.
        unknown: How many of its words the network never read, for each sentence of a language, (S,).
        weights: Of answers, by the language of the question.
    """

    log_p: Callable[[Floats, Sequence[str], str], tuple[Floats, NDArray[np.int64]]]
    represent: Callable[[Sequence[str], str], Floats]
    unknown: Callable[[Sequence[str], str], NDArray[np.int64]]
    weights: Mapping[str, AnswerWeights] = field(default_factory=dict)

    def weights_of(self, language: str) -> AnswerWeights:
        """Give the weights of answers in a language; English's where none were chosen in it."""
        return self.weights.get(language) or self.weights.get(ENGLISH, DEFAULT_WEIGHTS)


def unit(vectors: Floats) -> Floats:
    """Give vectors (..., D) at unit length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
