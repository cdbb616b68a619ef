"""Photos in the order in which they fit a description, by cosine and by what the decoder says of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEARBY = 40  # photos nearest by cosine among which hubs are taken for less near
HUBNESS_WEIGHT = 0.25  # of `onenet.search.spread.Spread.excess`
CANDIDATES = 20  # of these, the nearest that are worth the decoder's time
LIKELIHOOD_WEIGHT = 0.075  # cosine that a nat a token is worth
USUAL_LOG_P = -3.4  # nats a token: of captions given any photo, in the mean over both


@dataclass(frozen=True)
class Ranking:
    """Photos best first.

    Attributes:
        order: Rows of the photos, shape (N,), int64.
        scores: Of these, shape (N,), float32: the cosine, and the decoder's opinion in units of it.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]


def rank(cosines: NDArray[np.float32], log_p: NDArray[np.float32]) -> Ranking:
    """Order photos by how well they fit a description: their cosine, and how readily the decoder says it.

    That is log p of the description given the photo, compared with what is usual, so that a score stays near
    its cosine. It is the same for all photos: less what each gives to captions in general, Flickr8K's dev
    photos were found worse (R@5 58.2 %, and 60.1 % without).

    Args:
        cosines: Of the photos with what inverting the description gave, shape (N,).
        log_p: Mean log p of the description given each photo, in nats a word, shape (N,).
    """
    scores = cosines + np.float32(LIKELIHOOD_WEIGHT) * (log_p - np.float32(USUAL_LOG_P))
    order = np.argsort(-scores, kind="stable")
    return Ranking(order, scores[order])
