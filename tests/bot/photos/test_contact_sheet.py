"""Contact sheets: whole photos, in their order, each with a number that can be read."""

import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.photos.contact_sheet import (
    GAP_PX,
    MAX_HEIGHT_PX,
    NARROWEST,
    WIDEST,
    WIDTH_PX,
    _places,
    _rows,
    draw_sheet,
    open_cell,
)
from onenet.errors import PhotoError
from tests.bot.conftest import jpeg

SIDES = st.integers(1, 2000)


def drawn(*photos: Image.Image) -> Image.Image:
    sheet = Image.open(io.BytesIO(draw_sheet(photos)))
    assert sheet.format == "JPEG"
    return sheet


def solid(width: int, height: int, colour: str = "red") -> Image.Image:
    return Image.new("RGB", (width, height), colour)


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=10))
@settings(max_examples=25, deadline=None)
def test_any_photos_make_a_picture_within_telegrams_limits(sizes: list[tuple[int, int]]) -> None:
    content = draw_sheet([solid(*size) for size in sizes])
    width, height = Image.open(io.BytesIO(content)).size
    assert width <= WIDTH_PX
    assert height <= MAX_HEIGHT_PX + 20
    assert max(width, height) <= 20 * min(width, height)
    assert len(content) < 10_000_000


@given(st.lists(st.floats(NARROWEST, WIDEST), min_size=1, max_size=10))
def test_places_keep_the_photos_shapes_and_do_not_overlap(shapes: list[float]) -> None:
    places = list(_places(_rows(shapes), WIDTH_PX))
    for shape, place in zip(shapes, places, strict=True):
        assert place.width == pytest.approx(shape * place.height, abs=3)
        assert place.left >= GAP_PX
        assert place.left + place.width <= WIDTH_PX - GAP_PX + 1
    for before, after in pairwise(places):
        beside = before.top == after.top and after.left >= before.left + before.width + GAP_PX - 1
        assert beside or after.top >= before.top + before.height + GAP_PX


def test_photos_come_in_their_order() -> None:
    sheet = drawn(solid(400, 300, "red"), solid(400, 300, "lime"), solid(400, 300, "blue"))
    places = _places(_rows([4 / 3] * 3), sheet.width)
    middles = [
        sheet.getpixel((place.left + place.width // 2, place.top + place.height // 2)) for place in places
    ]
    assert [pixel.index(max(pixel)) for pixel in middles if isinstance(pixel, tuple)] == [0, 1, 2]


def test_nothing_is_cropped_away() -> None:
    photo = solid(3000, 200, "white")  # far wider than any place
    photo.paste(solid(60, 200, "red"), (0, 0))
    photo.paste(solid(60, 200, "blue"), (2940, 0))
    sheet = drawn(open_cell(_png(photo)), solid(400, 300))
    colours = {pixel for _, pixel in sheet.getcolors(sheet.width * sheet.height) or []}
    assert any(blue > 200 and red < 60 for red, _, blue in colours)
    assert any(red > 200 and blue < 60 for red, _, blue in colours)


@pytest.mark.parametrize("colour", ["white", "black", "red", "yellow", "gray"])
def test_numbers_are_seen_on_any_photo(colour: str) -> None:
    """White digits on black within a white ring: the corner holds both, whatever the photo is."""
    sheet = drawn(solid(400, 300, colour)).convert("L")
    low, high = sheet.crop((GAP_PX, GAP_PX, GAP_PX + 100, GAP_PX + 100)).getextrema()
    assert (low < 40, high > 220) == (True, True)


def test_each_photo_has_its_own_number() -> None:
    def badge(sheet: Image.Image, left: int) -> Image.Image:
        return sheet.crop((left, GAP_PX, left + 90, GAP_PX + 90)).convert("L")

    sheet = drawn(solid(300, 300), solid(300, 300))
    left, right = badge(sheet, GAP_PX), badge(sheet, sheet.width // 2 + GAP_PX // 2)
    assert ImageChops.difference(left, right).getextrema()[1] > 100


@pytest.mark.parametrize("content", [b"", b"text", jpeg("red", (500, 500))[:900]])
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoError):
        open_cell(content)


def _png(photo: Image.Image) -> bytes:
    content = io.BytesIO()
    photo.save(content, "PNG")
    return content.getvalue()
