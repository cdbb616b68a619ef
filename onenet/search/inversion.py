"""The reference for search by description, in PyTorch: the caption decoder run backwards.

`onenet.search.descent` serves it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.losses import caption_losses
from onenet.network.model import OneNet, in_block
from onenet.search.descent import ANCHOR, LEARNING_RATE, STEPS

RESTARTS = 1
NOISE = 0.3


@dataclass(frozen=True)
class Inversion:
    """What inverting B captions found.

    Attributes:
        representation: Shape (B, D), float32, unit length.
        loss: Shape (B,), of the captions given these representations, nats a token.
    """

    representation: Tensor
    loss: Tensor


@torch.enable_grad()
def invert_captions(
    model: OneNet,
    token_ids: Tensor,
    *,
    generator: torch.Generator | None = None,
    steps: int = STEPS,
    restarts: int = RESTARTS,
    learning_rate: float = LEARNING_RATE,
    anchor: float = ANCHOR,
    noise: float = NOISE,
    guess: Tensor | None = None,
    block: range | None = None,
) -> Inversion:
    """Find the image representations from which the decoder best predicts captions.

    The weights stay fixed; only the decoder's first input is optimised, by Adam (Mahendran & Vedaldi 2015,
    arXiv:1412.0035, sec. 3; the article's seven steps). It starts from the sentence encoder's guess and noisy
    copies of it, and is held near the guess: without the anchor it drifts to vectors that no photo has. All
    restarts of all captions are one batch; the mean of a caption's restarts is its answer.

    Args:
        model: In eval mode, weights frozen.
        token_ids: Captions with their start word and `<end>`, shape (B, T), int64, padded with `<pad>`.
        generator: Of the noise, on the CPU; without one the noise is the same each time.
        steps: Gradient steps; each costs one decoder forward and backward.
        anchor: Nats a token that a turn away from the guess by a right angle costs; 0: start at random
            directions instead, without the sentence encoder.
        guess: Where it starts and is held, shape (B, D), unit length; None: the sentence encoder.
        block: The ids of the words of the captions' language; None: all that there are.
        noise: Length of what is added to the copies of the guess, which has length one.
    """
    captions = len(token_ids)
    generator = generator or torch.Generator().manual_seed(0)
    size = model.config.representation_size
    # Each caption has the same noise, so that its answer does not depend on the others in the batch.
    directions = F.normalize(torch.randn(restarts, size, generator=generator), dim=-1).to(token_ids.device)
    targets = token_ids.repeat_interleave(restarts, dim=0)  # (B * R, T)
    if anchor:
        with torch.no_grad():
            guess = model.represent_sentence(token_ids) if guess is None else guess
        guess = guess.repeat_interleave(restarts, dim=0)  # (B * R, D)
        directions[0] = 0.0
        start = guess + noise * directions.repeat(captions, 1)
    else:
        guess = start = directions.repeat(captions, 1)
    position = start.clone().requires_grad_()  # (B * R, D); its direction is the representation
    optimizer = torch.optim.Adam([position], lr=learning_rate)
    with torch.backends.cudnn.flags(enabled=False):  # its LSTM has no backward pass in eval mode
        for _ in range(steps):
            direction = F.normalize(position, dim=-1)
            losses = caption_losses(model(direction, targets[:, :-1], block), in_block(targets, block))
            losses = losses + anchor * (1 - (direction * guess).sum(dim=-1))
            (position.grad,) = torch.autograd.grad(losses.sum(), position)
            optimizer.step()
    found = F.normalize(position.detach(), dim=-1).view(captions, restarts, size).mean(dim=1)
    representation = F.normalize(found, dim=-1)
    with torch.no_grad():
        loss = caption_losses(model(representation, token_ids[:, :-1], block), in_block(token_ids, block))
    return Inversion(representation, loss)
