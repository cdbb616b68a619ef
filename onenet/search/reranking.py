"""The reference for ranking photos, in PyTorch: evaluation goes by it, `onenet.search.ranking` serves."""

import torch
from torch import Tensor

from onenet.network.hardware import fast_bfloat16
from onenet.network.model import OneNet, in_block
from onenet.search.ranking import Ranking, rank

_TOGETHER = 64  # photos that the decoder reads at once: of more, its logits alone would take gigabytes


@torch.no_grad()
def rank_photos(
    model: OneNet,
    query: Tensor,
    token_ids: Tensor,
    representations: Tensor,
    block: range | None = None,
) -> Ranking:
    """Order photos by how well they fit a description: their cosine, and how readily the decoder says it.

    See `onenet.search.ranking.rank`.

    Args:
        query: What inverting the description gave, shape (D,), unit length.
        token_ids: The description with `<start>` and `<end>`, shape (T,), int64.
        representations: Of the photos, shape (N, D), unit length.
        block: The ids of the words of the description's language; None: all that there are.
    """
    log_p = log_likelihoods(model, representations, token_ids, block)
    return rank((representations @ query).numpy(), log_p.numpy())


@torch.no_grad()
def log_likelihoods(
    model: OneNet, representations: Tensor, token_ids: Tensor, block: range | None = None
) -> Tensor:
    """Mean log p of a description given each photo, in nats a token, `<end>` counted.

    The ranking score of Vinyals et al. 2015 (arXiv:1411.4555). Products run in bfloat16 where the processor
    has it: nats differ in the third digit.

    Args:
        model: In eval mode.
        representations: Of the photos, shape (N, D), unit length.
        token_ids: One description with its start word and `<end>`, shape (T,), int64.
        block: The ids of the words of its language; None: all that there are.

    Returns:
        Shape (N,), float32.
    """
    parts = [
        _log_likelihoods(model, part, token_ids, block) for part in torch.split(representations, _TOGETHER)
    ]
    return torch.cat(parts)


def _log_likelihoods(
    model: OneNet, representations: Tensor, token_ids: Tensor, block: range | None
) -> Tensor:
    rows = token_ids.expand(len(representations), -1)  # (N, T)
    with torch.autocast(representations.device.type, torch.bfloat16, enabled=fast_bfloat16()):
        logits = model(representations, rows[:, :-1], block)  # (N, T - 1, V)
        own = logits.gather(2, in_block(rows[:, 1:], block).unsqueeze(-1)).squeeze(-1).float()
        log_p = own - logits.logsumexp(dim=-1).float()  # (N, T - 1)
    mean: Tensor = log_p.mean(dim=1)
    return mean
