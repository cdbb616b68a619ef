"""Looking at photos place by place: colours are named, and what is attended to is told from the rest."""

import numpy as np
import pytest
from PIL import Image

from onenet.asking import grammar_of, languages_asked
from onenet.asking.looking import COLOURS, Look, look_at, name_colours

PURE = {
    "black": (10, 10, 10), "white": (250, 250, 250), "brown": (120, 75, 40), "red": (215, 25, 30),
    "blue": (25, 70, 205), "green": (60, 150, 50), "yellow": (245, 215, 30), "orange": (250, 140, 20),
    "pink": (255, 130, 180), "purple": (120, 30, 160), "gray": (128, 128, 128),
}  # fmt: skip


@pytest.mark.parametrize("name", COLOURS)
def test_a_plain_colour_has_its_name(name: str) -> None:
    pixels = np.asarray(Image.new("RGB", (2, 2), PURE[name]).convert("HSV"))
    assert name_colours(pixels).tolist() == [[COLOURS.index(name)] * 2] * 2


@pytest.mark.parametrize("language", languages_asked())
def test_every_language_lists_as_many_colours(language: str) -> None:
    asking = grammar_of(language).asking("colour")
    assert asking is not None
    assert len(asking.answers) == len(COLOURS)


def test_english_lists_them_in_that_order() -> None:
    asking = grammar_of("en").asking("colour")
    assert asking is not None
    assert tuple(each.text for each in asking.answers) == COLOURS


def test_the_colour_is_seen_where_the_thing_is() -> None:
    photo = Image.new("RGB", (60, 60), PURE["green"])
    photo.paste(PURE["red"], (30, 0, 60, 30))
    things = np.eye(3, dtype=np.float32)[[1, 0, 1, 1]]  # a ball above on the right, grass elsewhere
    look = look_at(photo, things)
    assert look.colours.sum(axis=1) == pytest.approx(1)
    there, more = look.attended(np.float32([1, 0, 0]))
    assert there @ np.float32([1, 0, 0]) == pytest.approx(1, abs=1e-3)
    assert COLOURS[more.argmax()] == "red"
    assert more[COLOURS.index("green")] < 0


def test_of_a_plain_photo_no_colour_is_seen_more_in_one_place() -> None:
    look = Look(np.eye(4, 3, dtype=np.float32), np.full((4, len(COLOURS)), 1 / len(COLOURS), np.float32))
    _, more = look.attended(np.float32([0, 1, 0]))
    assert more == pytest.approx(0, abs=1e-5)
