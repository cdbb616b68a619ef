"""Contact sheet: up to ten photos as one picture, each with its number, none of them cropped."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

from bot.photos.sending import JPEG_QUALITY
from onenet.pictures import write
from onenet.search import read_photo

WIDTH_PX = 1280
MAX_HEIGHT_PX = 1600  # on a phone held upright a higher picture would be shown narrower
GAP_PX = 10
CELL_PX = 800  # as much of a photo as a sheet can show, for most
BADGE_PX = 76  # about 21 points high where the sheet is as wide as a phone
GROUND = (94, 99, 105)  # grey: neither a light nor a dark chat makes it glare
BADGE, DIGITS = (20, 22, 25), (255, 255, 255)
SMOOTHNESS = 4  # Pillow draws no smooth edges: badges are drawn so much larger
NARROWEST, WIDEST = 0.45, 3.2  # shapes beyond these get ground beside them


@dataclass(frozen=True)
class _Place:
    """Where a photo goes, in pixels."""

    left: int
    top: int
    width: int
    height: int


def open_cell(content: bytes) -> Image.Image:
    """Read an image file as a sheet needs it.

    Raises:
        PhotoError: If it is no photo.
    """
    photo = read_photo(content, side_px=CELL_PX)
    photo.thumbnail((CELL_PX, CELL_PX))
    return photo


def draw_sheet(photos: Sequence[Image.Image]) -> bytes:
    """Make a JPEG of 1 to 10 photos in rows, numbered from 1, at most `WIDTH_PX` by `MAX_HEIGHT_PX`."""
    rows = _rows([_shape(photo) for photo in photos])
    scale = min(1.0, MAX_HEIGHT_PX / _height(rows, WIDTH_PX))
    width_px = round(WIDTH_PX * scale)
    places = list(_places(rows, width_px))
    height_px = max(place.top + place.height for place in places) + GAP_PX
    sheet = Image.new("RGB", (width_px, height_px), GROUND)
    for number, (photo, place) in enumerate(zip(photos, places, strict=True), 1):
        _put(sheet, photo, place)
        _number(sheet, number, place)
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def _shape(photo: Image.Image) -> float:
    return min(max(photo.width / photo.height, NARROWEST), WIDEST)


def _rows(shapes: Sequence[float]) -> list[list[float]]:
    """Break shapes into rows so that the smallest photo is as large as it can be on a sheet not too high."""

    def worth(rows: list[list[float]]) -> tuple[bool, float]:
        height_px = _height(rows, WIDTH_PX)
        if height_px > MAX_HEIGHT_PX:
            return False, -height_px
        return True, min(_row_height(row, WIDTH_PX) ** 2 * min(row) for row in rows)

    return max(_breaks(shapes), key=worth)


def _breaks(shapes: Sequence[float]) -> Iterator[list[list[float]]]:
    """Give every way to break shapes into rows: of ten, 512."""
    between = range(1, len(shapes))
    for chosen in range(2 ** len(between)):
        edges = [0, *(edge for edge in between if chosen >> (edge - 1) & 1), len(shapes)]
        yield [list(shapes[start:end]) for start, end in pairwise(edges)]


def _row_height(row: Sequence[float], width_px: int) -> float:
    return (width_px - GAP_PX * (len(row) + 1)) / sum(row)


def _height(rows: Sequence[Sequence[float]], width_px: int) -> float:
    return sum(_row_height(row, width_px) + GAP_PX for row in rows) + GAP_PX


def _places(rows: Sequence[Sequence[float]], width_px: int) -> Iterator[_Place]:
    top = GAP_PX
    for row in rows:
        height_px = max(round(_row_height(row, width_px)), 1)
        left = float(GAP_PX)
        for shape in row:
            right = left + shape * _row_height(row, width_px)
            yield _Place(round(left), top, max(round(right) - round(left), 1), height_px)
            left = right + GAP_PX
        top += height_px + GAP_PX


def _put(sheet: Image.Image, photo: Image.Image, place: _Place) -> None:
    """Fit a photo into its place, whole, in the middle."""
    scale = min(place.width / photo.width, place.height / photo.height)
    size = (max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    left = place.left + (place.width - size[0]) // 2
    top = place.top + (place.height - size[1]) // 2
    sheet.paste(photo.resize(size, Image.Resampling.LANCZOS), (left, top))


def _number(sheet: Image.Image, number: int, place: _Place) -> None:
    """Put a badge into a place's upper left corner: white on black within a white ring, seen on any photo."""
    side_px = BADGE_PX * SMOOTHNESS
    badge, ring = Image.new("RGB", (side_px, side_px), BADGE), Image.new("L", (side_px, side_px), 0)
    ImageDraw.Draw(ring).ellipse((0, 0, side_px - 1, side_px - 1), fill=255)
    draw = ImageDraw.Draw(badge)
    draw.ellipse((0, 0, side_px - 1, side_px - 1), outline=DIGITS, width=4 * SMOOTHNESS)
    middle, digits_px = (side_px / 2, side_px / 2), round(side_px * 0.56)
    write(draw, middle, str(number), digits_px, DIGITS, anchor="mm", stroke_width=SMOOTHNESS)
    size = (BADGE_PX, BADGE_PX)
    badge, ring = (image.resize(size, Image.Resampling.LANCZOS) for image in (badge, ring))
    sheet.paste(badge, (place.left + GAP_PX, place.top + GAP_PX), ring)
