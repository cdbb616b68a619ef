"""Views made together on a device: the photo is the same, its views are like those made one by one."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from onenet.datasets import device_maps
from onenet.datasets.device_maps import SIDE_PX, augment_together, kept_on_device, maps_on_device
from onenet.datasets.features import cached_maps
from onenet.errors import PhotoError
from onenet.network.transforms import augment
from tests.onenet.drawn import draw

ENCODER = "efficientnet_lite0"
Random = Callable[[int], np.random.Generator]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        draw(["red", "green", "blue"][number % 3], number, (240, 200 + 10 * number)).save(path)
    return paths


def scene(seed: int) -> Image.Image:
    """Something with edges and colours, of a photo's size."""
    noise = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)


def as_square(photo: Image.Image) -> Tensor:
    square = photo.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def test_the_photo_and_its_mirror_image_are_those_of_the_processor(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_maps, "_DECODED", 2)
    found = maps_on_device(ENCODER, photos, "cpu", views=3, bfloat16=False)
    known = cached_maps(ENCODER, photos, tmp_path / "cache", views=2, bfloat16=False)
    assert (found.shape[:2], found.dtype) == ((5, 3), torch.float16)
    assert np.allclose(found[:, :2].numpy(), known, atol=0.05)


@pytest.mark.parametrize("views", [1, 2])
def test_few_views(photos: list[Path], views: int) -> None:
    few = maps_on_device(ENCODER, photos[:2], "cpu", views=views)
    assert few.shape[:2] == (2, views)
    assert torch.equal(few, maps_on_device(ENCODER, photos[:2], "cpu", views=3)[:, :views])


def test_further_views_are_augmented_and_the_same_each_time(photos: list[Path]) -> None:
    first, second = (maps_on_device(ENCODER, photos, "cpu", views=4).float() for _ in range(2))
    assert torch.equal(first, second)
    for photo in first:
        for view, other in combinations(photo, 2):
            assert float((view - other).norm()) > 0.1 * float(view.norm())


def test_photos_are_changed_with_others_each_time(
    photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_maps, "_TOGETHER", 2)
    together: list[list[float]] = []

    def note(squares: Tensor, side_px: int, random: np.random.Generator) -> Tensor:
        together.append(sorted(squares.float().mean(dim=(1, 2, 3)).tolist()))
        return squares[:, :, :side_px, :side_px]

    monkeypatch.setattr(device_maps, "augment_together", note)
    maps_on_device(ENCODER, photos, "cpu", views=5)
    assert [len(some) for some in together] == [2, 2, 1] * 3
    for view in range(3):
        assert len({mean for some in together[3 * view : 3 * view + 3] for mean in some}) == 5  # each once
    assert together[:3] != together[3:6]


@pytest.mark.parametrize("views", [1, 2, 4])
def test_progress_ends_with_all_photos(photos: list[Path], views: int) -> None:
    told: list[tuple[int, int]] = []
    maps_on_device(
        ENCODER, photos, "cpu", views=views, progress=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (5, 5)
    assert told == sorted(told)


def test_maps_that_were_made_before_are_read_from_a_file(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_maps, "_STORED", 2)
    made = kept_on_device(ENCODER, photos, tmp_path, "cpu", views=3)
    others = kept_on_device(ENCODER, photos[:3], tmp_path, "cpu", views=3)
    monkeypatch.setattr(device_maps, "read_photo", lambda path: pytest.fail("It was made before."))
    told: list[tuple[int, int]] = []
    again = kept_on_device(
        ENCODER, photos, tmp_path, "cpu", views=3, progress=lambda done, total: told.append((done, total))
    )
    assert torch.equal(again, made)
    assert (again.dtype, told[-1]) == (torch.float16, (5, 5))
    assert torch.equal(kept_on_device(ENCODER, photos[:3], tmp_path, "cpu", views=3), others)


def test_maps_of_a_program_that_was_killed_are_made_anew(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(device_maps, "maps_on_device", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept_on_device(ENCODER, photos, tmp_path, "cpu", views=3)
    made = kept_on_device(ENCODER, photos, tmp_path, "cpu", views=3)
    assert torch.equal(made, maps_on_device(ENCODER, photos, "cpu", views=3))


def test_a_photo_that_cannot_be_read(photos: list[Path]) -> None:
    photos[3].write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"3\.png"):
        maps_on_device(ENCODER, photos, "cpu")


def test_photos_of_a_batch_are_changed_as_each_would_be_alone() -> None:
    squares = torch.stack([as_square(scene(seed)) for seed in range(3)])
    before = squares.clone()
    for seed in range(12):
        together = augment_together(squares, 260, np.random.default_rng(seed))
        assert (together.shape, together.dtype) == ((3, 3, 260, 260), torch.uint8)
        for row in range(3):
            alone = augment_together(squares[row : row + 1], 260, np.random.default_rng(seed))
            assert torch.equal(together[row], alone[0])
    assert torch.equal(squares, before)


def _sharpness(pixels: Image.Image) -> float:
    return float(np.asarray(pixels.convert("L").filter(ImageFilter.FIND_EDGES), float)[5:-5, 5:-5].mean())


def test_views_vary_as_much_as_those_made_one_by_one() -> None:
    """Light, contrast and sharpness of many views: alike in the mean and in their spread."""
    photo = scene(0)
    square = as_square(photo).unsqueeze(0)
    figures: dict[str, list[list[float]]] = {"one by one": [], "together": []}
    for seed in range(300):
        one = augment(photo, np.random.default_rng(seed)).resize((260, 260), Image.Resampling.BICUBIC)
        other = augment_together(square, 260, np.random.default_rng([1, seed]))[0].permute(1, 2, 0).numpy()
        for way, view in (("one by one", one), ("together", Image.fromarray(other))):
            levels = np.asarray(view, float)
            figures[way].append([levels.mean(), levels.std(), levels[..., 0].mean(), _sharpness(view)])
    known, found = (np.array(figures[way]) for way in figures)
    spread = known.std(axis=0)
    assert np.all(np.abs(found.mean(axis=0) - known.mean(axis=0)) < 0.35 * spread)
    assert np.all(np.abs(np.log(found.std(axis=0) / spread)) < 0.35)
