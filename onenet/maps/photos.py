"""The map of photos: each in a cell of its own, beside those that are like it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from onenet.errors import PhotoError
from onenet.maps.drawing import GROUND
from onenet.maps.layout import Floats, OnProgress, grid_shape, place, to_grid

MOST_PHOTOS = 396  # 18 by 22: no cell is left empty
SHAPE = 0.8  # width to height, as of the map of words
MOST_PIXELS = 16_000_000
LARGEST_CELL_PX = 480
GAP_SHARE = 0.03
MARGIN_CELLS = 0.25
WIDEST_MARGIN_PX = 56
CENTRING = (0.5, 0.4)  # what matters in a photo is rarely below its middle

# Gives a photo by its name; raises PhotoError if it cannot be read.
OpenPhoto = Callable[[str], Image.Image]


@dataclass(frozen=True)
class MappedPhoto:
    """A photo on a map, by its name and the cell that it is in."""

    photo: str
    column: int
    row: int


@dataclass(frozen=True)
class PhotoMap:
    """Photos laid out by likeness on a grid; some cells may be empty."""

    photos: tuple[MappedPhoto, ...]
    columns: int
    rows: int


def map_photos(
    photos: Sequence[str],
    representations: Floats,
    *,
    seed: int = 0,
    on_progress: OnProgress = lambda share: None,
) -> PhotoMap:
    """Give photos cells of a grid, beside those that are like them; takes seconds.

    Args:
        photos: N names.
        representations: Shape (N, D), unit length.
    """
    columns, rows = grid_shape(max(len(photos), 1), SHAPE)
    places = place(representations, seed=seed, on_progress=on_progress)
    cells = to_grid(places, columns, rows).tolist()
    mapped = tuple(MappedPhoto(photo, *cell) for photo, cell in zip(photos, cells, strict=True))
    return PhotoMap(mapped, columns, rows)


def choose_photos(photos: Sequence[str], most: int = MOST_PHOTOS, *, seed: int = 0) -> list[str]:
    """Draw photos for a map by lot, the same ones for the same seed, in their order."""
    if len(photos) <= most:
        return list(photos)
    rows = np.random.default_rng(seed).choice(len(photos), most, replace=False)
    return [photos[row] for row in sorted(rows.tolist())]


def draw_photo_map(
    photo_map: PhotoMap, open_photo: OpenPhoto, *, on_progress: OnProgress = lambda share: None
) -> Image.Image:
    """Draw a map of photos, sharp enough to zoom in; the cell of one that cannot be read stays empty."""
    cell_px = _cell_px(photo_map)
    margin_px = min(round(cell_px * MARGIN_CELLS), WIDEST_MARGIN_PX)
    gap_px = max(1, round(cell_px * GAP_SHARE))
    size = [count * cell_px + 2 * margin_px for count in (photo_map.columns, photo_map.rows)]
    picture = Image.new("RGB", (size[0], size[1]), GROUND)
    for number, photo in enumerate(photo_map.photos):
        on_progress(number / len(photo_map.photos))
        thumbnail = make_thumbnail(photo.photo, open_photo, cell_px - gap_px)
        if thumbnail is not None:
            left, top = (margin_px + place * cell_px for place in (photo.column, photo.row))
            picture.paste(thumbnail, (left + gap_px // 2, top + gap_px // 2))
    return picture


def make_thumbnail(photo: str, open_photo: OpenPhoto, side_px: int) -> Image.Image | None:
    """Give the square middle of a photo; None if it cannot be read."""
    try:
        opened = open_photo(photo)
    except PhotoError:
        return None
    return ImageOps.fit(opened, (side_px, side_px), Image.Resampling.LANCZOS, centering=CENTRING)


def _cell_px(photo_map: PhotoMap) -> int:
    cells = (photo_map.columns + 2 * MARGIN_CELLS) * (photo_map.rows + 2 * MARGIN_CELLS)
    return min(LARGEST_CELL_PX, int((MOST_PIXELS / cells) ** 0.5))
