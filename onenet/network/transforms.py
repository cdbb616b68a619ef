"""The only image preprocessing: training and serving both call `Transform`; training may `augment` before.

Without PyTorch, which what serves does not load.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

Channels = tuple[float, float, float]
Floats = NDArray[np.float32]

# A photo more than twice this many times as large as the square is first averaged by whole numbers: it takes
# a quarter of the time, and most levels stay as they were, see tests/onenet/network/test_transforms.py.
REDUCING_GAP = 3.0


@dataclass(frozen=True)
class Transform:
    """Photo -> array: resize to a square without cropping, scale to 0..1, normalise.

    All of the photo is seen, what lies at its edges too; for that its aspect ratio is given up.

    Attributes:
        side_px: Side of the encoder's input.
        mean: Per channel, of values in 0..1.
        std: Per channel, of values in 0..1.
        detail_px: Sides longer than this are first shrunk to it, so that photos are as sharp as those that
            were learnt from, which may be small copies; 0: they keep their detail.
    """

    side_px: int
    mean: Channels
    std: Channels
    detail_px: int = 0

    def __call__(self, photo: Image.Image) -> Floats:
        """Preprocess one upright photo (see `onenet.search.photos.read_photo`), on any thread.

        Returns:
            Shape (3, side_px, side_px), float32.
        """
        pixels = np.empty((3, self.side_px, self.side_px), dtype=np.float32)
        self._write(photo, pixels)
        return pixels

    def batch(self, photos: Sequence[Image.Image]) -> Floats:
        """Preprocess several photos, shape (B, 3, side_px, side_px), float32."""
        pixels = np.empty((len(photos), 3, self.side_px, self.side_px), dtype=np.float32)
        for photo, own in zip(photos, pixels, strict=True):
            self._write(photo, own)
        return pixels

    def _write(self, photo: Image.Image, pixels: Floats) -> None:
        side = (self.side_px, self.side_px)
        rgb = photo if photo.mode == "RGB" else photo.convert("RGB")
        if self.detail_px and max(rgb.size) > self.detail_px:
            width, height = (min(length, self.detail_px) for length in rgb.size)
            rgb = rgb.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
        square = rgb.resize(side, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
        levels = np.asarray(square)  # (S, S, 3)
        for channel, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
            own = pixels[channel]
            own[:] = levels[..., channel]
            own /= np.float32(255.0)
            own -= np.float32(mean)
            own /= np.float32(std)


def augment(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """Make another view of a photo, as other cameras and programs would have it.

    45 to 100 % of its area, stretched, in other light, maybe mirrored, and of another sharpness: photos to
    learn from may be small copies, those that people send are large, and both have to mean the same.
    """
    width, height = photo.size
    area, stretch = random.uniform(0.45, 1.0), math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    crop_width = max(1, min(width, int(width * math.sqrt(area * stretch))))
    crop_height = max(1, min(height, int(height * math.sqrt(area / stretch))))
    left = int(random.integers(0, width - crop_width + 1))
    top = int(random.integers(0, height - crop_height + 1))
    view = photo.convert("RGB").crop((left, top, left + crop_width, top + crop_height))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = enhance(view).enhance(random.uniform(0.75, 1.25))
    view = _stored_again(_of_other_sharpness(view, random), random)
    return ImageOps.mirror(view) if random.random() < 0.5 else view


def _of_other_sharpness(view: Image.Image, random: np.random.Generator) -> Image.Image:
    """Shrink some views, which blurs them, and sharpen others."""
    chance = random.random()
    if chance < 0.35:
        scale = min(1.0, random.uniform(110, 224) / min(view.size))
        return view.resize([max(1, round(side * scale)) for side in view.size], Image.Resampling.BICUBIC)
    if chance < 0.65:
        percent = int(random.integers(40, 160))
        return view.filter(ImageFilter.UnsharpMask(random.uniform(0.8, 2.0), percent, threshold=0))
    return view


def _stored_again(view: Image.Image, random: np.random.Generator) -> Image.Image:
    """Compress half of the views as chats and websites do."""
    if random.random() < 0.5:
        return view
    stored = io.BytesIO()
    view.save(stored, "JPEG", quality=int(random.integers(35, 92)))
    return Image.open(stored).convert("RGB")
