from pathlib import Path

import numpy as np
from PIL import Image

from onenet.errors import PhotoError
from onenet.maps.photos import PhotoMap, choose_photos, draw_photo_map, map_photos

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (128, 128, 128)}


def colour(photo: str) -> Image.Image:
    if photo not in COLOURS:
        raise PhotoError("It has gone.")
    return Image.new("RGB", (40, 30), COLOURS[photo])


def mapped(*photos: str) -> PhotoMap:
    return map_photos(photos, np.eye(8, dtype=np.float32)[: len(photos)])


def test_each_photo_is_in_a_cell_of_its_own_and_seen_there() -> None:
    photo_map = mapped(*COLOURS)
    picture = draw_photo_map(photo_map, colour)
    assert len({(photo.column, photo.row) for photo in photo_map.photos}) == len(COLOURS)
    for photo in photo_map.photos:
        x = round((photo.column + 0.5 + 0.25) / (photo_map.columns + 0.5) * picture.width)
        y = round((photo.row + 0.5 + 0.25) / (photo_map.rows + 0.5) * picture.height)
        assert picture.getpixel((x, y)) == COLOURS[photo.photo]


def test_a_photo_that_has_gone_leaves_its_cell_empty() -> None:
    picture = draw_photo_map(mapped("red", "gone"), colour)
    found = {colour for _, colour in picture.getcolors(10_000) or []}
    assert COLOURS["red"] in found
    assert len(found) == 2


def test_photos_are_drawn_by_lot_the_same_ones_each_time() -> None:
    photos = [str(Path("/photos") / f"{number:04}.jpg") for number in range(1000)]
    chosen = choose_photos(photos, 50)
    assert len(set(chosen)) == 50
    assert chosen == sorted(chosen)
    assert chosen == choose_photos(photos, 50)
    assert chosen != photos[:50]
    assert choose_photos(photos[:7], 50) == photos[:7]
