"""The reference for ranking photos, in PyTorch: evaluation goes by it, `onenet.search.ranking` serves."""

import torch
from torch import Tensor

from onenet.network.hardware import fast_bfloat16
from onenet.network.model import OneNet
from onenet.network.word_scores import WordScores
from onenet.search.ranking import Ranking, rank

_TOGETHER = 64  # photos that the decoder reads at once: of more, its logits alone would take gigabytes


@torch.no_grad()
def rank_photos(
    model: OneNet,
    query: Tensor,
    token_ids: Tensor,
    representations: Tensor,
    scores: WordScores | None = None,
) -> Ranking:
    """Order photos by how well they fit a description: their cosine, and how readily the decoder says it.

    See `onenet.search.ranking.rank`.

    Args:
        query: What inverting the description gave, shape (D,), unit length.
        token_ids: The description with `<start>` and `<end>`, shape (T,), int64.
        representations: Of the photos, shape (N, D), unit length.
        scores: Of the words of the description's language; None: of all that there are.
    """
    log_p = log_likelihoods(model, representations, token_ids, scores)
    return rank((representations @ query).numpy(), log_p.numpy())


@torch.no_grad()
def log_likelihoods(
    model: OneNet, representations: Tensor, token_ids: Tensor, scores: WordScores | None = None
) -> Tensor:
    """Mean log p of a description given each photo, in nats a token, `<end>` counted.

    The ranking score of Vinyals et al. 2015 (arXiv:1411.4555). Products run in bfloat16 where the processor
    has it: nats differ in the third digit.

    Args:
        model: In eval mode.
        representations: Of the photos, shape (N, D), unit length.
        token_ids: One description with its start word and `<end>`, shape (T,), int64.
        scores: Of the words of its language; None: of all that there are.

    Returns:
        Shape (N,), float32.
    """
    scores = scores or model.word_scores()
    parts = [
        _log_likelihoods(model, part, token_ids, scores) for part in torch.split(representations, _TOGETHER)
    ]
    return torch.cat(parts)


def _log_likelihoods(model: OneNet, representations: Tensor, token_ids: Tensor, scores: WordScores) -> Tensor:
    rows = token_ids.expand(len(representations), -1)  # (N, T)
    with torch.autocast(representations.device.type, torch.bfloat16, enabled=fast_bfloat16()):
        log_p = model.log_p(representations, rows, scores)  # (N, T - 1)
    mean: Tensor = log_p.mean(dim=1)
    return mean
