"""Photos in the order in which they fit a description, by cosine and by what the decoder says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.network.hardware import fast_bfloat16
from onenet.network.model import OneNet, in_block, pad_captions
from onenet.network.special_words import PAD_ID

CANDIDATES = 50  # photos nearest by cosine that are worth the decoder's time
_TOGETHER = 64  # photos that the decoder reads at once: of more, its logits alone would take gigabytes
_PAIRS = 256  # of a photo and a sentence that the decoder reads at once
LIKELIHOOD_WEIGHT = 0.1  # cosine that a nat a token is worth
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


@torch.no_grad()
def rank_photos(
    model: OneNet,
    query: Tensor,
    token_ids: Tensor,
    representations: Tensor,
    block: range | None = None,
) -> Ranking:
    """Order photos by how well they fit a description: their cosine, and how readily the decoder says it.

    That is log p of the description given the photo, compared with what is usual, so that a score stays near
    its cosine. It is the same for all photos: less what each gives to captions in general, Flickr8K's dev
    photos were found worse (R@5 58.2 %, and 60.1 % without).

    Args:
        query: What inverting the description gave, shape (D,), unit length.
        token_ids: The description with `<start>` and `<end>`, shape (T,), int64.
        representations: Of the photos, shape (N, D), unit length.
        block: The ids of the words of the description's language; None: all that there are.
    """
    cosines = representations @ query  # (N,)
    gain = log_likelihoods(model, representations, token_ids, block) - USUAL_LOG_P
    scores = cosines + LIKELIHOOD_WEIGHT * gain
    order = scores.argsort(descending=True, stable=True)
    return Ranking(order.numpy(), scores[order].numpy())


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


@torch.no_grad()
def sentence_log_likelihoods(
    model: OneNet, representations: Tensor, sentences: Sequence[Sequence[int]], block: range | None = None
) -> Tensor:
    """Log p of whole sentences given each photo, in nats, `<end>` counted; many sentences at once.

    Args:
        model: In eval mode.
        representations: Of the photos, shape (N, D).
        sentences: Token ids of S sentences, each with its start word and `<end>`.
        block: The ids of the words of their language; None: all that there are.

    Returns:
        Shape (N, S), float32.
    """
    by_length = sorted(range(len(sentences)), key=lambda number: len(sentences[number]))
    found = torch.zeros(len(representations), len(sentences))
    together = max(1, _PAIRS // max(1, len(representations)))
    for start in range(0, len(by_length), together):
        chosen = by_length[start : start + together]
        token_ids = pad_captions([[*sentences[number]] for number in chosen])  # (S, T)
        rows = token_ids.repeat(len(representations), 1)  # (N * S, T)
        given = representations.repeat_interleave(len(chosen), dim=0)  # (N * S, D)
        targets = rows[:, 1:]
        words = targets != PAD_ID
        with torch.autocast(representations.device.type, torch.bfloat16, enabled=fast_bfloat16()):
            logits = model.logits(model.decode(given, rows[:, :-1])[words], block)  # (words, V)
        own = logits.gather(1, in_block(targets[words], block).unsqueeze(1)).squeeze(1).float()
        log_p = torch.zeros(targets.shape)
        log_p[words] = own - logits.logsumexp(dim=-1).float()
        found[:, chosen] = log_p.sum(dim=1).view(len(representations), -1)
    return found


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
