"""How readily photos explain any caption, as a line that re-ranking takes off: serving needs no bank."""

import torch
from sklearn.linear_model import Ridge
from torch import Tensor

from onenet.network.model import OneNet
from onenet.network.vocabulary import PAD_ID
from onenet.search.reranking import log_likelihoods


@torch.no_grad()
def mean_log_likelihoods(model: OneNet, representations: Tensor, bank: Tensor) -> Tensor:
    """Mean over a bank of captions of each photo's mean log p, shape (N,): how readily it explains anything.

    Args:
        bank: Captions with `<start>` and `<end>`, shape (C, T), int64, padded with `<pad>`.
    """
    total = representations.new_zeros(len(representations))
    for caption in bank:
        total += log_likelihoods(model, representations, caption[caption != PAD_ID])
    return total / len(bank)


def fit_prior(representations: Tensor, means: Tensor, *, ridge: float = 1e-2) -> tuple[Tensor, Tensor]:
    """Fit a line to `mean_log_likelihoods`, so that serving needs no bank: means ~ representations @ w + b.

    Args:
        representations: Shape (N, D).
        means: Shape (N,).

    Returns:
        w (D,) and b ().
    """
    centre, level = representations.mean(dim=0), means.mean()
    x, y = (representations - centre).double().cpu().numpy(), (means - level).double().cpu().numpy()
    line = Ridge(ridge * len(x) / x.shape[1], fit_intercept=False).fit(x, y)
    weight = torch.from_numpy(line.coef_).to(representations)
    return weight, level - centre @ weight
