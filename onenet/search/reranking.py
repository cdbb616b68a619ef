"""Photos in the order in which they fit a description, and how well that order is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.network.model import OneNet
from onenet.search.likelihood import log_likelihoods

CANDIDATES = 50  # photos nearest by cosine that are worth the decoder's time
LIKELIHOOD_WEIGHT = 0.1  # cosine that a nat a token is worth


@dataclass(frozen=True)
class Ranking:
    """Photos best first.

    Attributes:
        order: Rows of the photos, shape (N,), int64.
        scores: Of these, shape (N,), float32: the cosine, and the decoder's opinion in units of it.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]


@torch.no_grad()
def rank_photos(model: OneNet, query: Tensor, token_ids: Tensor, representations: Tensor) -> Ranking:
    """Order photos by how well they fit a description: their cosine, and how readily the decoder says it.

    That is log p of the description given the photo, less what the photo gives to captions in general: photos
    that explain everything a bit better would win every search.

    Args:
        query: What inverting the description gave, shape (D,), unit length.
        token_ids: The description with `<start>` and `<end>`, shape (T,), int64.
        representations: Of the photos, shape (N, D), unit length.
    """
    cosines = representations @ query  # (N,)
    gain = log_likelihoods(model, representations, token_ids) - model.expected_likelihood(representations)
    scores = cosines + LIKELIHOOD_WEIGHT * gain
    order = scores.argsort(descending=True, stable=True)
    return Ranking(order.numpy(), scores[order].numpy())


def ranks(
    queries: NDArray[np.float32], representations: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rank of each query's own photo among all by cosine, 1 is best, shape (Q,).

    Args:
        queries: Shape (Q, D), unit length.
        representations: Of the photos, shape (N, D), unit length.
        rows: The photo of each query, shape (Q,).
    """
    return ranks_by_score(queries @ representations.T, rows)


def ranks_by_score(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same from scores, shape (Q, N), the higher the better."""
    own = scores[np.arange(len(rows)), rows]
    ranked: NDArray[np.int64] = (scores > own[:, None]).sum(axis=1) + 1
    return ranked


def recall_figures(ranked: NDArray[np.int64]) -> dict[str, Any]:
    """R@1, R@5, R@10 in per cent and the median rank."""
    recalls = {f"R@{k}": round(100 * float((ranked <= k).mean()), 2) for k in (1, 5, 10)}
    return {**recalls, "median_rank": float(np.median(ranked))}
