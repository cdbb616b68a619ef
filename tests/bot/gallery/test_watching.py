import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.gallery import watching
from bot.gallery.watching import FolderWatch, listing_of
from tests.bot.conftest import jpeg, until
from tests.bot.gallery.test_gallery import Place, place, shows

assert place, "a fixture"


class Heard:
    """How often a watch told of a change."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> float:
        self.times += 1
        return 0.0


def silent(*folders: Path, stop_event: asyncio.Event, **_: Any) -> Iterator[set[Any]]:
    """Stand in for `watch` on a drive that tells of no change."""
    while not stop_event.is_set():
        time.sleep(0.01)
        yield set()


async def test_it_tells_of_what_is_written_deeper_too_but_not_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.jpg").write_bytes(b"1")
    heard = Heard()
    watch = FolderWatch(tmp_path, heard)
    watch.start()
    await until(lambda: watch.is_reliable)
    assert (tmp_path / "below" / "a.jpg").read_bytes() == b"1"
    await asyncio.sleep(0.3)
    assert heard.times == 0
    (tmp_path / "below" / "b.jpg").write_bytes(b"1")
    await until(lambda: heard.times > 0)
    await watch.stop()


async def test_distrusted_it_begins_anew_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AGAIN_S", 0.01)
    watch = FolderWatch(tmp_path, Heard())
    watch.start()
    await until(lambda: watch.is_reliable)
    watch.distrust()
    assert not watch.is_reliable
    await until(lambda: watch.is_reliable)
    await watch.stop()


async def test_a_folder_that_comes_later_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AGAIN_S", 0.01)
    watch = FolderWatch(tmp_path / "later", Heard())
    watch.start()
    await asyncio.sleep(0.1)
    assert not watch.is_reliable
    (tmp_path / "later").mkdir()
    await until(lambda: watch.is_reliable)
    await watch.stop()


def test_it_ends_at_once_and_leaves_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SIGN_OF_LIFE_MS", 2000)  # the next one is not waited for
    before = threading.active_count()

    async def live() -> float:
        watch = FolderWatch(tmp_path, Heard())
        watch.start()
        await until(lambda: watch.is_reliable)
        begun = time.monotonic()
        await watch.stop()
        await watch.stop()
        return time.monotonic() - begun

    assert asyncio.run(live()) < 1.8
    assert threading.active_count() == before


async def test_a_gallery_hears_of_new_photos(place: Place) -> None:
    place.add("red")
    gallery = place.gallery(watch_s=1000)
    await until(lambda: gallery.state().photos == 1 and gallery._watch.is_reliable)
    place.add("blue")
    await until(lambda: gallery.state().photos == 2)
    (place.folder / "blue.jpg").unlink()
    await until(lambda: gallery.state().photos == 1)
    (place.folder / "red.jpg").write_bytes(jpeg("green", (10, 10)))
    await until(lambda: shows(place, gallery, "green"))
    assert gallery._watch.is_reliable


async def test_what_nothing_is_heard_of_is_seen_and_the_watch_not_relied_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "watch", silent)
    place.add("red")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 1 and gallery._watch.is_reliable)
    await until(lambda: not gallery._was_told)
    await place.looked_at()  # the look that was told may not have seen the folder yet
    place.add("blue")
    await until(lambda: gallery.state().photos == 2)
    assert not gallery._watch.is_reliable


async def test_a_folder_that_cannot_be_watched_is_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Iterator[set[Any]]:
        raise OSError(28, "inotify watch limit reached")
        yield set()

    monkeypatch.setattr(watching, "watch", full)
    place.add("red")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 1)
    place.add("blue")
    await until(lambda: gallery.state().photos == 2)
    assert not gallery._watch.is_reliable


def test_the_listing_changes_with_the_photos_alone(tmp_path: Path) -> None:
    assert listing_of(tmp_path / "missing") is None
    listings = [listing_of(tmp_path)]
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / ".hidden.jpg").write_bytes(b"1")
    assert listing_of(tmp_path) == listings[0]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.jpg").write_bytes(b"1")
    listings.append(listing_of(tmp_path))
    (tmp_path / "below" / "a.jpg").write_bytes(b"22")
    listings.append(listing_of(tmp_path))
    (tmp_path / "below" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert listing_of(tmp_path) == listings[-1]
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert listing_of(tmp_path) == listings[-1]
    assert len(set(listings)) == 3
    assert np.all([listing is not None for listing in listings])
