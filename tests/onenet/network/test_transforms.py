import numpy as np
import pytest
from PIL import Image

from onenet.network.transforms import augment
from tests.onenet.drawn import draw


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
