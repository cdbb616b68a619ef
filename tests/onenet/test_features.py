from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from onenet import features
from onenet.checkpoint import load_checkpoint, save_checkpoint
from onenet.encoders import load_encoder
from onenet.engine import Engine
from onenet.features import cached_features
from onenet.model import ModelConfig, OneNet
from onenet.photos import read_photo
from onenet.vocabulary import Vocabulary
from tests.onenet.pictures import draw

ENCODER = "efficientnet_lite0"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        draw(["red", "green", "blue"][number % 3], number).save(path)
    return paths


def test_features_and_their_mirror_images(photos: list[Path], tmp_path: Path) -> None:
    found = cached_features(ENCODER, photos, tmp_path / "cache", batch_size=2)
    encoder = load_encoder(ENCODER)
    assert found.shape == (5, 2, 1280)
    for row, path in enumerate(photos):
        photo = read_photo(path)
        with torch.no_grad():
            straight = encoder(encoder.spec.transform.batch([photo]))[0]
            mirrored = encoder(encoder.spec.transform.batch([ImageOps.mirror(photo)]))[0]
        assert np.allclose(found[row, 0], straight, atol=2e-2)
        assert np.allclose(found[row, 1], mirrored, atol=2e-2)


def test_training_and_serving_see_the_same_tensor(tmp_path: Path) -> None:
    """A photo stored on its side, in a palette, goes through the cache and through the engine alike."""
    path = tmp_path / "sideways.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    draw("red", 1, (70, 40)).save(path, exif=exif, quality=95)
    transform = load_encoder(ENCODER).spec.transform
    upright = ImageOps.exif_transpose(Image.open(path))
    assert torch.equal(transform(read_photo(path)), transform(upright))
    assert torch.equal(transform(read_photo(path)), transform(read_photo(path.read_bytes())))

    torch.manual_seed(0)
    model = OneNet(ModelConfig(ENCODER, 1280, 6)).eval()
    save_checkpoint(tmp_path / "net.safetensors", model, Vocabulary(["a", "square"]), {})
    loaded = load_checkpoint(tmp_path / "net.safetensors")
    trained_on = cached_features(ENCODER, [path], tmp_path / "cache")[:, 0].astype(np.float32)
    with torch.no_grad():
        expected = loaded.model.represent(torch.from_numpy(trained_on)).numpy()
    assert np.allclose(Engine(loaded).represent([read_photo(path)]), expected, atol=1e-3)


def test_a_second_call_computes_nothing(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = np.array(cached_features(ENCODER, photos, tmp_path / "cache"))

    def fail(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(features, "_encode", fail)
    assert np.array_equal(first, cached_features(ENCODER, photos, tmp_path / "cache"))


def test_a_killed_run_goes_on_where_it_stopped(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.array(cached_features(ENCODER, photos, tmp_path / "whole", batch_size=2))
    encode, calls = features._encode, []

    def killed(paths: list[Path], *rest: object) -> object:
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(len(paths))
        return encode(paths, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(features, "_encode", killed)
    with pytest.raises(KeyboardInterrupt):
        cached_features(ENCODER, photos, tmp_path / "cache", batch_size=2)

    counted: list[int] = []
    monkeypatch.setattr(
        features, "_encode", lambda paths, *rest: (counted.append(len(paths)), encode(paths, *rest))[1]
    )
    resumed = cached_features(ENCODER, photos, tmp_path / "cache", batch_size=2)
    assert sum(counted) == 3
    assert np.allclose(whole, resumed, atol=1e-3)


def test_a_changed_photo_has_features_of_its_own(photos: list[Path], tmp_path: Path) -> None:
    first = np.array(cached_features(ENCODER, photos, tmp_path / "cache"))
    draw("yellow", 9, (80, 80)).save(photos[0])
    second = np.array(cached_features(ENCODER, photos, tmp_path / "cache"))
    assert not np.allclose(first[0], second[0], atol=1e-2)


def test_lost_features_are_computed_again(photos: list[Path], tmp_path: Path) -> None:
    first = np.array(cached_features(ENCODER, photos, tmp_path / "cache"))
    (lost,) = (tmp_path / "cache").rglob("features.f16")
    lost.unlink()
    assert np.allclose(first, cached_features(ENCODER, photos, tmp_path / "cache"), atol=1e-3)
