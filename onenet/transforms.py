"""The only image preprocessing: training and serving both call `Transform`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Transform:
    """Photo -> tensor: resize to a square without cropping, scale to 0..1, normalise.

    The aspect ratio is not kept, since Flickr8K is stored that way here and every part of the photo counts.

    Attributes:
        side_px: Side of the encoder's input.
        mean: Per channel, of values in 0..1.
        std: Per channel, of values in 0..1.
    """

    side_px: int
    mean: Channels
    std: Channels

    def __call__(self, photo: Image.Image) -> Tensor:
        """Preprocess one upright photo (see `onenet.photos.read_photo`).

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
