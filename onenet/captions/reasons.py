"""Why a caption: for each of its words, where in the photo the network saw reason to write it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.network.model import OneNet
from onenet.network.word_scores import WordScores


@torch.enable_grad()
def find_reasons(
    model: OneNet, last_map: Tensor, token_ids: Tensor, block: range | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Trace each word of a caption back to the places of the encoder's last feature map.

    Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): the gradient of a word's log p says how much each
    channel speaks for it; the channels, weighted so and added up, say where. All places have the same
    gradient here, since the features are the mean of the map. What a word gains by the photo is its log p
    less what it has with the mean representation in the photo's place: what the words before it make likely
    gains nothing.

    Args:
        model: In eval mode, weights frozen.
        last_map: Shape (1, F, h, w).
        token_ids: The caption with `<start>` and `<end>`, shape (T + 2,), int64; `<end>` has no reason.
        block: The ids of the words of its language; None: all that there are.

    Returns:
        Heat (T, h, w) and gains (T,), see `onenet.captions.Reasons`.
    """
    words = len(token_ids) - 2
    features = last_map.mean(dim=(2, 3)).expand(words, -1).clone().requires_grad_()  # (T, F): one row a word
    scores = model.word_scores(block)
    log_p = _log_p(model, scores, model.represent(features), token_ids)  # (T,)
    (gradient,) = torch.autograd.grad(log_p.sum(), features)  # (T, F)
    heat = torch.einsum("tf,fhw->thw", gradient, last_map[0]).clamp(min=0)  # (T, h, w)
    heat = heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    with torch.no_grad():
        mean = torch.zeros(words, model.config.representation_size)  # representations are centred
        gains = log_p.detach() - _log_p(model, scores, mean, token_ids)
    return heat.numpy(), gains.numpy()


def _log_p(model: OneNet, scores: WordScores, representation: Tensor, token_ids: Tensor) -> Tensor:
    """Give log p of word t given row t of representations (T, D) and the words before it, shape (T,)."""
    log_p = model.log_p(representation, token_ids[:-1].expand(len(representation), -1), scores)
    return log_p.diagonal()
