"""Dreaming: a picture is changed, step by step, until the encoder gives the representation dreamt of."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from onenet.dreams.dreaming import DEFAULT_DREAM, DreamConfig, Dreaming, DreamStep
from onenet.dreams.expected import ExpectedStatistics, Statistics
from onenet.dreams.observed import SIDE_PX, ObservedEncoder, contrast, layout
from onenet.dreams.pixels import WavePicture


@torch.enable_grad()
def dream(
    encoder: ObservedEncoder,
    expected: ExpectedStatistics,
    representation: Tensor,
    *,
    config: DreamConfig = DEFAULT_DREAM,
    seed: int = 0,
    give_way: Callable[[], None] = lambda: None,
) -> Dreaming:
    """Invert the encoder (Mahendran & Vedaldi 2015, arXiv:1412.0035): find a picture with a representation.

    Many pictures have it, nearly all of them noise. What keeps this one a picture: it is drawn with waves,
    coarse ones first; a different view of it, shifted and enlarged, is looked at in each step; and all layers
    should do in it what they do in photos of that representation, in mean and in spread of each channel
    (as in Yin et al. 2020, arXiv:1912.08795, whose statistics are the same for all pictures).

    Args:
        representation: Shape (D,), unit length.
        seed: Of the first waves and the views.
        give_way: Called every few milliseconds; others may use the processor until it returns.

    Yields:
        What has been dreamt so far, after each step; to stop early, close the generator.
    """
    generator = torch.Generator().manual_seed(seed)
    target = representation.unsqueeze(0)  # (1, D)
    goal = _Goal.of(expected, target, encoder.sizes)
    picture = WavePicture(_background(goal.wanted.layout), generator)
    optimizer = torch.optim.Adam([picture.waves], lr=config.learning_rate, betas=(0.9, 0.99))
    for step in range(config.steps):
        share = step / config.steps
        optimizer.param_groups[0]["lr"] = config.learning_rate * _rate(share, config)
        logits = picture.logits(_finest(share, config))
        pixels = torch.sigmoid(logits).unsqueeze(0)  # (1, 3, S, S)
        seen = encoder(_view(pixels, config, generator), give_way=give_way)
        cosine = (seen.representation * target).sum()
        paleness = (logits.abs() - config.pale).clamp(min=0).square().mean()
        loss = 1 - cosine + goal.distance(seen.layers, layout(pixels), config) + config.paleness * paleness
        (picture.waves.grad,) = torch.autograd.grad(loss, picture.waves)
        optimizer.step()
        yield DreamStep((step + 1) / config.steps, float(cosine.detach()), _as_levels(pixels))


class _Goal(NamedTuple):
    """The statistics that a dream should have, and what photos deviate from them by."""

    wanted: Statistics
    deviation: Statistics

    @classmethod
    def of(cls, expected: ExpectedStatistics, target: Tensor, sizes: Sequence[int]) -> "_Goal":
        rows = expected.of(target), expected.deviation.unsqueeze(0)
        return cls(*(Statistics.from_rows(each, sizes) for each in rows))

    def distance(self, layers: list[Tensor], cells: Tensor, config: DreamConfig) -> Tensor:
        """Weigh how far a picture is, in units of what photos deviate by."""
        wanted, deviation = self

        def far(seen: Tensor, wanted: Tensor, deviation: Tensor) -> Tensor:
            return ((seen - wanted) / deviation).square().clamp(max=config.farthest).mean()

        each = zip(layers, wanted.layers, deviation.layers, strict=True)
        return (
            config.layers * torch.stack([far(*layer) for layer in each]).mean()
            + config.layout * far(cells, wanted.layout, deviation.layout)
            + config.contrast * far(contrast(cells), wanted.contrast, deviation.contrast)
        )


def _background(cells: Tensor) -> Tensor:
    """Blur the expected layout, (1, 3, 16, 16) -> (3, S, S)."""
    side = (SIDE_PX, SIDE_PX)
    return F.interpolate(cells, size=side, mode="bicubic", align_corners=False)[0].clamp(0.03, 0.97)


def _rate(share: float, config: DreamConfig) -> float:
    left = (1 - share) / (1 - config.rate_falls_from)
    return 1.0 if left > 1 else max(config.last_rate, left)


def _finest(share: float, config: DreamConfig) -> float:
    """Give the waves a side that are free by now; a side has half as many as pixels, its diagonal more."""
    ratio = 0.75 * SIDE_PX / config.coarsest
    return float(config.coarsest * ratio ** min(share / config.all_waves_at, 1.0))


def _view(picture: Tensor, config: DreamConfig, generator: torch.Generator) -> Tensor:
    """Look at another part of the picture each time, (1, 3, S, S) -> (1, 3, S, S)."""
    side, margin = picture.shape[-1], config.margin_px
    share = config.smallest_view + (1 - config.smallest_view) * float(torch.rand(1, generator=generator))
    part = round(side * math.sqrt(share))
    padded = F.pad(picture, (margin,) * 4, mode="reflect")
    top, left = torch.randint(0, side + 2 * margin - part + 1, (2,), generator=generator).tolist()
    view = padded[:, :, top : top + part, left : left + part]
    return F.interpolate(view, size=(side, side), mode="bilinear", align_corners=False)


def _as_levels(pixels: Tensor) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = (255 * pixels.detach()[0]).round().byte().permute(1, 2, 0).numpy()
    return levels
