"""Photos encoded on a Ray cluster of two machines, both of them this one."""

import gc
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import onenet.indexing.cluster
import onenet.progress
from onenet.errors import OneNetError
from onenet.indexing.cluster import encode_on_cluster, joined
from onenet.indexing.sources import changes_in
from onenet.indexing.update import ArchiveProgress, update_archive
from onenet.network.checkpoint import save_checkpoint
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord
from tests.onenet.cli.command import CommandLine
from tests.onenet.drawn import COLOURS, draw
from tests.onenet.indexing.on_the_web import serving
from tests.onenet.indexing.painted import DEADLY, Noting, Painted, colour, paint, represented
from tests.onenet.networks import small_network

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'onenet[ray]'")
pytestmark = [
    pytest.mark.slow,
    # Of Ray itself, and of what it leaves open until it is collected.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

BATCH = 8
# A machine that is gone is soon taken for dead; one that only is slow has ten seconds for each answer.
SETTINGS = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 5,
    "worker_niceness": 0,  # else tests beside these let its workers do next to nothing
}
MACHINE = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={**MACHINE, "_system_config": SETTINGS})
        yield cluster
        cluster.shutdown()


@pytest.fixture
def second(cluster: Any) -> Iterator[Any]:
    """The second machine, that may be killed."""
    machine = cluster.add_node(**{**MACHINE, "object_store_memory": 80_000_000})
    yield machine
    if machine in cluster.worker_nodes:
        cluster.remove_node(machine, allow_graceful=False)


@pytest.fixture(autouse=True)
def leaves_nothing_behind(cluster: Any) -> Iterator[None]:
    """No thread goes on after the cluster is left: one that used Ray then would end the program."""
    before = {thread.name for thread in threading.enumerate()} | {"fsspecIO"}  # reads from the web
    yield
    gc.collect()
    assert {thread.name for thread in threading.enumerate()} <= before


class Archive:
    """Photos, and an index of them that a cluster fills."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder, self.path = folder / "photos", folder / "index"
        self.failures = folder / "failures"
        self.photos = [str(photo) for photo in paint(self.folder.resolve(), count)]
        self.notes = Noting(folder / "notes")

    def fill(self, pause: Path | None = None, **options: Any) -> Iterator[ArchiveProgress]:
        """Encode them; with a pause a worker waits after its first batch until there is such a file."""
        index = ImageIndex("painted")
        changes = changes_in(index, str(self.folder))
        encoder: Any = Painted(self.notes, pause=pause)
        encoded = encode_on_cluster(changes.added, encoder, batch_size=BATCH, **options)
        yield from update_archive(index, changes, encoded, path=self.path, failures=self.failures)

    def check(self) -> None:
        """All is there, once, as it is without a cluster."""
        index = ImageIndex.load(self.path, fingerprint="painted")
        assert len(index) == len(self.photos)
        assert index.photos == self.photos
        expected = represented([colour(Image.open(photo)) for photo in self.photos])
        assert np.allclose(index.representations_of(self.photos), expected, atol=1e-3)


def test_a_machine_that_dies_costs_its_batch_alone(cluster: Any, second: Any, tmp_path: Path) -> None:
    archive = Archive(tmp_path, 24 * BATCH)
    is_killed, go_on = False, tmp_path / "go on"
    with joined(cluster.address):
        for progress in archive.fill(pause=go_on):
            machines = {worker.partition("/")[0] for worker in progress.workers}
            if len(machines) == 2 and not is_killed:
                cluster.remove_node(second, allow_graceful=False)
                is_killed = go_on.write_text("now") > 0
                assert progress.done < progress.total - 4 * BATCH
    assert is_killed
    assert (progress.done, progress.added, progress.failed) == (len(archive.photos), len(archive.photos), 0)
    archive.check()
    assert not archive.failures.exists()
    times = archive.notes.times()
    assert len(times) == len(archive.photos)
    assert sum(count - 1 for count in times.values()) <= 2 * BATCH  # what it had begun


def test_a_worker_that_dies_costs_its_batch_alone(cluster: Any, tmp_path: Path) -> None:
    archive = Archive(tmp_path, 10 * BATCH)
    killed = 0
    with joined(cluster.address):
        for progress in archive.fill():
            for worker in progress.workers:
                if not killed:
                    killed = int(worker.partition("/")[2])
                    os.kill(killed, signal.SIGKILL)
    assert len(progress.workers) == 2
    assert (progress.done, progress.failed) == (len(archive.photos), 0)
    archive.check()
    assert sum(count - 1 for count in archive.notes.times().values()) <= 2 * BATCH


def test_a_photo_that_kills_is_a_failure_and_all_others_are_done(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onenet.indexing.cluster, "MOST_TRIES", 0)
    archive = Archive(tmp_path, 2 * BATCH)
    deadly, broken = archive.folder / "deadly.png", archive.folder / "broken.jpg"
    Image.new("RGB", (4, 4), DEADLY).save(deadly)
    broken.write_text("no photo")
    with joined(cluster.address):
        progress = [*archive.fill()][-1]
    assert (progress.added, progress.failed) == (len(archive.photos), 2)
    archive.check()
    lines = [json.loads(line) for line in archive.failures.read_text().splitlines()]
    reasons = {line["photo"]: line["reason"] for line in lines}
    assert list(reasons) == [str(broken.resolve()), str(deadly.resolve())]
    assert "not an image" in reasons[str(broken.resolve())]
    assert "failed or died of it" in reasons[str(deadly.resolve())]
    # What is no photo is not read again; what only could not be read is.
    again = changes_in(ImageIndex.load(archive.path, fingerprint="painted"), str(archive.folder))
    assert [record.photo for record in again.added] == [str(deadly.resolve())]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = Vocabulary(["a", "dog", "runs", "snow"])
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    save_checkpoint(path, small_network(words, representation_size=300), words, {})
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A folder of photos, and its address on the web."""
    folder = tmp_path.resolve() / "photos"
    folder.mkdir()
    for number, name in enumerate(COLOURS):
        draw(name, number).save(folder / f"{name}.png")
    with serving(folder) as address:
        yield address, folder


def test_the_command_does_on_a_cluster_what_it_does_here(
    onenet_command: CommandLine,
    cluster: Any,
    network: Path,
    served: tuple[str, Path],
    tmp_path: Path,
) -> None:
    address, folder = served
    listed, there, here = (tmp_path / name for name in ("list", "there", "here"))
    listed.write_text("\n".join([*map(str, sorted(folder.iterdir())), f"{address}/red.png"]))
    options = (
        "--checkpoint",
        network,
        "--json",
        "--ray",
        cluster.address,
        "--workers",
        "1",
        "--index",
        there,
    )
    fast = onenet_command("index", listed, *options)
    (answer,) = fast.answers  # nothing that Ray prints is among it
    assert all(line.startswith("Indexing: ") for line in fast.err.splitlines())
    assert (answer["photos"], answer["added"], answer["workers"], answer["left_out"]) == (5, 5, 1, 0)
    (again,) = onenet_command("index", listed, *options).answers
    assert (again["photos"], again["added"], again["workers"]) == (5, 0, 0)

    assert onenet_command("index", listed, "--checkpoint", network, "--index", here).code == 0
    fingerprint = read_network_file(network, only=()).fingerprint
    one, other = (ImageIndex.load(path, fingerprint=fingerprint) for path in (there, here))
    assert one.photos == other.photos
    assert one.records == other.records
    found, expected = (index.representations_of(index.photos) for index in (one, other))
    assert np.allclose(found, expected, atol=1e-3)
    assert np.allclose(
        one.representation_of(f"{address}/red.png"), one.representation_of(str(folder / "red.png"))
    )

    (folder / "red.png").unlink()
    (folder / "more.png").write_bytes((folder / "blue.png").read_bytes())
    (changed,) = onenet_command("index", folder, *options).answers
    assert (changed["photos"], changed["added"], changed["removed"]) == (5, 1, 1)


def test_stopped_by_hand_it_goes_on_from_there(
    onenet_command: CommandLine, cluster: Any, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, index = tmp_path.resolve() / "photos", tmp_path / "index"
    photos = paint(folder, 8)
    monkeypatch.setitem(encode_on_cluster.__kwdefaults__, "batch_size", 2)
    options = ("--checkpoint", network, "--json", "--ray", cluster.address, "--index", index)

    def stop(self: object, task: str, done: int, total: int, note: str = "") -> None:
        if done == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(onenet.progress.ProgressDisplay, "show", stop)
        stopped = onenet_command("index", folder, *options)
    assert (stopped.code, stopped.out) == (130, "")
    assert stopped.err == "Stopped; what is done is saved, and the same command goes on from there.\n"
    (answer,) = onenet_command("index", folder, *options).answers
    assert (answer["photos"], answer["added"]) == (len(photos), len(photos) - 2)


def test_what_a_cluster_cannot_do_is_a_sentence(cluster: Any, tmp_path: Path) -> None:
    archive = Archive(tmp_path, 1)
    with joined(cluster.address), pytest.raises(OneNetError, match="has 64 processors"):
        list(archive.fill(threads=64))
    with joined(cluster.address), pytest.raises(OneNetError, match="memory of this program alone"):
        next(encode_on_cluster([PhotoRecord("memory://a.png", 1, 1)], Painted(archive.notes)))  # type: ignore[arg-type]
    with pytest.raises(OneNetError, match="No Ray cluster can be used at"), joined("127.0.0.1:1"):
        raise AssertionError
