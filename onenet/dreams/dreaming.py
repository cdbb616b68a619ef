"""What a dream is asked for and what it gives, without PyTorch."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LAYOUT = 16  # cells on a side of a picture's layout


@dataclass(frozen=True)
class DreamConfig:
    """How pictures are dreamt; chosen on twelve descriptions of our own, by eye and by what networks see.

    Attributes:
        steps: Of the optimiser (Adam).
        rate_falls_from: Share of the steps after which the learning rate falls, so that the grain settles.
        last_rate: What is left of it in the end.
        coarsest: Waves a side that are free at first.
        all_waves_at: Share of the steps after which all are.
        smallest_view: Share of the picture's area that is looked at, at least.
        margin_px: How far a view may reach beyond the edge.
        layers: Weight of the layers' statistics; that of the cosine is one.
        layout: Weight of the colours at 16 by 16 places.
        contrast: Weight of the spread of these.
        paleness: Weight of what is nearly black or white.
        pale: Logits within which colours are free: 2.2 is a tenth away from black and white.
        farthest: Squared deviation beyond which a statistic no longer pulls.
    """

    steps: int = 250
    learning_rate: float = 0.02
    rate_falls_from: float = 0.7
    last_rate: float = 0.05
    coarsest: float = 6.0
    all_waves_at: float = 0.6
    smallest_view: float = 0.35
    margin_px: int = 8
    layers: float = 2.5
    layout: float = 0.3
    contrast: float = 0.5
    paleness: float = 0.5
    pale: float = 2.2
    farthest: float = 100.0


DEFAULT_DREAM = DreamConfig()


@dataclass(frozen=True)
class DreamStep:
    """A dream in the making, after one more step.

    Attributes:
        share: Of the work done, 0 to 1; 1.0 only in the last step.
        cosine: Between the representation of the part looked at in this step and the one dreamt of.
        pixels: The picture so far, shape (S, S, 3), uint8.
    """

    share: float
    cosine: float
    pixels: NDArray[np.uint8]

    @property
    def picture(self) -> Image.Image:
        """The picture so far."""
        return Image.fromarray(self.pixels)


@dataclass(frozen=True)
class Recognised:
    """What the network sees in its own dream.

    Attributes:
        caption: Of the picture.
        cosine: Between the picture's representation and the one dreamt of.
    """

    caption: str
    cosine: float


Dreaming = Generator[DreamStep, None, None]


def layers_beside(checkpoint: Path) -> Path:
    """Name the file of what the layers of a network in a file are expected to do."""
    return checkpoint.with_name(f"{checkpoint.stem}-layers.safetensors")
