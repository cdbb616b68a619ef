import numpy as np
import pytest
from PIL import Image

from onenet.pictures.inside import (
    BLUE,
    CELL_PX,
    COLUMNS,
    LINE,
    MARGIN_PX,
    ORANGE,
    ROW_PX,
    THUMBNAIL_PX,
    WIDTH_PX,
    colour_of,
    draw_inside,
)
from onenet.search.inside import Dimension, Inside

RED, GREEN = (200, 0, 0), (0, 200, 0)


def inside_with(count: int, words: tuple[str, ...] = ("dog", "snow")) -> Inside:
    values = np.zeros(300, dtype=np.float32)
    values[:2] = (9.0, -9.0)
    direction = np.eye(300, dtype=np.float32)[0]
    return Inside(values, [Dimension(number + 1, 9.0, words, direction) for number in range(count)])


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.new("RGB", size, colour)


def test_colours_grow_from_grey_to_orange_and_blue() -> None:
    assert colour_of(0.0) == LINE
    assert colour_of(3.0) == colour_of(30.0) == ORANGE
    assert colour_of(-3.0) == BLUE
    assert colour_of(1.5) == tuple(round((low + high) / 2) for low, high in zip(LINE, ORANGE, strict=True))


def test_every_number_has_its_square() -> None:
    picture = draw_inside(inside_with(0), plain(RED))
    left = WIDTH_PX - MARGIN_PX - CELL_PX * COLUMNS

    def at(number: int) -> object:
        x, y = left + number % COLUMNS * CELL_PX, MARGIN_PX + number // COLUMNS * CELL_PX
        return picture.getpixel((x + 4, y + 4))

    assert [at(0), at(1), at(2), at(299)] == [ORANGE, BLUE, LINE, LINE]


@pytest.mark.parametrize("size", [(60, 40), (40, 600), (600, 4), (1, 1)])
def test_the_whole_photo_is_shown_left_of_the_numbers(size: tuple[int, int]) -> None:
    picture = draw_inside(inside_with(1), plain(RED, size))
    left_part = np.asarray(picture.crop((0, 0, WIDTH_PX - MARGIN_PX - CELL_PX * COLUMNS - 4, 560)))
    assert (left_part == RED).all(axis=2).any()
    right_part = np.asarray(picture.crop((WIDTH_PX - MARGIN_PX - CELL_PX * COLUMNS, 0, WIDTH_PX, 560)))
    assert not (right_part == RED).all(axis=2).any()


def test_each_of_the_strongest_has_a_row_with_its_photos() -> None:
    without = draw_inside(inside_with(2), plain(RED))
    picture = draw_inside(inside_with(2), plain(RED), [[plain(GREEN)] * 5, [plain(GREEN)]])
    assert picture.size == without.size == (WIDTH_PX, 2 * MARGIN_PX + 15 * CELL_PX + 2 * ROW_PX + 18)
    green = (np.asarray(picture) == GREEN).all(axis=2)
    first, second = (2 * MARGIN_PX + 15 * CELL_PX + ROW_PX * row for row in (0, 1))
    assert green[first : first + ROW_PX].sum() == 3 * THUMBNAIL_PX**2
    assert green[second : second + ROW_PX].sum() == THUMBNAIL_PX**2
    assert not (np.asarray(without) == GREEN).all(axis=2).any()


def test_long_words_stay_left_of_the_photos() -> None:
    words = ("snow-covered", "brightly-colored", "rollerblading", "skateboarder", "snowboarding")
    photos = [[plain(GREEN)] * 3]
    picture = np.asarray(draw_inside(inside_with(1, words), plain(RED), photos))
    top = 2 * MARGIN_PX + 15 * CELL_PX
    thumbnails = picture[top + 20 : top + ROW_PX - 20, -MARGIN_PX - 3 * (THUMBNAIL_PX + 10) :]
    light = (thumbnails > 120).all(axis=2)  # letters are light, green and ground are not
    assert not light.any()


def test_ten_is_the_most() -> None:
    assert draw_inside(inside_with(10), plain(RED)).height < 2 * WIDTH_PX + 300
