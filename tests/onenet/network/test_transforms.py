import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from onenet.network.transforms import Transform, augment
from onenet.search.photos import read_photo
from tests.onenet.drawn import draw

SIDE = 96
TRANSFORM = Transform(SIDE, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
LEVELS = Transform(SIDE, (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255))  # gives levels of 0 to 255


def scene(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Soft colours with edges and some noise, as a camera gives them."""
    random = np.random.default_rng(seed)
    soft = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    picture = soft.resize(size, Image.Resampling.BICUBIC)
    for colour in ("red", "blue", "yellow"):
        left, top = random.integers(0, size[0] // 2), random.integers(0, size[1] // 2)
        picture.paste(draw(colour, seed, (size[0] // 4, size[1] // 4)), (int(left), int(top)))
    noise = random.normal(0, 4, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def whole(photo: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """What one resize of all pixels gives, (3, S, S), in levels of 0 to 255."""
    square = photo.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(square, dtype=np.float32).transpose(2, 0, 1)


def as_jpeg(photo: Image.Image) -> bytes:
    stored = io.BytesIO()
    photo.save(stored, "JPEG", quality=90)
    return stored.getvalue()


def test_what_serves_and_what_trains_get_the_same_numbers() -> None:
    """As PyTorch works them out, to the last bit."""
    photo = scene((130, 97))
    levels = torch.from_numpy(whole(photo))
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in (TRANSFORM.mean, TRANSFORM.std))
    assert np.array_equal(TRANSFORM(photo), ((levels / 255.0 - mean) / std).numpy())


def test_a_batch_is_its_photos() -> None:
    photos = [scene((130, 97)), draw("red", 1).convert("L"), scene((20, 400), 2)]
    batch = TRANSFORM.batch(photos)
    assert batch.shape == (3, 3, SIDE, SIDE)
    assert batch.dtype == np.float32
    assert batch.flags.c_contiguous
    assert np.array_equal(batch, np.stack([TRANSFORM(photo) for photo in photos]))
    assert TRANSFORM.batch([]).shape == (0, 3, SIDE, SIDE)


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (570, 90)], ids=str)
def test_photos_of_up_to_six_times_the_side_are_resized_once(size: tuple[int, int]) -> None:
    photo = scene(size)
    assert np.array_equal(np.round(LEVELS(photo)), whole(photo))


@pytest.mark.parametrize("size", [(1280, 960), (3000, 1000), (250, 6000)], ids=str)
def test_larger_ones_are_as_good_as_resized_once(size: tuple[int, int]) -> None:
    photo = scene(size)
    off = np.abs(LEVELS(photo) - whole(photo))
    assert off.mean() < 0.5
    assert np.quantile(off, 0.95) <= 1.01  # the levels of a file are whole numbers


@pytest.mark.parametrize("size", [(1600, 1200), (1200, 1600), (4000, 700)], ids=str)
def test_a_jpeg_that_is_decoded_at_a_smaller_scale_is_as_good_as_decoded_whole(size: tuple[int, int]) -> None:
    """Both sides are left twice the encoder's, so that what the two filters differ in is hardly seen."""
    stored = as_jpeg(scene(size, 3))
    decoded = read_photo(stored, side_px=2 * SIDE)
    assert decoded.width < size[0]
    off = np.abs(LEVELS(decoded) - whole(Image.open(io.BytesIO(stored))))
    assert off.mean() < 0.6
    assert np.quantile(off, 0.95) <= 2.01


def test_a_photo_is_as_sharp_as_its_small_copy() -> None:
    """Networks may learn from small copies: originals mean the same if they are shrunk as these were."""
    photo, plain = scene((300, 225)), Transform(SIDE, LEVELS.mean, LEVELS.std)
    small = Transform(SIDE, LEVELS.mean, LEVELS.std, detail_px=64)
    copy = photo.resize((64, 64), Image.Resampling.BICUBIC)
    assert np.abs(small(photo) - plain(copy)).max() <= 1.01  # levels
    assert np.abs(plain(photo) - plain(copy)).mean() > 5 * np.abs(small(photo) - plain(copy)).mean()


@pytest.mark.parametrize("size", [(64, 64), (20, 30)], ids=str)
def test_a_photo_without_more_detail_stays_as_it_is(size: tuple[int, int]) -> None:
    small = Transform(SIDE, LEVELS.mean, LEVELS.std, detail_px=64)
    assert np.array_equal(small(scene(size)), LEVELS(scene(size)))


def test_only_the_longer_side_is_shrunk_if_the_other_is_short() -> None:
    small = Transform(SIDE, LEVELS.mean, LEVELS.std, detail_px=64)
    shrunk = scene((300, 40)).resize((64, 40), Image.Resampling.BICUBIC)
    assert np.abs(small(scene((300, 40))) - LEVELS(shrunk)).max() <= 1.01


def test_no_pytorch_is_needed() -> None:
    code = "import sys, onenet.network.transforms; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 3), (2, 2), (64, 48)], ids=str)
def test_a_view_is_never_empty_and_never_larger(size: tuple[int, int]) -> None:
    photo = Image.new("RGB", size, (10, 200, 30))
    random = np.random.default_rng(0)
    for _ in range(50):
        view = augment(photo, random)
        assert view.mode == "RGB"
        assert 1 <= view.width <= size[0]
        assert 1 <= view.height <= size[1]


def test_a_view_shows_45_to_100_per_cent_of_the_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.network.transforms._of_other_sharpness", lambda view, random: view)
    photo, random = draw("red", 0, (400, 300)), np.random.default_rng(0)
    shares = [view.width * view.height / 120_000 for view in (augment(photo, random) for _ in range(200))]
    assert 0.44 <= min(shares) < 0.5
    assert 0.9 < max(shares) <= 1


def test_views_are_of_other_sharpness() -> None:
    """As the contrast of neighbours tells, of a photo of noise: some are blurred, some are sharpened."""
    random = np.random.default_rng(0)
    noise = Image.fromarray(random.integers(90, 160, (400, 400, 3), dtype=np.uint8))

    def edges(view: Image.Image) -> float:
        return float(np.abs(np.diff(np.asarray(view.resize((260, 260)), np.float32), axis=1)).mean())

    found = [edges(augment(noise, random)) / edges(noise) for _ in range(60)]
    assert min(found) < 0.6
    assert max(found) > 1.3


def test_half_of_the_views_are_mirrored() -> None:
    photo = Image.new("RGB", (100, 50), (0, 0, 0))
    photo.paste((255, 255, 255), (50, 0, 100, 50))  # the right half is white
    random = np.random.default_rng(0)
    views = [np.asarray(augment(photo, random), np.float32).mean(axis=(0, 2)) for _ in range(200)]
    mirrored = [columns[0] > columns[-1] for columns in views]
    assert 0.4 < np.mean(mirrored) < 0.6


def test_the_same_seed_gives_the_same_view() -> None:
    photo = draw("blue", 1)
    first, second, other = (augment(photo, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != other.tobytes()


def test_the_photo_itself_stays_as_it_is() -> None:
    photo = draw("green", 2)
    before = photo.tobytes()
    augment(photo, np.random.default_rng(0))
    assert photo.tobytes() == before


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_a_photo_of_another_mode_is_no_obstacle(mode: str) -> None:
    assert augment(draw("yellow", 3).convert(mode), np.random.default_rng(0)).mode == "RGB"
