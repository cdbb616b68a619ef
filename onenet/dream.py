"""Dreams: run the network backwards all the way, description -> representation -> pixels."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class DreamStep:
    """A dream in the making, after one more step.

    Attributes:
        share: Of the work done, 0 to 1; 1.0 only in the last step.
        cosine: Between the picture's representation and the one dreamt of.
        pixels: The picture so far, shape (S, S, 3), uint8.
    """

    share: float
    cosine: float
    pixels: NDArray[np.uint8]

    @property
    def picture(self) -> Image.Image:
        """The picture so far."""
        return Image.fromarray(self.pixels)


Dreaming = Generator[DreamStep, None, None]
