"""Training from a pack, and with photos kept on the device as a GPU does it: here, a small part of each."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from onenet.datasets.device_maps import maps_on_device
from onenet.datasets.packing import pack_sources
from onenet.datasets.sources import load_sources
from onenet.errors import DatasetError
from onenet.network.checkpoint import load_checkpoint
from onenet.training import loading
from onenet.training.progress import Progress
from onenet.training.train import train
from tests.onenet.drawn import write_sources
from tests.onenet.training.test_train import CONFIG

SHORT = replace(
    CONFIG,
    epochs=1,
    settling_epochs=1,
    settling_batch_size=40,
    critical_epochs=1,
    critical_samples=2,
    text_sentences=3,
    names_weight=0.4,
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sources(tmp_path_factory.mktemp("sources"), train=6, dev=2)


@pytest.fixture(scope="module")
def pack(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of few photos in several parts, each in four views: two of them are made on the device."""
    folder = tmp_path_factory.mktemp("packed") / "pack"
    read = load_sources(sources, views=9)
    photos = [replace(source, views=4) for source in read.photos]
    pack_sources(replace(read, photos=photos), folder, part_bytes=12_000)
    assert len(list(folder.glob("part-*.zip"))) > 2
    return folder


def _weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).model.state_dict()


def _assert_same(one: Path, other: Path) -> None:
    known = _weights(one)
    for name, weight in _weights(other).items():
        assert torch.equal(weight, known[name]), name


def test_from_a_pack_it_is_the_network_of_its_sources(sources: Path, tmp_path: Path) -> None:
    pack_sources(load_sources(sources, views=9), tmp_path / "pack", part_bytes=12_000)
    card = train(sources, tmp_path / "net", SHORT, work=tmp_path / "work")
    shutil.rmtree(tmp_path / "work" / "runs")
    seen: list[Progress] = []
    packed = train(
        tmp_path / "pack", tmp_path / "packed", SHORT, work=tmp_path / "work", progress=seen.append
    )
    assert "features" not in {progress.stage for progress in seen}  # photos are known by what is in them
    assert packed["sources"] == card["sources"] == ["flickr8k", "wild", "sentences"]
    _assert_same(tmp_path / "net", tmp_path / "packed")


@pytest.fixture(scope="module")
def on_device(
    pack: Path, work: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    network = tmp_path_factory.mktemp("on_device") / "net"
    return network, train(pack, network, SHORT, work=work, on_device=True)


def test_photos_kept_on_the_device_make_a_network_like_the_others(
    on_device: tuple[Path, dict[str, Any]], pack: Path, work: Path, tmp_path: Path
) -> None:
    one_by_one = train(pack, tmp_path / "net", SHORT, work=work)
    _, card = on_device
    assert card["dev_losses"] == pytest.approx(one_by_one["dev_losses"], abs=0.2)
    assert card["dev_losses"] != one_by_one["dev_losses"]  # two views of four are others


def test_without_augmented_views_it_is_the_same_network(sources: Path, work: Path, tmp_path: Path) -> None:
    """The photos and their mirror images are the same, so that all else is shown to be, too."""
    config = replace(SHORT, epochs=2, settling_epochs=0, critical_epochs=0, bfloat16=True)
    one, other = (
        train(sources, tmp_path / f"net-{where}", config, work=work, on_device=where)
        for where in (False, True)
    )
    assert other["dev_losses"] == pytest.approx(one["dev_losses"], abs=0.02)


@pytest.mark.parametrize(("stage", "step"), [("training", 2), ("self-critical", 1)])
def test_a_killed_run_goes_on_to_the_same_network(
    on_device: tuple[Path, dict[str, Any]], pack: Path, work: Path, tmp_path: Path, stage: str, step: int
) -> None:
    for state in (work / "runs").rglob("*.pt"):
        state.unlink()

    def kill(progress: Progress) -> None:
        if progress.stage == stage and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pack, tmp_path / "net", SHORT, work=work, on_device=True, progress=kill, save_every_s=0)
    seen: list[Progress] = []
    train(pack, tmp_path / "net", SHORT, work=work, on_device=True, progress=seen.append)
    assert min(progress.done for progress in seen if progress.stage == stage) >= step
    _assert_same(on_device[0], tmp_path / "net")


def test_photos_are_kept_on_a_gpu_unless_that_is_not_wanted(
    pack: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def note(encoder: str, photos: list[Path], cache: Path, device: str, **options: Any) -> torch.Tensor:
        asked.append(device)
        return maps_on_device(encoder, photos, "cpu", **options)

    monkeypatch.setattr(loading, "kept_on_device", note)

    def stop(progress: Progress) -> None:
        if len(asked) == 3:  # dev of both sources, and the training photos of the first
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pack, tmp_path / "net", SHORT, work=work, device="cuda", progress=stop)
    assert asked == ["cuda"] * 3


def test_a_pack_that_lost_a_part(pack: Path, tmp_path: Path) -> None:
    lost = Path(shutil.copytree(pack, tmp_path / "pack"))
    (lost / "part-0001.zip").unlink()
    with pytest.raises(DatasetError, match=r"part-0001.zip of the pack .* is missing"):
        train(lost, tmp_path / "net", SHORT, work=tmp_path / "work")
