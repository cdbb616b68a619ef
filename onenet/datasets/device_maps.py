"""Photos decoded once and kept on a device, which makes their views, many at a time, and the trunk's maps.

For GPUs, which do in a minute what takes the processor a quarter of an hour; the processor can do it too.
`onenet.datasets.features` makes the views that the processor trains with, one by one, and keeps the maps in a
file. Here the photo and its mirror image are the same as there, the others are alike: photos of a batch are
changed together, in one draw, and counted in pixels of a square that all photos are brought to.
"""

import io
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from onenet.datasets.features import maps_key, open_map
from onenet.network.encoders import Encoder, encoder_spec, load_encoder
from onenet.network.hardware import to_device
from onenet.network.transforms import REDUCING_GAP, Transform
from onenet.search.photos import read_photo

SIDE_PX = 288  # of the squares that are kept: a tenth more than the views of most trainings
_TYPICAL_PX = 240  # shorter side of the photos as they are: what is blurred and sharpened is counted in these
_DECODED = 128  # photos that are decoded together
_TOGETHER = 32  # photos that are changed together
_STORED = 500  # photos that are written to the disk together

Progress = Callable[[int, int], None]


@torch.no_grad()
def maps_on_device(
    encoder_name: str,
    photos: Sequence[Path],
    device: str,
    *,
    views: int = 1,
    transform: Transform | None = None,
    bfloat16: bool = True,
    progress: Progress = lambda done, total: None,
) -> Tensor:
    """Give the trunk's maps of photos, on a device, shape (N, views, h, w, C), float16.

    View 0 is the photo, view 1 its mirror image, the others are augmented, the same ones each time.

    Args:
        views: How many views of each photo.
        transform: The preprocessing; None: that of the encoder's training.
        bfloat16: Whether the trunk computes in bfloat16.
        progress: Called with photos done and in all, counted by their views.

    Raises:
        PhotoError: If a photo cannot be read.
    """
    spec = encoder_spec(encoder_name)
    transform = transform or spec.transform
    channels, height, width = spec.map_shape(transform)
    encoder = load_encoder(encoder_name, bfloat16=bfloat16).to(device)
    maps = torch.empty((len(photos), views, height, width, channels), dtype=torch.float16, device=device)
    kept = len(photos) if views > 2 else 0
    squares = torch.empty((kept, 3, SIDE_PX, SIDE_PX), dtype=torch.uint8, device=device)
    done = 0
    for straight, small in _decoded(photos, transform):
        rows = slice(done, done + len(straight))
        if kept:
            squares[rows] = to_device(small, device)
        seen = to_device(straight, device)
        for view in range(min(views, 2)):
            maps[rows, view] = _maps(encoder, seen.flip(-1) if view else seen)
        done = rows.stop
        progress(done * min(views, 2) // views, len(photos))
    for view in range(2, views):
        order = np.random.default_rng([7, view]).permutation(len(photos))  # other photos together each time
        for start in range(0, len(order), _TOGETHER):
            chosen = to_device(torch.from_numpy(order[start : start + _TOGETHER]), device)
            random = np.random.default_rng([7, view, start])
            changed = augment_together(squares[chosen], transform.side_px, random)
            maps[chosen, view] = _maps(encoder, _normalised(changed, transform))
        progress(len(photos) * (view + 1) // views, len(photos))
    return maps


def kept_on_device(
    encoder_name: str,
    photos: Sequence[Path],
    cache: Path,
    device: str,
    *,
    views: int = 1,
    transform: Transform | None = None,
    progress: Progress = lambda done, total: None,
) -> Tensor:
    """Give what `maps_on_device` gives, from a file in a folder if they have been made before.

    Raises:
        PhotoError: If a photo cannot be read.
    """
    spec = encoder_spec(encoder_name)
    transform = transform or spec.transform
    channels, height, width = spec.map_shape(transform)
    key = maps_key(encoder_name, transform, photos, views, True, sys.modules[__name__])
    folder = cache / f"{encoder_name}-{key}-{torch.device(device).type}"
    folder.mkdir(parents=True, exist_ok=True)
    stored = open_map(folder / "maps.f16", np.float16, (len(photos), views, height, width, channels))
    done = open_map(folder / "done.u8", np.uint8, (1,))
    maps: Tensor
    if done[0]:
        maps = torch.empty(stored.shape, dtype=torch.float16, device=device)
        for start in range(0, len(photos), _STORED):
            rows = slice(start, start + _STORED)
            maps[rows] = torch.from_numpy(np.array(stored[rows]))
        progress(len(photos), len(photos))
        return maps
    maps = maps_on_device(encoder_name, photos, device, views=views, transform=transform, progress=progress)
    for start in range(0, len(photos), _STORED):
        rows = slice(start, start + _STORED)
        stored[rows] = maps[rows].cpu().numpy()
    stored.flush()
    done[0] = 1  # only after the maps themselves
    done.flush()
    return maps


def augment_together(photos: Tensor, side_px: int, random: np.random.Generator) -> Tensor:
    """Make another view of photos, the same changes in all; see `onenet.network.transforms.augment`.

    Args:
        photos: Squares, shape (B, 3, S, S), uint8.
        side_px: Of the views.

    Returns:
        Shape (B, 3, side_px, side_px), uint8, on the photos' device.
    """
    side = photos.shape[-1]
    area, stretch = random.uniform(0.45, 1.0), math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    width = max(1, min(side, int(side * math.sqrt(area * stretch))))
    height = max(1, min(side, int(side * math.sqrt(area / stretch))))
    left, top = (int(random.integers(0, side - length + 1)) for length in (width, height))
    views: Tensor = F.crop(photos, top, left, height, width)
    for adjust in (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation):
        views = adjust(views, random.uniform(0.75, 1.25))
    views = _of_other_sharpness(views, side / _TYPICAL_PX, random)
    if random.random() < 0.5:
        views = _stored_again(views, int(random.integers(35, 92)))
    views = F.resize(views, [side_px, side_px], InterpolationMode.BICUBIC, antialias=True)
    return views.flip(-1) if random.random() < 0.5 else views


def _of_other_sharpness(views: Tensor, enlarged: float, random: np.random.Generator) -> Tensor:
    """Shrink some views, which blurs them, and sharpen others.

    Args:
        enlarged: How many times as large as the photos were the squares are.
    """
    chance = random.random()
    if chance < 0.35:
        own = [length / enlarged for length in views.shape[-2:]]
        scale = min(1.0, random.uniform(110, 224) / min(own))
        size = [max(1, round(length * scale)) for length in own]
        small: Tensor = F.resize(views, size, InterpolationMode.BICUBIC, antialias=True)
        return small
    if chance < 0.65:
        amount, sigma = random.integers(40, 160) / 100, random.uniform(0.8, 2.0) * enlarged
        exact = views.float()
        blurred = F.gaussian_blur(exact, 2 * math.ceil(3 * sigma) + 1, sigma)
        sharp: Tensor = exact + amount * (exact - blurred)
        return sharp.round().clamp(0, 255).to(torch.uint8)
    return views


def _stored_again(views: Tensor, quality: int) -> Tensor:
    """Compress views as chats and websites do; that is done by the processor."""

    def again(view: NDArray[np.uint8]) -> NDArray[np.uint8]:
        stored = io.BytesIO()
        Image.fromarray(view).save(stored, "JPEG", quality=quality)
        return np.array(Image.open(stored))

    with ThreadPoolExecutor() as workers:
        levels = np.stack(list(workers.map(again, views.permute(0, 2, 3, 1).cpu().numpy())))
    return torch.from_numpy(levels).permute(0, 3, 1, 2).to(views.device)


def _decoded(photos: Sequence[Path], transform: Transform) -> Iterator[tuple[Tensor, Tensor]]:
    """Give photos some at a time: preprocessed, (B, 3, S, S), and as the squares that are kept, uint8."""

    def decode(path: Path) -> tuple[Tensor, Tensor]:
        photo = read_photo(path)
        square = photo.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
        return torch.from_numpy(transform(photo)), torch.from_numpy(np.array(square)).permute(2, 0, 1)

    with ThreadPoolExecutor() as workers:
        for start in range(0, len(photos), _DECODED):
            straight, small = zip(*workers.map(decode, photos[start : start + _DECODED]), strict=True)
            yield torch.stack(straight), torch.stack(small)


def _normalised(views: Tensor, transform: Transform) -> Tensor:
    pixels: Tensor = F.normalize(views.float() / 255, list(transform.mean), list(transform.std))
    return pixels


def _maps(encoder: Encoder, pixels: Tensor) -> Tensor:
    return encoder.maps(pixels).half().permute(0, 2, 3, 1)  # (B, h, w, C)
