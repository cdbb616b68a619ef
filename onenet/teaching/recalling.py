"""Questions about remembered photos that name taught words: what shows them fits, as its examples say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.asking.recalling import SHARPNESS, Attention
from onenet.search.spread import Spread
from onenet.teaching.lexicon import TaughtWord

Floats = NDArray[np.float32]


def attend_taught(
    named: Sequence[TaughtWord],
    representations: Floats,
    spread: Spread | None = None,
    others: Attention | None = None,
) -> Attention:
    """Attend to those of remembered photos (N, D) that show all of some taught words.

    Args:
        spread: As in `TaughtWord.likeness`.
        others: What the other words of the question attend to, if there are any: that has to fit, too.
    """
    alike = np.mean([word.likeness(representations, spread) for word in named], axis=0)
    weights = np.exp(SHARPNESS * (alike - alike.max())).astype(np.float32)
    fits = np.all([word.score(representations, spread) >= 0 for word in named], axis=0)
    if others is not None:
        weights, fits = weights * others.weights, fits & others.fits
    return Attention(weights / max(float(weights.sum()), 1e-12), fits)
