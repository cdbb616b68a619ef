"""The index on the disk: killed at every write, full, read-only, two programs at once, sorted into groups."""

import errno
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import onenet.search.compaction
import onenet.search.segments
import onenet.search.stored
from onenet.errors import IndexFileError
from onenet.search import ImageIndex, compact
from onenet.search.index_faults import not_readable
from onenet.search.index_file import IndexFile
from onenet.search.segments import vectors_folder
from tests.onenet.search.test_index import NETWORK, every_file_exists, random_units, records_of

__all__ = ["every_file_exists"]  # a fixture

PROJECT = Path(__file__).resolve().parents[3]


def fill(path: Path, count: int, dimensions: int = 16, seed: int = 0) -> ImageIndex:
    index = ImageIndex(NETWORK, dimensions)
    index.add(records_of(names(0, count)), random_units(count, dimensions, seed))
    index.save(path)
    return index


def names(start: int, stop: int) -> list[str]:
    return [f"/photos/{number % 7}/{number}.jpg" for number in range(start, stop)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that happens to a million photos happens to a thousand."""
    monkeypatch.setattr(onenet.search.stored, "NEWEST_MOST", 10)
    monkeypatch.setattr(onenet.search.compaction, "EXACT_ROWS", 200)
    monkeypatch.setattr(onenet.search.compaction, "GROUP_ROWS", 50)
    monkeypatch.setattr(onenet.search.segments, "PROBED_ROWS", 900)


# --- killed ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="there is no ptrace"
)
def test_killed_at_any_write_it_has_what_was_acknowledged_and_no_orphan(tmp_path: Path) -> None:
    memory, parts = Path("/dev/shm"), os.cpu_count() or 1  # so many writes to a disk take minutes
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as folder:
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.onenet.search.killed_index", folder, str(part), str(parts)],
                cwd=PROJECT,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for part in range(parts)
        ]
        told = [run.communicate() for run in runs]
    if any("not permitted" in error for _, error in told):
        pytest.skip("here no program may stop another one")
    assert [run.returncode for run in runs] == [0] * parts, told
    assert all(int(count) > 300 for count, _ in told)


# --- a full disk, a disk that cannot be written to --------------------------------------------------------


@pytest.mark.usefixtures("small_segments", "every_file_exists")
def test_a_full_disk_says_so_and_keeps_what_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = fill(path, 50)
    index.add(records_of(names(50, 80)), random_units(30, 16, seed=1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(onenet.search.segments.os, "fsync", full)
        with pytest.raises(
            IndexFileError, match=r"cannot be written to .*No space left on device.*make room"
        ):
            index.save(path)
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 50
    assert len(index) == 80  # what is not saved is not lost either
    index.save(path)
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 80


def test_a_database_that_cannot_grow_says_so(path: Path) -> None:
    index = fill(path, 50)
    assert index._stored is not None
    connection = index._stored._file._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    index.add(records_of(names(50, 900)), random_units(850, 16, seed=1))
    with pytest.raises(IndexFileError, match="database or disk is full"):
        index.save(path)
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 50
    connection.execute("PRAGMA max_page_count = 1000000")
    index.save(path)
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 900


def may_mount() -> bool:
    """Whether this user may mount something where nobody else sees it."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    command = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(command, capture_output=True).returncode == 0


def mounted(which: str, folder: Path) -> list[str]:
    """The command that tries it where it alone sees what it mounts, as an ordinary user too."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    return [*alone, sys.executable, "-m", "tests.onenet.search.poor_disk", which, str(folder)]


@pytest.mark.parametrize("which", ["full", "read_only"])
@pytest.mark.skipif(not may_mount(), reason="nothing may be mounted here")
def test_a_real_disk_that_is_poor(which: str, tmp_path: Path) -> None:
    """Full, or not to be written to: `tests.onenet.search.poor_disk` says what has to hold."""
    run = subprocess.run(mounted(which, tmp_path), cwd=PROJECT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_file_that_may_not_grow_says_so_and_keeps_what_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.onenet.search.poor_disk", "limited", str(tmp_path)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr


@pytest.mark.usefixtures("small_segments", "every_file_exists")
def test_what_cannot_be_written_to_can_be_searched(path: Path) -> None:
    index = fill(path, 50)
    best = index.search(random_units(1, 16)[0], 3)
    everything = [path.parent, path, vectors_folder(path), *vectors_folder(path).iterdir()]
    for each in everything:
        each.chmod(0o555 if each.is_dir() else 0o444)
    try:
        again = ImageIndex.load(path, fingerprint=NETWORK)
        assert again.search(random_units(1, 16)[0], 3) == best
        again.remove(names(0, 1))
        if os.geteuid() if hasattr(os, "geteuid") else True:  # root may write everywhere
            with pytest.raises(IndexFileError, match="cannot be written"):
                again.save(path)
    finally:
        for each in everything:
            each.chmod(0o755 if each.is_dir() else 0o644)


# --- two programs -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_segments", "every_file_exists")
def test_who_reads_finds_what_another_has_written(path: Path) -> None:
    writer = fill(path, 30)
    reader = ImageIndex.load(path, fingerprint=NETWORK)
    vectors = random_units(40, 16, seed=2)
    writer.add(records_of(names(30, 70)), vectors)
    assert len(reader) == 30  # not saved yet
    writer.save(path)
    assert len(reader) == 70
    assert reader.search(vectors[0], 1)[0].photo == names(30, 31)[0]
    writer.remove(names(30, 31))
    writer.save(path)
    assert reader.search(vectors[0], 1)[0].photo != names(30, 31)[0]
    assert names(30, 31)[0] not in reader


@pytest.mark.usefixtures("small_segments")
def test_two_who_write_in_turns_lose_nothing(path: Path) -> None:
    fill(path, 5)
    first, second = (ImageIndex.load(path, fingerprint=NETWORK) for _ in range(2))
    for start in range(5, 65, 10):
        for index, begin in ((first, start), (second, start + 5)):
            index.add(records_of(names(begin, begin + 5)), random_units(5, 16, seed=begin))
        first.remove(names(start - 1, start))
        first.save(path)
        second.save(path)
    assert first.photos == second.photos == ImageIndex.load(path, fingerprint=NETWORK).photos
    assert len(first) == 65 - 6


def test_who_writes_too_long_is_told_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, 5)
    monkeypatch.setattr("onenet.search.index_file.WAIT_S", 0.05)
    index = ImageIndex.load(path, fingerprint=NETWORK)
    index.remove(names(0, 1))
    other = IndexFile(path)
    with other.writing(), pytest.raises(IndexFileError, match="another program is writing it just now"):
        index.save(path)
    other.close()
    index.save(path)
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 4


# --- sorted -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_segments", "every_file_exists")
def test_sorted_into_groups_it_finds_nearly_all_and_loses_nothing(path: Path) -> None:
    count = 1500
    index = fill(path, count)
    vectors = random_units(count, 16)
    index.remove(names(0, 100))
    index.save(path)
    for _ in compact(path):
        pass
    (segment, *_) = [each for each in IndexFile(path).head().segments if each.rows]
    assert (segment.groups, segment.rows) == (28, count - 100)
    assert len(index) == count - 100
    reader = ImageIndex.load(path, fingerprint=NETWORK)
    for each in (index, reader):
        np.testing.assert_allclose(each.representations_of(names(100, 110)), vectors[100:110], atol=1e-3)
        hits = 0
        for query in random_units(50, 16, seed=5):
            exact = [names(row, row + 1)[0] for row in 100 + np.argsort(-(vectors[100:] @ query))[:10]]
            found = [match.photo for match in each.search(query, 10)]
            hits += len({*exact} & {*found})
        assert hits > 0.9 * 500
    index.remove(names(200, 210))
    index.add(records_of(names(5000, 5050)), random_units(50, 16, seed=9))
    index.save(path)
    assert len(reader) == count - 100 - 10 + 50
    assert not {*names(200, 210)} & {match.photo for match in reader.search(vectors[205], 2000)}


@pytest.mark.usefixtures("small_segments", "every_file_exists")
def test_it_changes_while_it_is_sorted(path: Path) -> None:
    index = fill(path, 900)
    steps = compact(path)
    next(steps)
    index.remove(names(0, 50))
    index.add(records_of(names(2000, 2040)), random_units(40, 16, seed=3))
    index.save(path)
    for _ in steps:
        pass
    expected = sorted(names(50, 900) + names(2000, 2040))
    assert index.photos == expected
    for each in (index, ImageIndex.load(path, fingerprint=NETWORK)):
        found = each.search(random_units(1, 16)[0], 10)
        assert len(found) == 10
        assert not {match.photo for match in found} & {*names(0, 50)}
        assert len(each.representations_of(expected)) == 890


@pytest.mark.usefixtures("small_segments")
def test_two_do_not_sort_at_once_and_what_is_stopped_is_cleared_away(path: Path) -> None:
    fill(path, 900)
    steps = compact(path)
    for share in steps:
        if share >= 0.7:  # the new files are there
            break
    assert list(compact(path)) == []  # another one is at it
    steps.close()
    assert len([*vectors_folder(path).glob("*.float16")]) > 1
    for _ in compact(path):
        pass
    named = {segment.name for segment in IndexFile(path).head().segments}
    assert {file.stem for file in vectors_folder(path).glob("*.float16")} <= named


@pytest.mark.usefixtures("small_segments")
def test_searched_by_one_thread_while_another_sorts(path: Path, every_file_exists: Iterator[None]) -> None:
    index = fill(path, 2000)
    query = random_units(1, 16)[0]
    sorting = threading.Thread(target=lambda: [*compact(path)])
    sorting.start()
    while sorting.is_alive():
        assert index.search(query, 1)[0].score > 0.99
    sorting.join()
    assert index.search(query, 1)[0].score > 0.99


@pytest.mark.usefixtures("small_segments")
def test_a_link_to_an_index_is_that_index(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    link = path.parent / "elsewhere" / "link"
    link.symlink_to(path)
    fill(path, 50)
    index = ImageIndex.load(link, fingerprint=NETWORK)
    index.add(records_of(names(50, 300)), random_units(250, 16, 1))
    index.save(link)
    assert [*compact(link)]
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 300
    fill(link, 60)  # written anew
    assert link.is_symlink()
    for each in (path, link):
        assert len(ImageIndex.load(each, fingerprint=NETWORK)) == 60
    assert [*link.parent.iterdir()] == [link]


# --- damaged ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_segments")
def test_files_that_are_missing_or_cut_off_are_noticed(path: Path) -> None:
    fill(path, 50)
    (rows,) = vectors_folder(path).glob("*.float16")
    content = rows.read_bytes()
    rows.write_bytes(content[:-1])
    with pytest.raises(IndexFileError, match="is damaged"):
        ImageIndex.load(path, fingerprint=NETWORK)
    rows.write_bytes(content[:77] + bytes([content[77] ^ 1]) + content[78:])
    with pytest.raises(IndexFileError, match="is damaged"):
        ImageIndex.load(path, fingerprint=NETWORK)
    shutil.rmtree(vectors_folder(path))
    with pytest.raises(IndexFileError, match="is damaged"):
        ImageIndex.load(path, fingerprint=NETWORK)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EMFILE, errno.EIO])
def test_what_cannot_be_opened_just_now_is_not_called_damaged(
    path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, 5)

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    for place in ("open", "is_file"):  # is_file: what is around it may not be looked into
        with monkeypatch.context() as patched:
            patched.setattr(Path, place, refuse)
            with pytest.raises(IndexFileError, match=re.escape(f"cannot be read ({os.strerror(number)})")):
                ImageIndex.load(path, fingerprint=NETWORK)
    with pytest.raises(sqlite3.OperationalError) as unable:
        sqlite3.connect(path / "nowhere")
    assert "damaged" not in str(not_readable(path, unable.value))
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 5


def test_another_database_is_no_index(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE chats (chat_id INTEGER)")
    connection.close()
    with pytest.raises(IndexFileError, match="is not an image index"):
        ImageIndex.load(path, fingerprint=NETWORK)
