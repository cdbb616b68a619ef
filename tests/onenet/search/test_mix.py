"""Mixing two photos: the line between them by hand, and the strip that is drawn of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from onenet.engine import Engine
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.pictures import StripStep, draw_mix
from onenet.pictures.letters import lines_of, width_of
from onenet.pictures.style import GAP_PX, WIDTH_PX
from onenet.search import read_photo
from onenet.search.mix import mix_line, picking_order

A, B = np.eye(4, dtype=np.float32)[:2]


def test_the_line_goes_from_one_to_the_other_in_steps_of_unit_length() -> None:
    shares, line = mix_line(A, B)
    assert shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert np.allclose(np.linalg.norm(line, axis=1), 1)
    assert np.allclose(line[0], A)
    assert np.allclose(line[2], (A + B) / np.sqrt(2))
    assert np.allclose(line[1], np.array([3, 1, 0, 0]) / np.sqrt(10))
    assert np.allclose(line[4], B)


def test_between_opposites_and_between_twins_there_is_something_too() -> None:
    _, line = mix_line(A, -A)
    assert np.allclose(np.linalg.norm(line, axis=1), 1)
    assert np.allclose(mix_line(B, B)[1], B)


def test_the_ends_choose_their_photos_first() -> None:
    assert picking_order(5) == [0, 4, 2, 1, 3]
    assert picking_order(1) == [0]


def test_the_strip_shows_both_photos_and_a_column_a_step() -> None:
    steps = [StripStep("a dog", Image.new("RGB", (60, 40), (0, 200, 0)))] * 5
    red, blue = Image.new("RGB", (90, 60), (200, 0, 0)), Image.new("RGB", (60, 90), (0, 0, 200))
    pixels = np.asarray(draw_mix(red, blue, steps), int)
    assert pixels.shape[1] == WIDTH_PX
    assert pixels[220, GAP_PX + 50].tolist() == [200, 0, 0]
    assert pixels[220, WIDTH_PX - GAP_PX - 50].tolist() == [0, 0, 200]
    is_green = (pixels == [0, 200, 0]).all(axis=2)
    row = is_green[int(np.flatnonzero(is_green.any(axis=1))[5])]
    assert int((np.diff(row.astype(int)) == 1).sum()) == 5


def test_without_a_gallery_there_are_captions_alone() -> None:
    photo = Image.new("RGB", (90, 60), "red")
    bare = draw_mix(photo, photo, [StripStep("a dog")] * 5)
    full = draw_mix(photo, photo, [StripStep("a dog"), *[StripStep("a dog", photo)] * 4])
    assert bare.height < full.height


@pytest.mark.parametrize("size", [(1, 1), (3000, 20), (20, 3000)])
def test_any_shape_and_the_longest_caption_can_be_drawn(size: tuple[int, int]) -> None:
    photo = Image.new("L", size)
    sheet = draw_mix(photo, photo, [StripStep("trampoline " * 24, photo)] * 5)
    assert sheet.width == WIDTH_PX
    assert sheet.height < 1.5 * WIDTH_PX


def test_lines_are_no_wider_than_they_may_be() -> None:
    lines = lines_of("a group of people are racing on a dirt bike", 34, 200)
    assert " ".join(lines) == "a group of people are racing on a dirt bike"
    assert all(width_of(line, 34) <= 200 for line in lines)
    assert lines_of("supercalifragilistic a", 34, 50) == ["supercalifragilistic", "a"]


def test_the_networks_captions_change_along_the_line() -> None:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    data = Path(pytest.importorskip("skimage.data").__file__).parent
    engine = Engine.load(threads=1)
    cat, rocket = (read_photo(data / name) for name in ("chelsea.png", "rocket.jpg"))
    first, second = engine.represent([cat, rocket])
    steps = engine.mix(first, second)
    own = [found[0].text for found in engine.caption(np.stack([first, second]))]
    assert [steps[0].caption, steps[-1].caption] == own
    cosines = [float(step.representation @ second) for step in steps]
    assert cosines == sorted(cosines)
    assert len({step.caption for step in steps}) >= 3
