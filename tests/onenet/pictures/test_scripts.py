"""Pictures with words of each script: there is ink where the words belong, and none beside."""

import numpy as np
import pytest
from PIL import Image

from onenet.captions import Reasons
from onenet.pictures import Notes, StripStep, draw_inside, draw_mix, draw_reasons, draw_walk
from onenet.pictures import inside as inside_picture
from onenet.pictures import walk as walk_picture
from onenet.pictures.style import GAP_PX, GROUND, WIDTH_PX
from onenet.search.inside import Dimension, Inside
from onenet.words.walk import Stop

WORDS = {
    "zh": ("狗", "雪地"),
    "ar": ("كلب", "ثلج"),
    "uk": ("собака", "їжак"),
    "de": ("Hund", "Schneeballschlacht"),
}
BLACK = Image.new("RGB", (90, 60))


def columns_of_ink(picture: Image.Image, box: tuple[int, int, int, int]) -> np.ndarray:
    """Which columns of a part of a picture have letters, counted from the part's left edge."""
    levels = np.asarray(picture.crop(box)).astype(int).min(axis=2)
    return np.flatnonzero((levels > 120).any(axis=0))


@pytest.mark.parametrize("language", WORDS)
def test_below_each_panel_stands_its_word_where_it_is_read_first(language: str) -> None:
    words = WORDS[language]
    reasons = Reasons(words, np.zeros((2, 2, 2), np.float32), np.array([3.0, 3.0], np.float32))
    sheet = draw_reasons(BLACK, reasons)
    cell = (WIDTH_PX - 3 * GAP_PX) // 2
    top = sheet.height - GAP_PX - round(0.26 * cell)
    for left in (GAP_PX, 2 * GAP_PX + cell):
        ink = columns_of_ink(sheet, (left, top, left + cell, sheet.height))
        assert ink.size > 40
        begins = cell - 1 - ink.max() if language == "ar" else ink.min()
        assert begins < 20
    assert not columns_of_ink(sheet, (0, top, GAP_PX, sheet.height)).size
    if language == "ar":  # the first word is at the right
        first = draw_reasons(BLACK, Reasons((words[0], ""), reasons.heat, reasons.gains))
        right = (2 * GAP_PX + cell * 3 // 2, top, WIDTH_PX, sheet.height)
        left_half = (GAP_PX + cell // 2, top, GAP_PX + cell, sheet.height)
        assert columns_of_ink(first, right).size > 40
        assert not columns_of_ink(first, left_half).size


def test_a_long_note_leaves_room_for_the_word() -> None:
    reasons = Reasons(
        ("Schneeballschlacht", "Hund"), np.zeros((2, 2, 2), np.float32), np.zeros(2, np.float32)
    )
    sheet = draw_reasons(BLACK, reasons, Notes("weil es die Grammatik so verlangt und nicht das Foto", "-"))
    cell = (WIDTH_PX - 3 * GAP_PX) // 2
    top = sheet.height - GAP_PX - round(0.26 * cell)
    ink = columns_of_ink(sheet, (GAP_PX, top, GAP_PX + cell, sheet.height))
    gaps = np.diff(ink)
    assert gaps.max() > 15  # between the word and its note


@pytest.mark.parametrize("language", WORDS)
def test_captions_stay_in_their_columns(language: str) -> None:
    text = ("" if language == "zh" else " ").join(WORDS[language] * 6)
    sheet = draw_mix(BLACK, BLACK, [StripStep(text)] * 5)
    width = (WIDTH_PX - 6 * GAP_PX) // 5
    top = sheet.height - 3 * 34
    for number in range(5):
        left = GAP_PX + number * (width + GAP_PX)
        assert columns_of_ink(sheet, (left, top, left + width, sheet.height)).size > 40
        assert not columns_of_ink(sheet, (left + width + 4, top, left + width + GAP_PX, sheet.height)).size


@pytest.mark.parametrize("language", WORDS)
def test_words_stand_beside_the_way(language: str) -> None:
    first, last = WORDS[language]
    picture = draw_walk([Stop(first, 1.0, -1.0, (last, first)), Stop(last, 0.5, 1.0, (first, last))])
    way_px, edge_px = walk_picture.MARGIN_PX + 30, walk_picture.MARGIN_PX // 2
    width, height = picture.size
    margins = [(0, 0, edge_px, height), (width - edge_px, 0, width, height)]
    assert not any(columns_of_ink(picture, box).size for box in margins)
    halves = [(width // 2 + 100, 0, width - way_px, 120), (way_px, 0, width // 2 - 100, 120)]
    right, left = (columns_of_ink(picture, box).size > 40 for box in halves)
    assert (right, left) == ((True, False) if language == "ar" else (False, True))


@pytest.mark.parametrize("language", WORDS)
def test_words_of_a_number_stand_between_its_letter_and_its_photos(language: str) -> None:
    green = Image.new("RGB", (60, 40), (0, 90, 0))
    dimension = Dimension(1, 9.0, WORDS[language] * 5, np.eye(300, dtype=np.float32)[0])
    picture = draw_inside(Inside(np.zeros(300, np.float32), [dimension]), BLACK, [[green] * 3])
    top = 2 * inside_picture.MARGIN_PX + 15 * inside_picture.CELL_PX
    photos = inside_picture.WIDTH_PX - inside_picture.MARGIN_PX - 3 * (inside_picture.THUMBNAIL_PX + 10)
    badge = inside_picture.MARGIN_PX + inside_picture.BADGE_PX + 10
    assert columns_of_ink(picture, (badge, top + 58, photos, picture.height)).size > 40
    assert not columns_of_ink(picture, (photos, top + 20, inside_picture.WIDTH_PX, picture.height)).size
    assert picture.getpixel((photos + 3, top + 40)) == GROUND
