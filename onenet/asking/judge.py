"""What a network can say of sentences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Judge:
    """What a network can say of sentences.

    Attributes:
        log_p: Given representations (N, D), sentences and their language, the log p (N, S) of each sentence
            as a whole, in nats, and the number of their tokens (S,), `<end>` among them.
        represent: The representations (S, D), unit length, of sentences of a language.
        unknown: How many of its words the network never read, for each sentence of a language, (S,).
    """

    log_p: Callable[[Floats, Sequence[str], str], tuple[Floats, NDArray[np.int64]]]
    represent: Callable[[Sequence[str], str], Floats]
    unknown: Callable[[Sequence[str], str], NDArray[np.int64]]


def unit(vectors: Floats) -> Floats:
    """Give vectors (..., D) at unit length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
