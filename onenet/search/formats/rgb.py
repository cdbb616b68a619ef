"""Decoded pictures -> RGB, shrunk by a whole number, a strip at a time: most modes unpack to more bytes."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Gives the rows of a picture from one number up to, not including, another.
Rows = Callable[[int, int], Image.Image]

MOST_KEPT_PIXELS = 16_000_000  # however long and narrow a picture is
STRIP_PIXELS = 1_000_000


def shrink_factor(size: tuple[int, int], kept_px: int) -> int:
    """Return the whole number by which a picture is shrunk, so that both its sides keep `kept_px`."""
    too_many = math.ceil(math.sqrt(size[0] * size[1] / MOST_KEPT_PIXELS))
    return max(1, min(size) // kept_px, too_many)


def to_rgb(photo: Image.Image, factor: int) -> Image.Image:
    """Make 8 bits of red, green and blue of a decoded picture; what is transparent becomes white."""
    if photo.mode.startswith("I") or photo.mode == "F":
        return _from_deep_grey(photo, factor)
    return rows_to_rgb(lambda top, bottom: _rows(photo, top, bottom), photo.size, factor)


def rows_to_rgb(rows: Rows, size: tuple[int, int], factor: int) -> Image.Image:
    """Make red, green and blue of a picture that is given row by row."""
    width, height = size
    step = _strip_rows(width, factor)
    if step >= height:
        return _strip_to_rgb(rows(0, height), factor)
    picture = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, step):
        strip = rows(top, min(top + step, height))
        picture.paste(_strip_to_rgb(strip, factor), (0, top // factor))
    return picture


def _strip_rows(width: int, factor: int) -> int:
    """Return how many rows a strip has: what is averaged must not be torn apart."""
    return max(1, STRIP_PIXELS // (width * factor)) * factor


def _rows(photo: Image.Image, top: int, bottom: int) -> Image.Image:
    return photo.crop((0, top, photo.width, bottom))


def _strip_to_rgb(strip: Image.Image, factor: int) -> Image.Image:
    if strip.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in strip.info:
        layer = _reduced(strip if strip.mode == "RGBA" else strip.convert("RGBA"), factor)
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return _reduced(strip if strip.mode == "RGB" else strip.convert("RGB"), factor)


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    return picture.reduce(factor) if factor > 1 else picture


def _from_deep_grey(photo: Image.Image, factor: int) -> Image.Image:
    """Deep grey keeps its range: Pillow's own conversion would clip 16 bits to white, 0..1 to black."""
    top = max((float(levels.max(initial=0.0)) for _, levels in _deep_strips(photo, factor)), default=0.0)
    full_scale = 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    if photo.mode == "F" and 0 < top <= 1:
        full_scale = 1.0
    picture = Image.new("L", (max(1, photo.width // factor), max(1, photo.height // factor)))
    for place, levels in _deep_strips(photo, factor):
        grey = (levels.clip(0, full_scale) * (255.0 / full_scale)).round().astype(np.uint8)
        picture.paste(Image.fromarray(grey), (0, place))
    return picture.convert("RGB")


def _deep_strips(photo: Image.Image, factor: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Give strips of a picture in deep grey, averaged by squares, each with the row that it goes to."""
    across, down = min(factor, photo.width), min(factor, photo.height)  # a line may be narrower than a square
    width, rows = photo.width // across, photo.height // down * down
    step = _strip_rows(photo.width, down)
    for top in range(0, rows, step):
        bottom = min(top + step, rows)
        levels = np.asarray(_rows(photo, top, bottom))[:, : width * across]  # (rows, width)
        if photo.mode == "F":
            levels = np.nan_to_num(levels)
        squares = levels.reshape((bottom - top) // down, down, width, across)
        yield top // down, squares.mean(axis=(1, 3), dtype=np.float64)
