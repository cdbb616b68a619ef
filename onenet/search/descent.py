"""Search by description as it is served: the caption decoder run backwards, without PyTorch.

It finds what the reference, `onenet.search.inversion`, finds.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.network.special_words import PAD_ID
from onenet.serving.decoder import Decoder, pad

Floats = NDArray[np.float32]

STEPS = 1
ANCHOR = 20.0


def invert(
    decoder: Decoder,
    sentences: Sequence[Sequence[int]],
    guess: Floats,
    *,
    steps: int = STEPS,
    anchor: float = ANCHOR,
) -> Floats:
    """Find the representations from which a decoder best says sentences, near a guess where it begins.

    See `onenet.search.inversion.invert_captions`.

    Args:
        decoder: Of the sentences' language.
        sentences: Ids of each one's words, with the start word and `<end>`.
        guess: Shape (B, D), unit length.

    Returns:
        Shape (B, D), unit length.
    """
    token_ids, _ = pad(sentences)
    is_word = (token_ids[:, 1:] != PAD_ID).astype(np.float32)
    weights = is_word / is_word.sum(axis=1, keepdims=True)
    read = decoder.sentences(token_ids)
    found = guess
    for step in range(1, steps + 1):
        drawn = _unit_length(np.float32(anchor) * guess + decoder.pull(found, read, weights)[1])
        found = _unit_length(step * found + drawn)
    return found


def _unit_length(rows: Floats) -> Floats:
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
