"""Photo arithmetic: a photo's representation moved by words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.search.descent import invert
from onenet.serving.network import ServedNetwork

Floats = NDArray[np.float32]

WORDS_WEIGHT = 1.5  # length of a step toward words or away from them; a photo has length one


def add_words(
    network: ServedNetwork, photo: Floats, plus: Sequence[Sequence[int]], minus: Sequence[Sequence[int]]
) -> Floats:
    """Add the directions of sentences to a photo, and take others away.

    Args:
        photo: Representation, shape (D,), unit length.
        plus: Each with `<start>` and `<end>`.
        minus: Each with `<start>` and `<end>`.

    Returns:
        Shape (D,), unit length.
    """
    signs = np.array([1.0] * len(plus) + [-1.0] * len(minus), np.float32)
    directions = network.represent_sentences([*plus, *minus])
    moved: Floats = photo + np.float32(WORDS_WEIGHT) * (signs[:, np.newaxis] * directions).sum(axis=0)
    unit: Floats = moved / np.linalg.norm(moved)
    return unit


def move_toward(
    network: ServedNetwork, photo: Floats, caption: Sequence[int], words: Sequence[int], language: str
) -> Floats:
    """Move a photo toward words by inversion: until the decoder says the photo's caption and then the words.

    It starts at the photo, one step toward the words, and is held near there. The words alone would be no
    target: the decoder then says nothing but them, and the photo is lost.

    Args:
        photo: Representation, shape (D,), unit length.
        caption: Of the photo, with `<start>` and `<end>`.
        words: With `<start>` and `<end>`.
        language: Of both.

    Returns:
        Shape (D,), unit length.
    """
    both = [[*caption[:-1], *words[1:]]]
    start = add_words(network, photo, [words], [])
    moved: Floats = invert(network.decoder(language), both, start[np.newaxis])[0]
    return moved
