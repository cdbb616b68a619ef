"""How well a description fits photos: the decoder's own probability of it, for re-ranking what was found."""

import torch
from torch import Tensor

from onenet.network.hardware import fast_bfloat16
from onenet.network.model import OneNet
from onenet.network.vocabulary import PAD_ID


@torch.no_grad()
def log_likelihoods(model: OneNet, representations: Tensor, token_ids: Tensor) -> Tensor:
    """Mean log p of a description given each photo, in nats a token, `<end>` counted.

    The ranking score of Vinyals et al. 2015 (arXiv:1411.4555). Products run in bfloat16 where the processor
    has it: nats differ in the third digit.

    Args:
        model: In eval mode.
        representations: Of the photos, shape (N, D), unit length.
        token_ids: One description with `<start>` and `<end>`, shape (T,), int64.

    Returns:
        Shape (N,), float32.
    """
    rows = token_ids.expand(len(representations), -1)  # (N, T)
    with torch.autocast(representations.device.type, torch.bfloat16, enabled=fast_bfloat16()):
        logits = model(representations, rows[:, :-1])  # (N, T - 1, V)
        own = logits.gather(2, rows[:, 1:].unsqueeze(-1)).squeeze(-1).float()
        log_p = own - logits.logsumexp(dim=-1).float()  # (N, T - 1)
    mean: Tensor = log_p.mean(dim=1)
    return mean


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
    x, y = (representations - centre).double(), (means - level).double()
    eye = torch.eye(x.shape[1], dtype=torch.float64, device=x.device)
    weight = torch.linalg.solve(x.T @ x + ridge * len(x) / x.shape[1] * eye, x.T @ y).float()
    return weight, level - centre @ weight
