"""A folder that has lost its photos all at once is a drive that is not connected, for a while."""

import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onenet.search import ImageIndex, IndexProgress, update_index
from onenet.search.missing import emptied_folders
from tests.onenet.search.test_index import NETWORK, Represent, paint

DAY_S = 24 * 3600.0


def run(
    index: ImageIndex, folder: Path, represent: Represent, path: Path, **settings: float
) -> IndexProgress:
    return list(update_index(index, folder, represent, path=path, batch_size=16, **settings))[-1]  # type: ignore[arg-type]


def filled(folder: Path, count: int) -> None:
    for number in range(count):
        paint(folder / f"{number:03}.png", ("red", "green", "blue")[number % 3])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    filled(folder, 60)
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def represent() -> Represent:
    return Represent()


@pytest.mark.parametrize("left", [0, 1, 6])
def test_an_unmounted_drive_costs_nothing(folder: Path, path: Path, represent: Represent, left: int) -> None:
    """Its photos stay in the index and its file; connected again, nothing is read twice."""
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    away = folder.with_name("away")
    folder.rename(away)
    folder.mkdir()
    for photo in sorted(away.iterdir())[:left]:
        shutil.copy2(photo, folder)
    for _ in range(2):
        progress = run(index, folder, represent, path)
        assert (progress.removed, progress.missing, len(index)) == (0, 60 - left, 60)
        index = ImageIndex.load(path, fingerprint=NETWORK)
        assert (len(index), list(index.missing_since)) == (60, [str(folder)])
    assert len(index.search([1, 0, 0], 60)) == left  # what is not there is not offered
    shutil.rmtree(folder)
    away.rename(folder)
    progress = run(index, folder, represent, path)
    assert (progress.total, progress.removed, progress.missing) == (0, 0, 0)
    assert represent.seen == 60
    assert ImageIndex.load(path, fingerprint=NETWORK).missing_since == {}


def test_a_drive_within_the_folder_counts_for_itself(folder: Path, path: Path, represent: Represent) -> None:
    filled(folder / "drive", 12)
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    shutil.rmtree(folder / "drive")
    (folder / "drive").mkdir()
    progress = run(index, folder, represent, path)
    assert (progress.removed, progress.missing, len(index)) == (0, 12, 72)
    assert list(index.missing_since) == [str(folder / "drive")]


def test_a_folder_that_was_deleted_or_emptied_by_moving_is_no_drive(
    folder: Path, path: Path, represent: Represent
) -> None:
    filled(folder / "old", 12)
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    shutil.rmtree(folder / "old")
    assert run(index, folder, represent, path).removed == 12
    (folder / "2026").mkdir()
    for photo in folder.glob("*.png"):
        photo.rename(folder / "2026" / photo.name)
    progress = run(index, folder, represent, path)
    assert (progress.removed, progress.added, progress.missing, len(index)) == (60, 60, 0, 60)


@pytest.mark.parametrize("kept", [7, 30, 59])
def test_photos_that_a_person_deletes_are_dropped_at_once(
    folder: Path, path: Path, represent: Represent, kept: int
) -> None:
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    for photo in sorted(folder.iterdir())[kept:]:
        photo.unlink()
    assert run(index, folder, represent, path).removed == 60 - kept
    assert len(index) == kept


def test_few_photos_are_no_surprise(tmp_path: Path, path: Path, represent: Represent) -> None:
    folder = tmp_path / "few"
    filled(folder, 9)
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    for photo in folder.iterdir():
        photo.unlink()
    assert run(index, folder, represent, path).removed == 9


def test_after_a_day_across_restarts_or_when_told_so_they_are_dropped(
    folder: Path, path: Path, represent: Represent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ImageIndex(NETWORK, 3), folder, represent, path)
    for photo in folder.iterdir():
        photo.unlink()
    noticed = time.time()
    for later_s, removed in ((0, 0), (DAY_S - 60, 0), (DAY_S + 60, 60)):
        monkeypatch.setattr("onenet.search.folder.time.time", lambda later_s=later_s: noticed + later_s)
        index = ImageIndex.load(path, fingerprint=NETWORK)
        assert run(index, folder, represent, path, patience_s=DAY_S).removed == removed
    assert (len(index), index.missing_since) == (0, {})

    filled(folder, 60)
    run(index, folder, represent, path)
    for photo in folder.iterdir():
        photo.unlink()
    progress = run(index, folder, represent, path, patience_s=0.0)
    assert (progress.removed, progress.missing, len(index)) == (60, 0, 0)


def test_what_another_folder_misses_stays_noted(
    folder: Path, path: Path, represent: Represent, tmp_path: Path
) -> None:
    other = tmp_path.resolve() / "photos-2"
    filled(other, 12)
    index = ImageIndex(NETWORK, 3)
    run(index, folder, represent, path)
    run(index, other, represent, path)
    shutil.rmtree(other)
    other.mkdir()
    run(index, other, represent, path)
    run(index, folder, represent, path)
    assert list(index.missing_since) == [str(other)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 39)), st.booleans())
def test_what_is_kept_is_all_of_a_folder_or_nothing(tmp_path: Path, kept: set[int], nested: bool) -> None:
    place = tmp_path / "a" if nested else tmp_path
    place.mkdir(exist_ok=True)
    known = [str(place / f"{number}.jpg") for number in range(40)]
    found = [known[number] for number in sorted(kept)]
    emptied = emptied_folders(str(tmp_path), known, found, set(known) - set(found))
    assert emptied == ([str(tmp_path)] if len(kept) <= 4 else [])
