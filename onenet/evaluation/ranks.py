"""The rank of each query's own photo among all, and figures of ranks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    """Rank of each query's own photo by scores, shape (Q, N), 1 is best, shape (Q,)."""
    own = scores[np.arange(len(rows)), rows]
    ranked: NDArray[np.int64] = (scores > own[:, None]).sum(axis=1) + 1
    return ranked


def recall_figures(ranked: NDArray[np.int64]) -> dict[str, Any]:
    """R@1, R@5, R@10 in per cent and the median rank."""
    recalls = {f"R@{k}": round(100 * float((ranked <= k).mean()), 2) for k in (1, 5, 10)}
    return {**recalls, "median_rank": float(np.median(ranked))}
