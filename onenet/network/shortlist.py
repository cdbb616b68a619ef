"""The words that captions are written with: a language's most frequent ones, a shortlist of its vocabulary.

To weigh each of thousands of words at each step of a beam takes half of a caption's time, and captions never
say most of them (shortlists: Jean et al. 2015, arXiv:1412.2007). Their share of the probability must not be
lost, which is a tenth of it: label smoothing gave it to them. It is estimated for all of them together. Of
logits b + e·m of words that are left out, with biases b and embeddings e, where m is what the decoder means,

    log Σ exp(b + e·m) ≈ log Σ exp(b) + µ·m + ½ m·C·m

where µ and C are mean and covariance of e, weighted by exp(b): the first cumulants of e·m. So log p of a
caption is that among all words of its language, to a hundredth of a nat a word.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SHORTLIST = 2000
LEAST_LEFT_OUT = 500  # of fewer words the estimate takes as long as the words themselves


class Rest(NamedTuple):
    """What stands for the words that are left out, D numbers in an embedding.

    Their part in the sum of exp(logit) is exp(offset + m·(tilt + bend·m)) where the decoder means m.

    Attributes:
        offset: Shape (1,).
        tilt: Shape (D,).
        bend: Shape (D, D).
    """

    offset: Floats
    tilt: Floats
    bend: Floats


def shortlist(block: range) -> range:
    """Choose the words that are written, of the ids of a language's words, most frequent first."""
    return block[:SHORTLIST] if len(block) >= SHORTLIST + LEAST_LEFT_OUT else block


def rest_of(embeddings: NDArray[np.floating], bias: NDArray[np.floating]) -> Rest:
    """Let the words that are left out stand together.

    Args:
        embeddings: Theirs, shape (W, D).
        bias: Theirs, shape (W,).
    """
    rows, biases = embeddings.astype(np.float64), bias.astype(np.float64)
    highest = biases.max()
    weights = np.exp(biases - highest)
    offset = highest + np.log(weights.sum())
    weights /= weights.sum()
    mean = weights @ rows
    around = rows - mean
    bend = (around * weights[:, np.newaxis]).T @ around / 2
    return Rest(*(np.asarray(part, np.float32) for part in ([offset], mean, bend)))
