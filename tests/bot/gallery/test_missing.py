"""The gallery on a drive that comes and goes, and an index that the command line writes too."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.gallery.notes import GalleryNotes
from bot.local.person.gallery import PageGallery
from bot.local.store.events import EventStream
from onenet.files import held
from onenet.search import ImageIndex, update_index
from tests.bot.conftest import jpeg, until
from tests.bot.gallery.test_gallery import Place, names


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    place.folder.mkdir()
    for number in range(20):
        colour = ("red", "green", "blue", "pink")[number % 4]
        (place.folder / f"{colour}-{number}.jpg").write_bytes(jpeg(colour))
    yield place
    await place.close()


def unmount(place: Place) -> Path:
    away = place.folder.with_name("away")
    place.folder.rename(away)
    place.folder.mkdir()
    return away


def mount(place: Place, away: Path) -> None:
    shutil.rmtree(place.folder)
    away.rename(place.folder)


async def test_an_unmounted_drive_is_waited_for(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    away = unmount(place)
    await until(lambda: gallery.state().missing == 20)
    await place.looked_at()
    assert (gallery.state().photos, gallery.state().phase) == (20, "ready")
    assert len(ImageIndex.load(place.index_path, fingerprint="fake")) == 20
    assert await names(place, gallery, "red") == []
    assert await gallery.search(place.engine.imagine("red").representation, 3) == []
    assert (await gallery.sample(3))[0] == []
    assert caplog.text.count("20 photos of the gallery") == 1
    assert "--prune" in caplog.text
    assert "20 photos of the gallery are missing just now" in GalleryNotes(gallery, local=False).note()
    panel = PageGallery(gallery, None, EventStream()).describe()
    assert panel is not None
    assert (panel["photos"], panel["missing"]) == (20, 20)

    await gallery.stop()  # and across a restart
    gallery = place.gallery()
    await until(lambda: gallery.state().missing == 20)
    assert gallery.state().photos == 20

    place.engine.batches.clear()
    mount(place, away)
    await until(lambda: gallery.state().missing == 0)
    assert (await names(place, gallery, "red"))[0].startswith("red-")
    assert place.engine.batches == []


async def test_a_folder_that_is_not_there_is_missing_too(place: Place) -> None:
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    away = place.folder.with_name("away")
    place.folder.rename(away)
    await until(lambda: gallery.state().missing == 20)
    away.rename(place.folder)
    await until(lambda: gallery.state().missing == 0)
    assert gallery.state().photos == 20


async def test_what_stays_missing_is_dropped_though_nothing_changes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    unmount(place)
    await until(lambda: gallery.state().missing == 20)
    monkeypatch.setattr("bot.gallery.gallery.MISSING_KEPT_S", 0.0)
    await until(lambda: gallery.state().photos == 0)
    assert (gallery.state().missing, gallery.state().phase) == (0, "empty")


async def test_what_the_command_line_wrote_is_taken_over(place: Place) -> None:
    """`index --prune` on the index of a bot that runs."""
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    unmount(place)
    await until(lambda: gallery.state().missing == 20)

    def prune() -> None:
        with held(place.index_path, waiting=lambda: None):
            index = ImageIndex.load(place.index_path, fingerprint="fake")
            represent, path = place.engine.represent, place.index_path
            list(update_index(index, place.folder, represent, path=path, patience_s=0.0))

    await asyncio.to_thread(prune)
    await until(lambda: gallery.state().photos == 0)


async def test_while_the_command_line_writes_the_bot_waits(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither loses what the other read."""
    caplog.set_level(logging.INFO)
    other = place.folder.with_name("other")
    other.mkdir()
    (other / "violet.jpg").write_bytes(jpeg("violet"))
    with held(place.index_path):
        gallery = place.gallery()
        await place.looked_at()
        await place.looked_at()
        assert place.engine.batches == []
        assert caplog.text.count("Another program is writing") == 1
        index = ImageIndex(place.engine.fingerprint)
        list(update_index(index, other, place.engine.represent, path=place.index_path))
        place.engine.batches.clear()
    await until(lambda: gallery.state().phase == "ready" and gallery.state().photos == 21)
    assert len(ImageIndex.load(place.index_path, fingerprint="fake")) == 21
    assert sum(place.engine.batches) == 20


async def test_unreadable_files_are_counted_in_one_line(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for number in range(7):
        (place.folder / f"broken-{number}.jpg").write_bytes(b"no photo")
    gallery = place.gallery()
    await until(lambda: len(gallery.state().skipped) == 7 and gallery.state().phase == "ready")
    await until(lambda: "has 20 photos; 7 files are left out" in caplog.text)
    assert "broken-3" not in caplog.text
