"""The index: exact search, one file on disk, folders brought up to date without doing anything twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file

import onenet.files
import onenet.search.folder
import onenet.search.index
import onenet.search.photos
from onenet.errors import IndexFileError, OneNetError
from onenet.search.content import digest_of
from onenet.search.copying import copy_index
from onenet.search.folder import IndexProgress, compare, find_photos, update_index
from onenet.search.index import ImageIndex, Match, PhotoRecord
from tests.onenet.search.photo_files import on_failing_disk
from tests.onenet.search.test_photos import PASSING

NETWORK = "network-1"
COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0)}


class Represent:
    """A fake network with D = 3: the mean colour of a photo; counts the photos it has seen."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, photos: list[Image.Image]) -> NDArray[np.float32]:
        self.seen += len(photos)
        means = np.stack([np.asarray(photo, np.float32).mean(axis=(0, 1)) for photo in photos]) + 1
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def represent() -> Represent:
    return Represent()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    folder.mkdir()
    return folder


def paint(path: Path, colour: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), COLOURS[colour]).save(path)
    return str(path)


def paint_each(folder: Path, count: int) -> list[str]:
    """Photos of which no two are of the same content."""
    photos = [folder / f"{number}.png" for number in range(count)]
    for number, photo in enumerate(photos):
        Image.new("RGB", (4, 4), (255, number, 0)).save(photo)
    return [str(photo) for photo in photos]


def update(
    index: ImageIndex, folder: Path, represent: Represent, path: Path | None = None, batch_size: int = 2
) -> IndexProgress:
    return list(update_index(index, folder, represent, path=path, batch_size=batch_size))[-1]


def records_of(names: list[str]) -> list[PhotoRecord]:
    return [PhotoRecord(name, 1, 1) for name in names]


def random_units(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def every_file_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onenet.search.index.os.path, "exists", lambda path: True)


# --- search ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_file_exists")
def test_search_equals_brute_force() -> None:
    vectors, query = random_units(500, 300), random_units(1, 300, seed=1)[0]
    names = [f"/photos/{n}.jpg" for n in range(500)]
    index = ImageIndex(NETWORK)
    index.add(records_of(names[:200]), vectors[:200])
    index.add(records_of(names[200:]), vectors[200:])

    matches = index.search(query, 20)

    cosines = vectors @ query
    best = np.argsort(-cosines)[:20]
    assert [match.photo for match in matches] == [names[n] for n in best]
    np.testing.assert_allclose([match.score for match in matches], cosines[best], atol=1e-5)


@pytest.mark.usefixtures("every_file_exists")
def test_score_is_the_cosine_whatever_the_lengths() -> None:
    index = ImageIndex(NETWORK, 2)
    index.add(records_of(["/a", "/b"]), [[10, 0], [3, 4]])
    assert index.search(np.array([0.5, 0.0]), 5) == [Match("/a", 1.0), Match("/b", pytest.approx(0.6))]


@pytest.mark.usefixtures("every_file_exists")
def test_excluded_photos_make_room_for_the_next_best() -> None:
    index = ImageIndex(NETWORK, 16)
    names = [f"/{n}" for n in range(50)]
    vectors = random_units(50, 16)
    index.add(records_of(names), vectors)
    ranked = [match.photo for match in index.search(vectors[0], 50)]
    assert [match.photo for match in index.search(vectors[0], 5, exclude=ranked[:30])] == ranked[30:35]


@pytest.mark.usefixtures("every_file_exists")
@pytest.mark.parametrize(("k", "found"), [(0, 0), (1, 1), (3, 3), (100, 3)])
def test_no_more_than_k_and_no_more_than_there_are(k: int, found: int) -> None:
    index = ImageIndex(NETWORK, 3)
    index.add(records_of(["/a", "/b", "/c"]), np.eye(3))
    assert len(index.search(np.ones(3), k)) == found


def test_representations_come_back_in_the_order_asked_for() -> None:
    index = ImageIndex(NETWORK, dimensions=2)
    index.add(records_of(["/a", "/b", "/c"]), [[3, 4], [0, 2], [-1, 0]])
    found = index.representations_of(["/c", "/a", "/a"])
    assert found.dtype == np.float32
    assert np.allclose(found, [[-1, 0], [0.6, 0.8], [0.6, 0.8]])
    assert index.representations_of([]).shape == (0, 2)
    index.remove(["/a"])
    with pytest.raises(KeyError):
        index.representations_of(["/b", "/a"])


def test_empty_index_finds_nothing() -> None:
    assert ImageIndex(NETWORK, 3).search(np.ones(3), 5) == []


def test_deleted_photos_make_room_for_the_next_best(folder: Path, represent: Represent) -> None:
    for n in range(40):
        paint(folder / f"{n:02}.png", "red" if n < 35 else "blue")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    for n in range(35):
        (folder / f"{n:02}.png").unlink()
    matches = index.search(np.array([1.0, 0.01, 0.01]), 3)
    assert len(matches) == 3
    assert all(Path(match.photo).exists() for match in matches)


@pytest.mark.parametrize("bad", [[0, 0, 0], [np.nan, 1, 1], [np.inf, 1, 1], [1, 1]])
def test_impossible_representations_are_refused(bad: list[float]) -> None:
    index = ImageIndex(NETWORK, 3)
    with pytest.raises(ValueError, match="representations must"):
        index.add(records_of(["/a"]), [bad])
    with pytest.raises(ValueError, match="representations must"):
        index.search(np.array(bad), 1)
    assert len(index) == 0


# --- add and remove -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_file_exists")
def test_adding_again_replaces() -> None:
    index = ImageIndex(NETWORK, 2)
    index.add(records_of(["/a", "/b"]), [[1, 0], [0, 1]])
    index.add(records_of(["/a"]), [[0, 1]])
    assert index.photos == ["/a", "/b"]
    assert index.representation_of("/a").tolist() == [0, 1]
    assert {match.score for match in index.search(np.array([0, 1]), 5)} == {1.0}


def test_remove_counts_what_was_there() -> None:
    index = ImageIndex(NETWORK, 2)
    index.add(records_of(["/a", "/b"]), [[1, 0], [0, 1]])
    assert index.remove(["/a", "/unknown", "/a"]) == 1
    assert "/a" not in index
    assert "/b" in index
    assert len(index) == 1
    with pytest.raises(KeyError):
        index.representation_of("/a")


# --- the file -------------------------------------------------------------------------------------------

names = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=8)
steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "unreadable", "reload"]), st.sets(names, max_size=5))
)


@given(steps=steps, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_the_file_gives_back_the_same_index(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, set[str]]], seed: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.safetensors"
    generator = np.random.default_rng(seed)
    index = ImageIndex(NETWORK, 4)
    expected: dict[str, NDArray[np.float32]] = {}
    for verb, photos in steps:
        if verb == "add":
            vectors = generator.normal(size=(len(photos), 4)).astype(np.float32)
            index.add(records_of(list(photos)), vectors)
            expected |= dict(zip(photos, vectors, strict=True))
        elif verb == "remove":
            assert index.remove(photos) == len(photos & expected.keys())
        elif verb == "unreadable":
            for photo in photos:
                index.mark_unreadable(PhotoRecord(photo, 1, 1), "Broken.")
        else:
            index.save(path)
            index = ImageIndex.load(path, fingerprint=NETWORK)
        if verb in ("remove", "unreadable"):
            expected = {photo: vector for photo, vector in expected.items() if photo not in photos}
    index.save(path)
    loaded = ImageIndex.load(path, fingerprint=NETWORK)

    assert loaded.photos == index.photos == sorted(expected)
    assert loaded._unreadable == index._unreadable
    for photo, vector in expected.items():
        np.testing.assert_array_equal(loaded.representation_of(photo), index.representation_of(photo))
        np.testing.assert_allclose(
            loaded.representation_of(photo),
            vector / np.linalg.norm(vector),
            atol=1e-3,  # float16 is kept
        )


def test_file_names_that_are_not_text_survive(tmp_path: Path) -> None:
    odd = os.fsdecode(b"/photos/caf\xe9.jpg")
    index = ImageIndex(NETWORK, 2)
    index.add(records_of([odd]), [[1, 0]])
    index.save(tmp_path / "index")
    assert ImageIndex.load(tmp_path / "index", fingerprint=NETWORK).photos == [odd]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "folder" / "index.safetensors"
    index = ImageIndex(NETWORK)
    index.add(records_of([f"/{n}.jpg" for n in range(50)]), random_units(50, 300))
    index.save(path)
    return path


def test_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(IndexFileError, match=r"no index at .*; make one with: python -m onenet index FOLDER"):
        ImageIndex.load(tmp_path / "none", fingerprint=NETWORK)


def test_another_network_is_refused(saved: Path) -> None:
    with pytest.raises(IndexFileError, match="another network"):
        ImageIndex.load(saved, fingerprint="network-2")


@pytest.mark.parametrize("keep", [0, 3, 8, 500, 40_000, -1])
def test_truncated_file_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(IndexFileError, match="is damaged; delete it"):
        ImageIndex.load(saved, fingerprint=NETWORK)


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "index"
    index = ImageIndex(NETWORK, 8)
    index.add(records_of([f"/{n}.jpg" for n in range(5)]), random_units(5, 8))
    index.save(path)
    whole = path.read_bytes()
    empty = 499  # of the zeros, of which most pages are full, one in so many
    for position in (place for place, byte in enumerate(whole) if byte or not place % empty):
        content = bytearray(whole)
        content[position] ^= 1 << position % 7
        path.write_bytes(content)
        try:
            loaded = ImageIndex.load(path, fingerprint=NETWORK)
        except IndexFileError:
            continue
        assert loaded.photos == index.photos  # in the header's padding: nothing is lost
        np.testing.assert_array_equal(loaded.representation_of("/3.jpg"), index.representation_of("/3.jpg"))


@pytest.mark.parametrize("content", [b"hello", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(1000)])
def test_other_content_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index").write_bytes(content)
    with pytest.raises(IndexFileError, match="is damaged"):
        ImageIndex.load(tmp_path / "index", fingerprint=NETWORK)


def test_other_safetensors_are_refused(tmp_path: Path) -> None:
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "weights")
    with pytest.raises(IndexFileError, match="is not an image index"):
        ImageIndex.load(tmp_path / "weights", fingerprint=NETWORK)


def test_another_version_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onenet.search.index, "FILE_VERSION", "2")
    with pytest.raises(IndexFileError, match="another version"):
        ImageIndex.load(saved, fingerprint=NETWORK)


def test_failed_save_leaves_the_old_file_and_no_litter(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()
    index = ImageIndex.load(saved, fingerprint=NETWORK)
    index.remove(["/1.jpg"])

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onenet.files.os, "fsync", disk_full)
    with pytest.raises(IndexFileError, match=r"cannot be written to .*No space left on device"):
        index.save(saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_save_into_a_file_instead_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IndexFileError, match="cannot be written"):
        ImageIndex(NETWORK).save(tmp_path / "file" / "index")


# --- folders --------------------------------------------------------------------------------------------


def test_photos_are_known_by_their_names(folder: Path) -> None:
    wanted = ["B.JPG", "a.jpeg", "c/d/e.WebP", "c/f.png", "z.heic"]
    unwanted = ["notes.txt", "jpg", ".hidden.jpg", ".trash/a.jpg", "film.mp4", "x.jpg.part"]
    for name in wanted + unwanted:
        paint(folder / "any.png", "red").replace("any.png", name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "any.png").unlink()
    (folder / "folder.jpg").mkdir()
    assert sorted(str(path.relative_to(folder)) for path in find_photos(folder)) == wanted


def test_links_are_followed_but_never_in_circles(folder: Path, tmp_path: Path) -> None:
    paint(folder / "a" / "1.png", "red")
    paint(tmp_path / "elsewhere" / "2.png", "red")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    (folder / "gone.jpg").symlink_to(tmp_path / "gone.jpg")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    found = [str(path.relative_to(folder)) for path in find_photos(folder)]
    assert found == ["a/1.png", "linked/2.png"]


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OneNetError, match="There is no folder"):
        compare(ImageIndex(NETWORK), tmp_path / "none")


@pytest.mark.parametrize("place", ["loop", "loop/below"])
def test_a_link_that_leads_to_itself_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    index = ImageIndex(NETWORK, 3)
    with pytest.raises(OneNetError, match="give one that holds your photos"):
        compare(index, tmp_path / place)
    for _ in range(2):  # nothing was saved before, then elsewhere
        with pytest.raises(IndexFileError, match="choose another file"):
            index.save(tmp_path / place)
        index.save(tmp_path / "index")
    with pytest.raises(IndexFileError, match="There is no index"):
        ImageIndex.load(tmp_path / place, fingerprint=NETWORK)


def test_only_new_changed_and_vanished_files_cost_anything(folder: Path, represent: Represent) -> None:
    red, green, blue = (paint(folder / f"{colour}.png", colour) for colour in ("red", "green", "blue"))
    index = ImageIndex(NETWORK, 3)
    assert update(index, folder, represent) == IndexProgress(3, 3, 3, 0, ())
    assert index.search(np.array([1.0, 0.01, 0.01]), 1)[0].photo == red

    assert update(index, folder, represent) == IndexProgress(0, 0, 0, 0, ())
    assert represent.seen == 3

    Path(green).unlink()
    Image.new("RGB", (9, 9), COLOURS["red"]).save(blue)
    yellow = paint(folder / "new" / "yellow.png", "yellow")
    changes = compare(index, folder)
    assert [record.photo for record in changes.added] == [blue, yellow]
    assert (changes.removed, changes.unchanged) == ([green], 1)
    assert update(index, folder, represent) == IndexProgress(2, 2, 2, 1, ())
    assert represent.seen == 5
    assert index.photos == sorted([red, blue, yellow])
    assert {match.photo for match in index.search(np.array([1.0, 0.01, 0.01]), 2)} == {red, blue}


def test_same_size_but_touched_is_read_again(folder: Path, represent: Represent) -> None:
    photo = paint(folder / "a.png", "red")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    os.utime(photo, ns=(1, 1))
    assert [record.photo for record in compare(index, folder).added] == [photo]


# --- the same content -----------------------------------------------------------------------------------


@pytest.mark.parametrize("saved", [True, False])
def test_what_was_moved_copied_or_touched_is_not_represented_again(
    folder: Path, represent: Represent, tmp_path: Path, saved: bool
) -> None:
    moved, copied, touched, gone = paint_each(folder, 4)
    index, path = ImageIndex(NETWORK, 3), tmp_path / "index" if saved else None
    update(index, folder, represent, path)
    before = dict(zip(index.photos, index.representations_of(index.photos), strict=True))
    (folder / "below").mkdir()
    there, copy = folder / "below" / "other name.png", folder / "copy.png"
    Path(moved).rename(there)
    copy.write_bytes(Path(copied).read_bytes())
    os.utime(touched, ns=(1, 1))
    Path(gone).unlink()
    assert update(index, folder, represent, path) == IndexProgress(3, 3, 3, 2, ())
    assert represent.seen == 4
    expected = {str(there): before[moved], str(copy): before[copied]}
    expected |= {photo: before[photo] for photo in (copied, touched)}
    for each in (index, ImageIndex.load(path, fingerprint=NETWORK)) if path is not None else (index,):
        assert each.photos == sorted(expected)
        found = each.representations_of(sorted(expected))
        np.testing.assert_allclose(found, [expected[photo] for photo in sorted(expected)], atol=1e-3)
        assert each.records[touched].modified_ns == 1
    assert compare(index, folder).added == []


def test_another_content_of_the_same_size_is_represented(folder: Path, represent: Represent) -> None:
    index = ImageIndex(NETWORK, 3)
    one, other = paint(folder / "a.bmp", "red"), paint(folder / "b.bmp", "green")
    Path(other).unlink()
    update(index, folder, represent)
    assert paint(folder / "b.bmp", "green") == other
    assert os.path.getsize(one) == os.path.getsize(other)
    update(index, folder, represent)
    assert represent.seen == 2
    assert index.search(np.array([0.01, 1, 0.01]), 1)[0].photo == other


def test_photos_that_swap_their_names_keep_what_they_are(folder: Path, represent: Represent) -> None:
    red, green = paint(folder / "a.png", "red"), paint(folder / "b.png", "green")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    Path(red).rename(folder / "c")
    Path(green).rename(red)
    Path(folder / "c").rename(green)
    os.utime(red, ns=(5, 5))
    os.utime(green, ns=(6, 6))
    update(index, folder, represent)
    assert represent.seen == 2
    assert index.search(np.array([0.01, 1, 0.01]), 1)[0].photo == red


@pytest.mark.parametrize(
    "names", [[1, 2, 3, 4, 5, 6], [5, 4, 3, 2, 1, 0], [1, 2, 3, 4, 5, 0]], ids=["shift", "reversal", "round"]
)
def test_photos_that_take_each_others_names_keep_what_they_are_over_many_batches(
    folder: Path, represent: Represent, tmp_path: Path, names: list[int]
) -> None:
    photos, path = paint_each(folder, 6), tmp_path / "index"
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent, path)
    vectors = index.representations_of(photos)
    for photo in photos:
        Path(photo).rename(f"{photo}.old")
    new = [str(folder / f"{name}.png") for name in names]
    for photo, name in zip(photos, new, strict=True):
        Path(f"{photo}.old").rename(name)
        os.utime(name, ns=(5, 5))
    update(index, folder, represent, path, batch_size=2)
    assert index.photos == sorted(new)
    np.testing.assert_allclose(index.representations_of(new), vectors, atol=1e-3)
    assert compare(index, folder).added == []


def test_stopped_before_they_are_recognised_moved_photos_keep_their_vectors(
    folder: Path, represent: Represent, tmp_path: Path
) -> None:
    photos, path = paint_each(folder, 6), tmp_path / "index"
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent, path)
    for number, photo in enumerate(photos):
        Path(photo).rename(folder / f"new{number}.png")
    steps = update_index(index, folder, represent, path=path, batch_size=2)
    assert [next(steps).done, next(steps).done] == [0, 2]
    steps.close()  # type: ignore[attr-defined]
    index = ImageIndex.load(path, fingerprint=NETWORK)
    update(index, folder, represent, path)
    assert represent.seen == 6
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 6


def test_whoever_removes_the_photo_that_was_recognised_costs_a_look_at_it(
    folder: Path, represent: Represent
) -> None:
    (photo,) = paint_each(folder, 1)
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    Path(photo).rename(folder / "new.png")
    steps = update_index(index, folder, represent, path=None)
    next(steps)
    index.remove([photo])
    list(steps)
    assert represent.seen == 2
    assert index.photos == [str(folder / "new.png")]


def test_a_digest_is_of_what_was_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = folder / "a.png"
    paint(photo, "red")
    status = photo.stat()
    record = PhotoRecord(str(photo), status.st_size, status.st_mtime_ns)
    assert digest_of(record) == digest_of(record) != 0
    assert digest_of(PhotoRecord(str(photo), status.st_size, 1)) == 0
    assert digest_of(PhotoRecord(str(folder / "gone.png"), status.st_size, 1)) == 0
    monkeypatch.setattr("onenet.search.content.MOST_BYTES", status.st_size - 1)
    assert digest_of(record) == 0


# --- folders --------------------------------------------------------------------------------------------


def test_other_folders_are_left_alone(tmp_path: Path, represent: Represent) -> None:
    here = paint(tmp_path / "photos" / "1.png", "red")
    paint(tmp_path / "photos2" / "2.png", "blue")  # begins with the same letters
    index = ImageIndex(NETWORK, 3)
    update(index, tmp_path / "photos", represent)
    update(index, tmp_path / "photos2", represent)
    assert len(index) == 2
    (tmp_path / "photos2" / "2.png").unlink()
    assert update(index, tmp_path / "photos", represent).removed == 0
    assert update(index, tmp_path / "photos2", represent).removed == 1
    assert index.photos == [str(Path(here).resolve())]


def test_unreadable_files_are_named_and_read_only_once(
    folder: Path, represent: Represent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(folder / "good.png", "red")
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("not a photo")
    path = tmp_path / "index"
    index = ImageIndex(NETWORK, 3)
    progress = update(index, folder, represent, path)
    assert [Path(skipped.photo).name for skipped in progress.skipped] == ["empty.jpg", "text.jpg"]
    assert all(skipped.reason for skipped in progress.skipped)
    assert (progress.done, progress.added) == (3, 1)

    monkeypatch.setattr(onenet.search.folder, "read_photo", None)
    again = update(ImageIndex.load(path, fingerprint=NETWORK), folder, represent, path)
    assert (again.total, again.skipped) == (0, progress.skipped)


def test_unreadable_file_that_is_mended_is_added(folder: Path, represent: Represent) -> None:
    (folder / "a.png").write_text("half a photo")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    paint(folder / "a.png", "red")
    assert update(index, folder, represent) == IndexProgress(1, 1, 1, 0, ())


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_what_the_disk_or_memory_failed_at_is_read_the_next_time(
    folder: Path, represent: Represent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    photo, path = paint(folder / "a.png", "red"), tmp_path / "index"
    with monkeypatch.context() as patch:
        patch.setattr(onenet.search.photos, "open_regular", partial(on_failing_disk, fault=fault))
        (skipped,) = update(ImageIndex(NETWORK, 3), folder, represent, path).skipped
    assert skipped.photo == photo
    index = ImageIndex.load(path, fingerprint=NETWORK)
    assert update(index, folder, represent, path) == IndexProgress(1, 1, 1, 0, ())


def test_photo_that_breaks_is_dropped(folder: Path, represent: Represent) -> None:
    paint(folder / "a.png", "red")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    (folder / "a.png").write_text("overwritten")
    assert len(update(index, folder, represent).skipped) == 1
    assert len(index) == 0


def test_folder_that_is_closed_for_now_keeps_its_photos(
    folder: Path, represent: Represent, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(folder / "closed" / "a.png", "red")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent)
    scandir = os.scandir

    def refusing(path: Path) -> Iterator[os.DirEntry[str]]:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(onenet.search.index.os, "scandir", refusing)
    progress = update(index, folder, represent)
    assert [skipped.reason for skipped in progress.skipped] == [
        "The folder cannot be read (Permission denied)."
    ]
    assert (len(index), progress.removed) == (1, 0)


def test_photo_deleted_before_its_turn_is_no_complaint(folder: Path, represent: Represent) -> None:
    for n in range(4):
        paint(folder / f"{n}.png", "red")
    index = ImageIndex(NETWORK, 3)
    steps = update_index(index, folder, represent, path=None, batch_size=2)
    assert next(steps).total == 4
    (folder / "3.png").unlink()
    assert list(steps)[-1] == IndexProgress(4, 4, 3, 0, ())


def test_huge_photos_go_in_small_batches(
    folder: Path, represent: Represent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        paint(folder / f"{n}.png", "red")
    monkeypatch.setattr(onenet.search.folder, "MAX_BATCH_PIXELS", 32)  # two of 4 x 4
    batches: list[int] = []

    def counting(photos: list[Image.Image]) -> NDArray[np.float32]:
        batches.append(len(photos))
        return represent(photos)

    index = ImageIndex(NETWORK, 3)
    list(update_index(index, folder, counting, path=None, batch_size=5))
    assert batches == [2, 2, 1]
    assert len(index) == 5


def test_empty_folder_makes_an_empty_index(folder: Path, represent: Represent, tmp_path: Path) -> None:
    update(ImageIndex(NETWORK, 3), folder, represent, tmp_path / "index")
    assert len(ImageIndex.load(tmp_path / "index", fingerprint=NETWORK)) == 0


def test_nothing_to_do_writes_nothing(folder: Path, represent: Represent, tmp_path: Path) -> None:
    paint(folder / "a.png", "red")
    index = ImageIndex(NETWORK, 3)
    update(index, folder, represent, tmp_path / "index")
    before = (tmp_path / "index").stat()
    update(index, folder, represent, tmp_path / "index")
    assert (tmp_path / "index").stat().st_mtime_ns == before.st_mtime_ns
    assert (tmp_path / "index").stat().st_ino == before.st_ino


# --- copied ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("removed", [1, 4])
def test_what_another_program_removes_while_an_index_is_copied_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    monkeypatch.setattr("onenet.search.copying._AT_ONCE", 4)
    names = [f"/{number}.jpg" for number in range(10)]
    source, rows = ImageIndex(NETWORK, 8), random_units(10, 8)
    source.add(records_of(names), rows)
    source.save(tmp_path / "index")
    of_others = ImageIndex.load(tmp_path / "index", fingerprint=NETWORK)

    def parts(size: int) -> Iterator[list[PhotoRecord]]:
        for part in ImageIndex.parts(source, size):
            of_others.remove(names[:removed])
            of_others.save(tmp_path / "index")
            yield part

    monkeypatch.setattr(source, "parts", parts)
    copied = ImageIndex(NETWORK, 8)
    assert [*copy_index(source, copied)][-1] == (10, 10)
    assert copied.photos == names[removed:]
    np.testing.assert_allclose(copied.representations_of(names[removed:]), rows[removed:], atol=1e-3)


# --- interruptions --------------------------------------------------------------------------------------


def test_stopped_in_the_middle_saves_and_goes_on(folder: Path, represent: Represent, tmp_path: Path) -> None:
    paint_each(folder, 10)
    path = tmp_path / "index"

    def interrupted(photos: list[Image.Image]) -> NDArray[np.float32]:
        if represent.seen == 6:
            raise KeyboardInterrupt
        return represent(photos)

    with pytest.raises(KeyboardInterrupt):
        list(update_index(ImageIndex(NETWORK, 3), folder, interrupted, path=path, batch_size=2))
    index = ImageIndex.load(path, fingerprint=NETWORK)
    assert len(index) == 6
    assert update(index, folder, represent, path).total == 4
    assert represent.seen == 10


def test_reader_that_walks_away_loses_nothing(folder: Path, represent: Represent, tmp_path: Path) -> None:
    paint_each(folder, 6)
    path = tmp_path / "index"
    steps = update_index(ImageIndex(NETWORK, 3), folder, represent, path=path, batch_size=2)
    assert [next(steps).done, next(steps).done] == [0, 2]
    steps.close()  # type: ignore[attr-defined]
    assert len(ImageIndex.load(path, fingerprint=NETWORK)) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from onenet.search.index import ImageIndex
from onenet.search.folder import update_index

folder, path = Path(sys.argv[1]), Path(sys.argv[2])
seen = 0
def represent(photos):
    global seen
    if seen == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    seen += len(photos)
    return np.ones((len(photos), 3))

list(update_index(ImageIndex("network-1", 3), folder, represent, path=path, batch_size=2, save_every_s=0))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_in_the_middle_goes_on(folder: Path, represent: Represent, tmp_path: Path) -> None:
    paint_each(folder, 10)
    path = tmp_path / "index"
    killed = subprocess.run([sys.executable, "-c", KILLED, folder, path], timeout=60)
    assert killed.returncode == -signal.SIGKILL
    index = ImageIndex.load(path, fingerprint=NETWORK)
    kept = len(index)
    assert kept >= 2
    assert update(index, folder, represent, path) == IndexProgress(10 - kept, 10 - kept, 10 - kept, 0, ())
    assert represent.seen == 10 - kept


def test_a_name_that_is_not_text_is_named_and_left_out(folder: Path, represent: Represent) -> None:
    paint(folder / "good.png", "red")
    strange = os.fsencode(folder) + b"/caf\xe9.png"
    try:
        with open(strange, "wb") as file:
            file.write((folder / "good.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes no such name")
    index = ImageIndex(NETWORK, 3)
    last = update(index, folder, represent)
    assert [Path(photo).name for photo in index.photos] == ["good.png"]
    (skipped,) = last.skipped
    assert "rename it" in skipped.reason
    skipped.photo.encode()
