"""Folders, lists and addresses compared with an index, without a cluster."""

import json
import os
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import onenet.indexing.addresses
import onenet.indexing.encoding
import onenet.search.photos
from onenet.errors import OneNetError
from onenet.indexing.encoding import encode
from onenet.indexing.sources import changes_in
from onenet.indexing.update import ArchiveProgress, update_archive
from onenet.search import ImageIndex
from tests.onenet.indexing.on_the_web import serving
from tests.onenet.indexing.painted import D, Noting, Painted, paint
from tests.onenet.search.photo_files import on_failing_disk
from tests.onenet.search.test_photos import PASSING

pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'onenet[ray]'")


class Here:
    """An index that is filled in this process."""

    def __init__(self, folder: Path) -> None:
        self.path, self.failures, self.notes = folder / "index", folder / "failures", Noting(folder / "notes")
        self.index = ImageIndex("painted", D)

    def fill(self, place: str | Path) -> ArchiveProgress:
        changes = changes_in(self.index, str(place))
        painted = Painted(self.notes, pace_s=0)
        encoded = encode(changes.added, painted.transform, lambda photos: painted.represent(photos))
        return [*update_archive(self.index, changes, encoded, path=self.path, failures=self.failures)][-1]

    def reasons(self) -> dict[str, str]:
        lines = map(json.loads, self.failures.read_text().splitlines())
        return {line["photo"]: line["reason"] for line in lines}


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return paint(tmp_path.resolve() / "photos", 5)


@pytest.fixture
def in_memory() -> Iterator[Any]:
    """A file system that any address memory://... is in."""
    import fsspec

    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def test_a_list_is_read_line_by_line(
    here: Here, photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = tmp_path / "text.jpg"
    text.write_text("no photo")
    lines = [
        str(photos[0]),
        "photos/0001.png",  # from the folder that the program runs in
        "",
        f"file://{photos[2]}",
        str(photos[0]),
        "nowhere/x.png",
        "no\0file.png",
        str(text),
    ]
    listed = tmp_path / "list"
    listed.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    progress = here.fill(listed)
    assert (progress.done, progress.total, progress.added, progress.failed) == (6, 6, 3, 3)
    assert here.index.photos == [str(photo) for photo in photos[:3]]
    nowhere = str(tmp_path.resolve() / "nowhere" / "x.png")
    reasons = here.reasons()
    assert "no\0file.png" in reasons
    assert reasons[nowhere] == f"{nowhere} was not found."
    assert "not an image" in reasons[str(text.resolve())]


def test_only_what_has_changed_is_read_again(here: Here, photos: list[Path], tmp_path: Path) -> None:
    listed, text = tmp_path / "list", tmp_path / "text.jpg"
    text.write_text("no photo")
    listed.write_text("\n".join([*map(str, photos), str(text), "nowhere.png"]))
    assert here.fill(listed).added == len(photos)
    again = here.fill(listed)
    assert (again.total, again.added, again.failed) == (1, 0, 2)  # what was not found is looked for again
    assert len(here.reasons()) == 2
    os.utime(photos[1], ns=(5, 5))
    photos[2].unlink()
    os.utime(text, ns=(5, 5))
    changed = here.fill(listed)
    assert (changed.total, changed.added, changed.failed) == (3, 1, 3)
    assert set(here.notes.times().values()) == {1, 2}
    assert len(here.index) == len(photos)  # what a list names and is not there now is kept
    assert here.index.records_of([str(photos[1]), "unknown"])[str(photos[1])].modified_ns == 5
    loaded = ImageIndex.load(here.path, fingerprint="painted")
    assert loaded.records_of([*map(str, photos), str(text.resolve())]) == loaded.records


def test_what_is_at_an_address_is_read_and_known_again(
    here: Here, photos: list[Path], in_memory: Any
) -> None:
    for name, photo in zip(("a/0.png", "a/b/1", "a/.hidden/2.png", "a/notes.txt"), photos, strict=False):
        in_memory.pipe(f"/{name}", photo.read_bytes())
    progress = here.fill("memory://a")
    assert (progress.added, progress.removed, progress.failed) == (2, 0, 0)
    assert here.index.photos == ["memory:///a/0.png", "memory:///a/b/1"]
    found = here.index.search(here.index.representation_of("memory:///a/b/1"), 2)
    assert sorted(match.photo for match in found) == here.index.photos
    assert here.fill("memory://a").total == 0

    in_memory.pipe("/a/0.png", photos[4].read_bytes() + b"more")
    in_memory.rm("/a/b/1")
    in_memory.pipe("/a/c.png", b"no photo")
    changed = here.fill("memory://a")
    assert (changed.added, changed.removed, changed.failed) == (1, 1, 1)
    assert here.index.photos == ["memory:///a/0.png"]
    assert here.fill("memory://a").total == 0


def test_an_address_that_suddenly_has_nothing_loses_nothing(
    here: Here, tmp_path: Path, in_memory: Any
) -> None:
    for photo in paint(tmp_path / "many", 12):
        in_memory.pipe(f"/a/{photo.name}", photo.read_bytes())
    assert here.fill("memory://a").added == 12
    for name in range(11):
        in_memory.rm(f"/a/{name:04}.png")
    progress = here.fill("memory://a")
    assert (progress.removed, progress.missing, len(here.index)) == (0, 11, 12)


def test_a_list_may_be_at_an_address(here: Here, photos: list[Path], in_memory: Any) -> None:
    in_memory.pipe("/a/one.png", photos[1].read_bytes())
    in_memory.pipe("/list.txt", f"{photos[0]}\nmemory://a/one.png\nmemory://a/none.png\n".encode())
    progress = here.fill("memory://list.txt")
    assert (progress.added, progress.failed) == (2, 1)
    assert here.reasons() == {"memory://a/none.png": "memory://a/none.png was not found."}
    assert here.fill("memory://a/one.png").total == 0
    again = here.fill("memory://list.txt")
    assert (again.added, again.failed) == (0, 1)


def test_what_is_too_large_to_fetch_is_left_out(
    here: Here, photos: list[Path], in_memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory.pipe("/a/one.png", photos[1].read_bytes())
    in_memory.pipe("/a/large.png", photos[1].read_bytes() + bytes(1000))
    for module in (onenet.indexing.addresses, onenet.indexing.encoding):
        monkeypatch.setattr(module, "MAX_REMOTE_BYTES", 500)
    progress = here.fill("memory://a")
    assert (progress.added, progress.failed) == (1, 1)
    assert "memory:///a/large.png is larger than" in here.reasons()["memory:///a/large.png"]
    assert here.fill("memory://a").total == 0


def test_a_page_of_links_is_a_folder(here: Here, photos: list[Path]) -> None:
    pytest.importorskip("aiohttp", reason="aiohttp is not installed: pip install 'onenet[ray]'")
    (photos[0].parent / "more").mkdir()
    photos[1].rename(photos[0].parent / "more" / "one.png")
    (photos[0].parent / "broken.jpg").write_text("no photo")
    with serving(photos[0].parent) as address:
        progress = here.fill(f"{address}/")
        assert (progress.added, progress.failed) == (5, 1)
        assert f"{address}/more/one.png" in here.index
        again = here.fill(f"{address}/")
        assert (again.total, again.failed) == (0, 1)
        os.utime(photos[0], (5, 5))
        assert here.fill(f"{address}/").added == 1
    with pytest.raises(OneNetError, match=address):
        here.fill(f"{address}/")


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_what_the_disk_or_memory_failed_at_is_read_the_next_time(
    here: Here, photos: list[Path], monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(onenet.search.photos, "open_regular", partial(on_failing_disk, fault=fault))
        assert here.fill(photos[0].parent).failed == 5
    again = here.fill(photos[0].parent)
    assert (again.added, again.failed) == (5, 0)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("nowhere", "There is no folder nowhere"),
        ("strange://a/b", "no address that can be read"),
        ("memory://nowhere", "was not found"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(
    here: Here, place: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OneNetError, match=sentence):
        here.fill(place)
    (tmp_path / "photo").write_bytes(b"\xff\xd8\xff\0")
    with pytest.raises(OneNetError, match="no list of photos"):
        here.fill("photo")


def test_a_file_that_is_no_list_of_failures_is_never_replaced(here: Here, photos: list[Path]) -> None:
    here.failures.write_text("my diary")
    with pytest.raises(OneNetError, match="is no list of failures"):
        here.fill(photos[0].parent)
    assert here.failures.read_text() == "my diary"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_milvus_does_as_a_file_does(here: Here, photos: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("pymilvus", reason="Milvus is not installed: pip install 'onenet[milvus]'")
    pytest.importorskip("milvus_lite", reason="Milvus Lite is not installed: pip install 'onenet[milvus]'")
    from onenet.search.milvus import MilvusIndex

    listed, text = tmp_path / "list", tmp_path / "text.jpg"
    text.write_text("no photo")
    listed.write_text("\n".join([*map(str, photos), str(text)]))
    here.fill(listed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        milvus = MilvusIndex(f"file:{tmp_path / 'milvus.db'}", "painted")
        local, here.index = here.index, milvus  # type: ignore[assignment]
        assert (here.fill(listed).added, here.fill(listed).total) == (len(photos), 0)
        names = [*map(str, photos), str(text.resolve()), "unknown"]
        assert milvus.records_of(names) == local.records_of(names)
        milvus.close()
