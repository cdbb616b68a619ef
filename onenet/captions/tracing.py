"""Why a caption, as it is served: where in a photo the network saw reason to write each word.

It finds what the reference, `onenet.captions.reasons`, finds.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.serving.decoder import Decoder
from onenet.serving.network import ServedNetwork

Floats = NDArray[np.float32]


def trace_reasons(
    network: ServedNetwork, photo: Floats, read: Callable[[Floats], tuple[Sequence[int], str]]
) -> tuple[Sequence[int], Floats, Floats]:
    """Find where in a photo each word of a caption comes from.

    Args:
        network: One that has its encoder.
        photo: Preprocessed, shape (3, S, S).
        read: Gives the caption, with its start word and `<end>`, and its language, when it is given the
            photo's representation (1, D).

    Returns:
        The caption, and of its T words the heat, (T, h, w), and the gains, (T,): see
        `onenet.captions.Reasons`.
    """
    last_map = network.last_map(photo)
    centred = _centred(network.head, last_map)
    token_ids, language = read((centred / np.linalg.norm(centred))[np.newaxis])
    heat, gains = trace_words(network.decoder(language), network.head, last_map, token_ids)
    return token_ids, heat, gains


def trace_words(
    decoder: Decoder, head: tuple[Floats, Floats], last_map: Floats, token_ids: Sequence[int]
) -> tuple[Floats, Floats]:
    """Trace each word of a caption back to the places of the encoder's last feature map.

    See `onenet.captions.reasons.find_reasons`.

    Args:
        decoder: Of the caption's language.
        head: See `ServedNetwork.head`.
        last_map: Shape (F, h, w).
        token_ids: The caption with its start word and `<end>`, T + 2 ids; `<end>` has no reason.

    Returns:
        Heat (T, h, w) and gains (T,).
    """
    words, (weight, _) = len(token_ids) - 2, head
    centred = _centred(head, last_map)
    length = np.linalg.norm(centred)
    direction: Floats = centred / length
    read = decoder.sentences(np.array([token_ids]))
    own = np.eye(words, words + 1, dtype=np.float32)  # row t is about word t alone
    log_p, drawn = decoder.pull(np.tile(direction, (words, 1)), read, own)
    turned = (drawn - (drawn @ direction)[:, np.newaxis] * direction) / length  # its length has no say
    heat = np.einsum("tf,fhw->thw", turned @ weight.T, last_map).clip(min=0)
    heat /= heat.max(axis=(1, 2), keepdims=True).clip(min=1e-12)
    without = decoder.word_log_p(np.zeros((1, len(direction)), np.float32), read)  # the mean is zero
    return heat, log_p.diagonal() - without[0, :words]


def _centred(head: tuple[Floats, Floats], last_map: Floats) -> Floats:
    """Give a representation before it has length one, (D,)."""
    weight, bias = head
    centred: Floats = last_map.mean(axis=(1, 2)) @ weight + bias
    return centred
