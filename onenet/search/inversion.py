"""The reference for search by description, in PyTorch: the caption decoder run backwards.

`onenet.search.descent` serves it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet
from onenet.network.special_words import PAD_ID
from onenet.network.word_scores import WordScores
from onenet.search.descent import ANCHOR, STEPS


@dataclass(frozen=True)
class Inversion:
    """What inverting B captions found.

    Attributes:
        representation: Shape (B, D), float32, unit length.
        loss: Shape (B,), of the captions given these representations, nats a token.
    """

    representation: Tensor
    loss: Tensor


def invert_captions(
    model: OneNet,
    token_ids: Tensor,
    *,
    steps: int = STEPS,
    anchor: float = ANCHOR,
    guess: Tensor | None = None,
    block: range | None = None,
) -> Inversion:
    """Find the image representations from which the decoder best predicts captions.

    The weights stay fixed; only the decoder's first input is optimised, by its gradient (Mahendran & Vedaldi
    2015, arXiv:1412.0035, sec. 3; the article's seven steps). It starts from the sentence encoder's guess and
    is held near it: without the anchor it drifts to vectors that no photo has. Since a representation has
    length one, the best of them points where the gradient does, of log p and anchor together; step k goes to
    the mean of the k places so far and of where it points now (Frank & Wolfe 1956; Jaggi 2013). One such
    step leaves less of what is minimised than five of Adam, and a second one changes no search.

    Args:
        model: In eval mode, weights frozen.
        token_ids: Captions with their start word and `<end>`, shape (B, T), int64, padded with `<pad>`.
        steps: Gradient steps; each costs one decoder forward and backward.
        anchor: Nats a token that a turn away from the guess by a right angle costs.
        guess: Where it starts and is held, shape (B, D), unit length; None: the sentence encoder.
        block: The ids of the words of the captions' language; None: all that there are.
    """
    with torch.no_grad():
        guess = model.represent_sentence(token_ids) if guess is None else guess
    found, scores = guess, model.word_scores(block)
    for step in range(1, steps + 1):
        drawn = F.normalize(anchor * guess - _gradient(model, scores, found, token_ids), dim=-1)
        found = F.normalize(step * found + drawn, dim=-1)
    return _inversion(model, scores, found, token_ids)


def invert_from_random_starts(
    model: OneNet,
    token_ids: Tensor,
    *,
    steps: int,
    restarts: int,
    learning_rate: float,
    generator: torch.Generator | None = None,
    block: range | None = None,
) -> Inversion:
    """Do the same without the sentence encoder: by Adam, from random directions, held nowhere.

    All restarts of all captions are one batch; the mean of a caption's restarts is its answer. For the other
    arguments see `invert_captions`.

    Args:
        generator: Of the directions, on the CPU; without one they are the same each time.
    """
    captions = len(token_ids)
    generator = generator or torch.Generator().manual_seed(0)
    # Each caption has the same starts, so that its answer does not depend on the others in the batch.
    random = torch.randn(restarts, model.config.representation_size, generator=generator)
    start = F.normalize(random, dim=-1).to(token_ids.device).repeat(captions, 1)  # (B * R, D)
    targets = token_ids.repeat_interleave(restarts, dim=0)  # (B * R, T)
    position = start.requires_grad_()  # its direction is the representation
    scores = model.word_scores(block)
    optimizer = torch.optim.Adam([position], lr=learning_rate)
    for _ in range(steps):
        length = position.detach().norm(dim=-1, keepdim=True)
        direction = position.detach() / length
        gradient = _gradient(model, scores, direction, targets)
        along = (gradient * direction).sum(dim=-1, keepdim=True) * direction
        position.grad = (gradient - along) / length  # what turns it; its length has no say
        optimizer.step()
    found = F.normalize(position.detach(), dim=-1).view(captions, restarts, -1).mean(dim=1)
    return _inversion(model, scores, F.normalize(found, dim=-1), token_ids)


@torch.enable_grad()
def _gradient(model: OneNet, scores: WordScores, representation: Tensor, token_ids: Tensor) -> Tensor:
    """Give the gradient of the captions' losses, nats a token, by representations (B, D)."""
    representation = representation.detach().requires_grad_()
    with torch.backends.cudnn.flags(enabled=False):  # its LSTM has no backward pass in eval mode
        losses = _losses(model, scores, representation, token_ids)
        (gradient,) = torch.autograd.grad(losses.sum(), representation)
    return gradient


@torch.no_grad()
def _inversion(model: OneNet, scores: WordScores, found: Tensor, token_ids: Tensor) -> Inversion:
    return Inversion(found, _losses(model, scores, found, token_ids))


def _losses(model: OneNet, scores: WordScores, representation: Tensor, token_ids: Tensor) -> Tensor:
    is_word = token_ids[:, 1:] != PAD_ID
    log_p = model.log_p(representation, token_ids, scores).where(is_word, 0.0)
    losses: Tensor = -log_p.sum(dim=1) / is_word.sum(dim=1).clamp(min=1)
    return losses
