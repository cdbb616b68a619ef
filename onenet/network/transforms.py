"""The only image preprocessing: training and serving both call `Transform`; training may `augment` before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Transform:
    """Photo -> tensor: resize to a square without cropping, scale to 0..1, normalise.

    All of the photo is seen, what lies at its edges too; for that its aspect ratio is given up.

    Attributes:
        side_px: Side of the encoder's input.
        mean: Per channel, of values in 0..1.
        std: Per channel, of values in 0..1.
    """

    side_px: int
    mean: Channels
    std: Channels

    def __call__(self, photo: Image.Image) -> Tensor:
        """Preprocess one upright photo (see `onenet.search.photos.read_photo`).

        Returns:
            Shape (3, side_px, side_px), float32.
        """
        side = (self.side_px, self.side_px)
        square = photo.convert("RGB").resize(side, Image.Resampling.BICUBIC)
        levels = torch.from_numpy(np.array(square, dtype=np.float32)).permute(2, 0, 1)  # (3, S, S)
        mean = torch.tensor(self.mean).view(3, 1, 1)
        std = torch.tensor(self.std).view(3, 1, 1)
        return (levels / 255.0 - mean) / std

    def batch(self, photos: Sequence[Image.Image]) -> Tensor:
        """Preprocess several photos, shape (B, 3, side_px, side_px), float32."""
        return torch.stack([self(photo) for photo in photos])


def augment(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Make another view of a photo: 45 to 100 % of its area, in other light, maybe mirrored."""
    width, height = photo.size
    area, stretch = random.uniform(0.45, 1.0), math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    crop_width = max(1, min(width, int(width * math.sqrt(area * stretch))))
    crop_height = max(1, min(height, int(height * math.sqrt(area / stretch))))
    left = int(random.integers(0, width - crop_width + 1))
    top = int(random.integers(0, height - crop_height + 1))
    view = photo.convert("RGB").crop((left, top, left + crop_width, top + crop_height))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = enhance(view).enhance(random.uniform(0.75, 1.25))
    return ImageOps.mirror(view) if random.random() < 0.5 else view
