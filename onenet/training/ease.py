"""How easily a network tells photos of a kind: what its captions of training photos are worth."""

import numpy as np
import torch
from sklearn.linear_model import Ridge

from onenet.captions.beam_search import write_all, writer_of
from onenet.evaluation.cider import Cider
from onenet.network.model import OneNet, all_features
from onenet.network.special_words import ENGLISH
from onenet.training.batches import Split

_LEAST = 0.1  # CIDEr that is added before the logarithm is taken, since it may be 0
_RIDGE = 2.0
_DIGITS = 4


@torch.no_grad()
def measure_ease(model: OneNet, photos: Split) -> list[float]:
    """Fit the direction in which representations of photos go that are told well, shape (D,).

    The log of the CIDEr that English captions of training photos have is expected linearly (ridge
    regression): the network has learnt these photos, but it does better with some kinds than with others
    there, too, and is more likely right about new ones of these. Nothing of dev is looked at.

    Args:
        model: In eval mode, on the processor.
        photos: To learn from, as they are.

    Returns:
        Empty if fewer than two photos have several English captions.
    """
    vocabulary = photos.vocabulary
    rows = [row for row, own in enumerate(photos.captions) if len(own.get(ENGLISH, ())) > 1]
    if len(rows) < 2:
        return []
    representations = model.represent(all_features(model, photos.straight)[rows])
    written = write_all(writer_of(model, vocabulary), representations)
    cider = Cider([[ids[1:-1] for ids in photos.captions[row][ENGLISH]] for row in rows])
    worth = [cider.score(place, caption.token_ids) for place, caption in enumerate(written)]
    fitted = Ridge(alpha=_RIDGE).fit(representations.numpy(), np.log(_LEAST + np.array(worth)))
    return [round(float(weight), _DIGITS) for weight in fitted.coef_]
