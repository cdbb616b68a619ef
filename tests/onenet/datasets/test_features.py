import importlib
import shutil
from itertools import combinations
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from onenet.datasets import features
from onenet.datasets.features import cached_maps, code_digest
from onenet.engine import Engine
from onenet.network import encoders, transforms
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.config import ModelConfig
from onenet.network.encoders import as_maps, load_encoder, serving_transform
from onenet.network.model import OneNet, all_features
from onenet.network.vocabulary import Vocabulary
from onenet.search import photos as photo_files
from onenet.search.formats import jpeg, orientation, rgb
from onenet.search.photos import read_photo
from tests.onenet.drawn import draw

ENCODER = "efficientnet_lite0"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        draw(["red", "green", "blue"][number % 3], number).save(path)
    return paths


def assert_alike(stored: NDArray[np.float16], exact: Tensor) -> None:
    """The cache's products run in bfloat16, and the trunk is deep: up to 7 % of real photos' maps."""
    difference = torch.linalg.vector_norm(as_maps(stored) - exact) / torch.linalg.vector_norm(exact)
    assert float(difference) < 0.1


def test_a_photo_and_its_mirror_image(photos: list[Path], tmp_path: Path) -> None:
    found = cached_maps(ENCODER, photos, tmp_path / "cache", views=2, chunk=2)
    encoder = load_encoder(ENCODER)
    channels, height, width = encoder.spec.map_shape(encoder.spec.transform)
    assert found.shape == (5, 2, height, width, channels)
    assert found.dtype == np.float16
    for row, path in enumerate(photos):
        photo = read_photo(path)
        for view, seen in enumerate((photo, ImageOps.mirror(photo))):
            with torch.no_grad():
                assert_alike(
                    found[row, view : view + 1],
                    encoder.maps(torch.from_numpy(encoder.spec.transform.batch([seen]))),
                )


def test_further_views_are_augmented_and_the_same_each_time(photos: list[Path], tmp_path: Path) -> None:
    first = np.array(cached_maps(ENCODER, photos, tmp_path / "first", views=4), np.float32)
    second = np.array(cached_maps(ENCODER, photos, tmp_path / "second", views=4), np.float32)
    assert np.array_equal(first, second)
    straight = cached_maps(ENCODER, photos, tmp_path / "first", views=1)
    assert straight.shape[:2] == (5, 1)
    assert np.allclose(straight[:, 0], first[:, 0], atol=0.05)
    for photo in first:
        for view, other in combinations(photo, 2):
            assert np.linalg.norm(view - other) > 0.3 * np.linalg.norm(view)


def test_photos_alike_are_augmented_differently(tmp_path: Path) -> None:
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        draw("red", 0).save(path)
    one, two = np.array(cached_maps(ENCODER, paths, tmp_path / "cache", views=3), np.float32)
    assert np.allclose(one[:2], two[:2], atol=0.05)
    assert np.linalg.norm(one[2] - two[2]) > 0.3 * np.linalg.norm(one[2])


def test_stored_maps_become_a_tensor_with_channels_first() -> None:
    stored = np.arange(2 * 3 * 4 * 5, dtype=np.float16).reshape(2, 3, 4, 5)  # B, h, w, C
    maps = as_maps(stored)
    assert maps.shape == (2, 5, 3, 4)
    assert maps.dtype == torch.float32
    assert maps.is_contiguous(memory_format=torch.channels_last)
    assert float(maps[1, 4, 2, 3]) == float(stored[1, 2, 3, 4])


def test_progress_is_told_after_each_chunk(photos: list[Path], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    cached_maps(ENCODER, photos, tmp_path, chunk=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_what_is_measured_is_what_is_served(tmp_path: Path) -> None:
    """A photo stored on its side, in a palette, goes through the cache and through the engine alike."""
    path = tmp_path / "sideways.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    draw("red", 1, (70, 40)).save(path, exif=exif, quality=95)
    config = ModelConfig(ENCODER, 1280, 6, detail_px=48)  # the photo has more
    transform = serving_transform(config)
    upright = ImageOps.exif_transpose(Image.open(path))
    assert np.array_equal(transform(read_photo(path)), transform(upright))
    assert np.array_equal(transform(read_photo(path)), transform(read_photo(path.read_bytes())))

    torch.manual_seed(0)
    model = OneNet(config).eval()
    model.top.load_state_dict(load_encoder(ENCODER).top.state_dict())
    save_checkpoint(tmp_path / "net.safetensors", model, Vocabulary(["a", "square"]), {})
    loaded = load_checkpoint(tmp_path / "net.safetensors")
    measured = all_features(
        loaded.model,
        cached_maps(ENCODER, [path], tmp_path / "cache", transform=transform, bfloat16=False)[:, 0],
    )
    (expected,) = loaded.model.represent(measured).numpy()
    (served,) = Engine(loaded).represent([read_photo(path)])
    assert float(served @ expected) > 0.9999  # the cache's maps are kept in half precision


def test_a_second_call_computes_nothing(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = np.array(cached_maps(ENCODER, photos, tmp_path / "cache"))

    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(features, "_encode", fail)
    assert np.array_equal(first, cached_maps(ENCODER, photos, tmp_path / "cache"))


def test_a_killed_run_goes_on_where_it_stopped(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.array(cached_maps(ENCODER, photos, tmp_path / "whole", chunk=2))
    encode, calls = features._encode, []

    def killed(photos: list[tuple[int, Path]], *rest: object) -> object:
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(len(photos))
        return encode(photos, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(features, "_encode", killed)
    with pytest.raises(KeyboardInterrupt):
        cached_maps(ENCODER, photos, tmp_path / "cache", chunk=2)

    counted: list[int] = []
    monkeypatch.setattr(
        features, "_encode", lambda photos, *rest: (counted.append(len(photos)), encode(photos, *rest))[1]
    )
    resumed = cached_maps(ENCODER, photos, tmp_path / "cache", chunk=2)
    assert sum(counted) == 3
    assert np.allclose(whole, resumed, atol=1e-3)


def test_a_copy_elsewhere_needs_no_maps_of_its_own(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = np.array(cached_maps(ENCODER, photos, tmp_path / "cache"))
    moved = shutil.copytree(photos[0].parent, tmp_path / "moved", ignore=shutil.ignore_patterns("cache"))
    monkeypatch.setattr(features, "_encode", None)
    copies = [moved / path.name for path in photos]
    assert np.array_equal(first, cached_maps(ENCODER, copies, tmp_path / "cache"))


def test_a_changed_photo_has_maps_of_its_own(photos: list[Path], tmp_path: Path) -> None:
    first = np.array(cached_maps(ENCODER, photos, tmp_path / "cache"))
    draw("yellow", 9, (80, 80)).save(photos[0])
    second = np.array(cached_maps(ENCODER, photos, tmp_path / "cache"))
    assert not np.allclose(first[0], second[0], atol=1e-2)


def test_lost_maps_are_computed_again(photos: list[Path], tmp_path: Path) -> None:
    first = np.array(cached_maps(ENCODER, photos, tmp_path / "cache"))
    (lost,) = (tmp_path / "cache").rglob("maps.f16")
    lost.unlink()
    assert np.allclose(first, cached_maps(ENCODER, photos, tmp_path / "cache"), atol=1e-3)


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ("SCALE = 2\n\ndef f():\n    return SCALE\n", True),
        ("SCALE = 1\n\ndef f():\n    return SCALE + 1\n", True),
        (
            '"""Says more."""\n\nSCALE = 1  # of what\n\ndef f():\n    """Gives it."""\n    return SCALE\n',
            False,
        ),
    ],
)
def test_maps_are_keyed_by_what_the_code_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, is_other: bool
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    code = '"""Says."""\n\nSCALE = 1\n\ndef f():\n    """Give."""\n    return SCALE\n'
    names = [f"{name}_{is_other}_{len(changed)}" for name in ("before", "after")]
    for name, text in zip(names, (code, changed), strict=True):
        (tmp_path / f"{name}.py").write_text(text)
    before, after = map(importlib.import_module, names)
    assert (code_digest(before) != code_digest(after)) is is_other


@pytest.mark.parametrize("code", [transforms, encoders, photo_files, jpeg, rgb, orientation, features._views])
def test_augmentation_cut_and_reading_are_in_the_key(
    code: ModuleType | FunctionType, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cached_maps(ENCODER, photos, cache)
    monkeypatch.setattr(features, "code_digest", lambda *modules: f"another: {code in modules}")
    cached_maps(ENCODER, photos, cache)
    assert len(list(cache.iterdir())) == 2
    monkeypatch.setattr(features, "code_digest", lambda *modules: "another: True")
    cached_maps(ENCODER, photos, cache)
    assert len(list(cache.iterdir())) == 2
