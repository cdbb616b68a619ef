"""What training makes small: of captions given photos, of sentences and photos that miss each other."""

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.special_words import PAD_ID


def caption_loss(logits: Tensor, token_ids: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Mean negative log-likelihood of captions in nats a token, `<end>` counted, padding not.

    Args:
        logits: Shape (B, T - 1, V), as `OneNet.forward(representation, token_ids[:, :-1])` gives them.
        token_ids: Shape (B, T), int64, with `<start>` and `<end>`, padded with `<pad>`.
    """
    return F.cross_entropy(
        logits.transpose(1, 2), token_ids[:, 1:], ignore_index=PAD_ID, label_smoothing=label_smoothing
    )


def caption_losses(logits: Tensor, token_ids: Tensor) -> Tensor:
    """Mean negative log-likelihood of each caption in nats a token, shape (B,), see `caption_loss`."""
    targets = token_ids[:, 1:]
    losses = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=PAD_ID, reduction="none")
    return losses.sum(dim=1) / (targets != PAD_ID).sum(dim=1).clamp(min=1)


def contrastive_loss(sentences: Tensor, photos: Tensor, rows: Tensor, log_sharpness: Tensor) -> Tensor:
    """How badly sentences and photos of a batch find each other, in nats.

    The symmetric softmax of Radford et al. 2021 (arXiv:2103.00020), which weighs the hardest wrong partners
    most, as the hard negatives of VSE++ do. A photo has several sentences; each is found against the
    sentences of other photos only.

    Args:
        sentences: Guessed representations, shape (Q, D), unit length.
        photos: Representations, shape (B, D), unit length.
        rows: The photo of each sentence, shape (Q,), int64.
        log_sharpness: Log of what cosines are multiplied by, shape ().
    """
    scores = similarities(sentences, photos, log_sharpness)  # (Q, B)
    own = scores.gather(1, rows.unsqueeze(1)).squeeze(1)  # (Q,)
    photo_found = F.cross_entropy(scores, rows)
    others = scores.masked_fill(F.one_hot(rows, len(photos)).bool(), -torch.inf).logsumexp(dim=0)  # (B,)
    sentence_found = (torch.logaddexp(own, others[rows]) - own).mean()
    return (photo_found + sentence_found) / 2


def similarities(sentences: Tensor, photos: Tensor, log_sharpness: Tensor) -> Tensor:
    """Sharpened cosines of sentences (Q, D) and photos (N, D), shape (Q, N), in float32.

    In bfloat16, which steps of training use for products, cosines that differ by less than a 250th are one.
    """
    with torch.autocast(sentences.device.type, enabled=False):
        return sentences.float() @ photos.float().t() * log_sharpness.exp().clamp(max=100.0)


def taught_ranking_loss(scores: Tensor, taught: Tensor) -> Tensor:
    """How much sentences find photos otherwise than they are taught to, in nats.

    The Kullback-Leibler divergence of what a softmax over photos makes of similarities (Hinton et al. 2015,
    arXiv:1503.02531).

    Args:
        scores: The network's, shape (Q, N).
        taught: Those that it is to have, shape (Q, N).
    """
    return F.kl_div(scores.log_softmax(dim=1), taught.softmax(dim=1), reduction="batchmean")
