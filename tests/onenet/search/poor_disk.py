"""An index on a disk that is full, or that cannot be written to: a real one, that this process mounts.

`python -m tests.onenet.search.poor_disk WHICH FOLDER` is run in a mount namespace of its own.
"""

import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import onenet.search.compaction
import onenet.search.index
import onenet.search.stored
from onenet.errors import IndexFileError, OneNetError
from onenet.files import held
from onenet.search import ImageIndex, PhotoRecord, compact

NETWORK = "network-1"
D = 300


def units(count: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def names(start: int, stop: int) -> list[str]:
    return [f"/photos/{number}.jpg" for number in range(start, stop)]


def add(index: ImageIndex, start: int, stop: int) -> None:
    index.add([PhotoRecord(name, 1, 1) for name in names(start, stop)], units(stop - start, start))


def refused(work: Callable[[], object], kind: type[Exception] = IndexFileError) -> str:
    try:
        work()
    except kind as error:
        return str(error)
    raise AssertionError("it was done")


def grow(path: Path) -> tuple[ImageIndex, int, str]:
    """Add photos until there is no room; the index, how many were acknowledged, what was said then."""
    index, kept = ImageIndex(NETWORK, D), 0
    add(index, 0, 20)
    index.save(path)
    kept = 20
    while True:
        add(index, kept, kept + 50)
        try:
            index.save(path)
        except IndexFileError as error:
            return index, kept, str(error)
        kept += 50
        assert kept < 100_000, "the disk does not end"


def check(path: Path, count: int) -> None:
    index = ImageIndex.load(path, fingerprint=NETWORK)
    assert sorted(index.photos) == sorted(names(0, count))
    place = names(count - 1, count)[0]
    assert index.search(index.representation_of(place), 1)[0].photo == place


def full(folder: Path) -> None:
    """Fill a disk of a megabyte; what was acknowledged stays, and with room the rest is saved."""
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    ballast, path = folder / "ballast", folder / "index"
    ballast.write_bytes(bytes(300_000))
    index, kept, said = grow(path)
    assert "make room or choose another file" in said, said
    check(path, kept)
    assert len(index) == kept + 50
    assert refused(lambda: index.save(path)) == said or "make room" in said
    check(path, kept)
    index.remove(names(kept, kept + 50))
    assert "make room" in refused(lambda: index.save(folder / "another"))
    assert not (folder / "another").exists()
    assert not any((folder / "another.vectors").glob("*.*"))  # it takes no room
    check(path, kept)
    ballast.unlink()
    add(index, kept, kept + 50)
    index.save(path)
    check(path, kept + 50)
    (folder / "ballast").write_bytes(bytes(shutil.disk_usage(folder).free))
    onenet.search.compaction.EXACT_ROWS = 50
    assert "could not be sorted" in refused(lambda: list(compact(path)))
    check(path, kept + 50)


def limited(folder: Path) -> None:
    """No file may be longer than half a megabyte: that can be tried without any mount."""
    path = folder / "index"
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))
    index, kept, said = grow(path)
    assert "make room or choose another file" in said, said
    check(path, kept)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    index.save(path)
    check(path, kept + 50)


def read_only(folder: Path) -> None:
    """Search an index on a disk that cannot be written to, and be told so by whatever writes."""
    path = folder / "index"
    index = ImageIndex(NETWORK, D)
    add(index, 0, 100)
    index.save(path)
    amid = folder / "amid"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE photos SET size_bytes = 7")
    connection.execute("UPDATE newest SET vector = zeroblob(608)")
    for end in ("", "-journal"):
        shutil.copy(f"{path}{end}", f"{amid}{end}")
    shutil.copytree(f"{path}.vectors", f"{amid}.vectors")
    connection.rollback()
    connection.close()
    mount("--bind", str(folder), str(folder))
    mount("-o", "remount,bind,ro", str(folder))
    check(path, 100)
    again = ImageIndex.load(path, fingerprint=NETWORK)
    again.remove(names(0, 1))
    said = refused(lambda: again.save(path))
    assert "cannot be written" in said, said
    assert "nothing can be written there" in said, said
    assert "make room" not in said, said
    assert len(again) == 99  # here, not on the disk
    said = refused(lambda: again.save(folder / "another"))
    assert "nothing can be written there" in said, said
    said = refused(lambda: held(path).__enter__(), OneNetError)
    assert "choose another place" in said, said
    said = refused(lambda: ImageIndex.load(amid, fingerprint=NETWORK))
    assert "its last change was not finished" in said, said
    check(path, 100)
    mount("-o", "remount,bind,rw", str(folder))
    check(amid, 100)


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


if __name__ == "__main__":
    onenet.search.index.os.path.exists = lambda path: True  # type: ignore[attr-defined]
    onenet.search.stored.NEWEST_MOST = 64  # type: ignore[misc]
    {"full": full, "limited": limited, "read_only": read_only}[sys.argv[1]](Path(sys.argv[2]))
    print("done")
