"""Search by description as it is served: the caption decoder run backwards, without PyTorch.

It finds what the reference, `onenet.search.inversion`, finds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.network.special_words import PAD_ID
from onenet.serving.decoder import Decoder, pad

Floats = NDArray[np.float32]

STEPS = 5
LEARNING_RATE = 0.02
ANCHOR = 8.0
_DECAYS, _EPSILON = (0.9, 0.999), 1e-8  # of Adam


def invert(
    decoder: Decoder, sentences: Sequence[Sequence[int]], guess: Floats, *, steps: int = STEPS
) -> tuple[Floats, Floats]:
    """Find the representations from which a decoder best says sentences, near a guess where it begins.

    See `onenet.search.inversion.invert_captions`.

    Args:
        decoder: Of the sentences' language.
        sentences: Ids of each one's words, with the start word and `<end>`.
        guess: Shape (B, D), unit length.

    Returns:
        The representations, (B, D) of unit length, and the loss of the sentences given them, (B,), in nats a
        word.
    """
    token_ids, _ = pad(sentences)
    is_word = (token_ids[:, 1:] != PAD_ID).astype(np.float32)
    weights = is_word / is_word.sum(axis=1, keepdims=True)
    read = decoder.sentences(token_ids)
    position = guess.copy()
    mean, square = np.zeros_like(position), np.zeros_like(position)
    for step in range(1, steps + 1):
        length = np.linalg.norm(position, axis=1, keepdims=True)
        direction = position / length
        drawn = decoder.pull(direction, read, weights)[1] + np.float32(ANCHOR) * guess
        # what turns the direction; its length has no say
        gradient = ((drawn * direction).sum(axis=1, keepdims=True) * direction - drawn) / length
        mean += (1 - _DECAYS[0]) * (gradient - mean)
        square += (1 - _DECAYS[1]) * (gradient**2 - square)
        rate = LEARNING_RATE / (1 - _DECAYS[0] ** step)
        position -= rate * mean / (np.sqrt(square / (1 - _DECAYS[1] ** step)) + _EPSILON)
    found = position / np.linalg.norm(position, axis=1, keepdims=True)
    losses = -(decoder.word_log_p(found, read) * weights).sum(axis=1)
    return found, losses
