import asyncio
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL.Image import Image

from bot.gallery.gallery import Gallery, index_path_for
from bot.gallery.watching import listing_of
from bot.inference.worker import Worker
from onenet.engine import Engine
from onenet.search import ImageIndex, compare, nearest_different
from tests.bot.conftest import jpeg, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.inference.test_worker import occupy


class Place:
    """A folder and what is needed to make galleries of it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "photos"
        self.index_path = index_path_for(tmp_path, self.folder)
        self.engine = FakeEngine()
        self.worker = Worker(self.engine)
        self.worker.start()
        self.galleries: list[Gallery] = []
        self.looks = 0
        self._walk = self.worker.walk
        self.worker.walk = self._look  # type: ignore[method-assign]

    async def _look(self, function: Any, *args: Any) -> Any:
        found = await self._walk(function, *args)
        self.looks += function is not compare
        return found

    async def looked_at(self) -> None:
        """Wait until a gallery has seen the folder as it is."""
        known = self.looks + 1  # a look that had begun before does not count
        await until(lambda: self.looks > known)

    def add(self, *colours: str) -> None:
        self.folder.mkdir(exist_ok=True)
        for colour in colours:
            (self.folder / f"{colour}.jpg").write_bytes(jpeg(colour))

    def gallery(self, watch_s: float = 0.02) -> Gallery:
        gallery = Gallery(
            self.folder, self.index_path, self.worker, cast(Engine, self.engine), watch_s=watch_s
        )
        self.galleries.append(gallery)
        gallery.start()
        return gallery

    async def close(self) -> None:
        for gallery in self.galleries:
            await gallery.stop()
        await self.worker.stop()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path)
    yield place
    await place.close()


async def names(place: Place, gallery: Gallery, colour: str, k: int = 3) -> list[str]:
    imagined = place.engine.imagine(colour)
    return [Path(match.photo).stem for match in (await gallery.find(imagined, k)).matches]


async def shows(place: Place, gallery: Gallery, colour: str) -> bool:
    """Whether a gallery has a photo of a colour; how much it has just read holds for a moment alone."""
    matches = await gallery.search(place.engine.imagine(colour).representation, 1)
    return bool(matches) and matches[0].score > 0.99


async def test_photos_in_the_folder_become_searchable(place: Place) -> None:
    place.add("red", "green", "blue")
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    assert gallery.state().photos == 3
    assert (await names(place, gallery, "green"))[0] == "green"
    assert place.index_path.exists()


async def test_photos_unlike_a_photo_are_left_out_but_a_description_finds_the_closest(place: Place) -> None:
    place.add("red", "green", "white")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 3)
    red = place.engine.imagine("red")
    alike = await gallery.search(red.representation, 3)
    assert [Path(match.photo).stem for match in alike] == ["red", "green"]
    ranked = (await gallery.find(red, 3)).matches
    assert [Path(match.photo).stem for match in ranked] == ["red", "green", "white"]
    assert ranked[2].score == pytest.approx(-0.58, abs=0.01)
    assert await gallery.search(red.representation, 3, exclude=[match.photo for match in alike]) == []


@pytest.mark.parametrize(("description", "fits"), [("red", True), ("red zeppelin", False), ("blue", False)])
async def test_whether_anything_fits_does_not_depend_on_what_was_sent(
    place: Place, description: str, fits: bool
) -> None:
    place.add("pink", "violet", "green")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 3)
    imagined = place.engine.imagine(description)
    for exclude in ((), (str(place.folder / "pink.jpg"), "/gone.jpg")):
        found = await gallery.find(imagined, 1, exclude=exclude)
        assert len(found.matches) == 1
        assert found.matches[0].photo not in exclude
        assert found.fits == fits


async def test_an_empty_or_missing_folder_is_empty(place: Place) -> None:
    gallery = place.gallery()
    assert gallery.state().phase == "empty"
    assert await names(place, gallery, "red") == []
    place.add()
    await place.looked_at()
    assert gallery.state().phase == "empty"


async def test_new_changed_and_removed_photos_are_noticed(place: Place) -> None:
    place.add("red")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 1)
    place.add("blue")
    await until(lambda: gallery.state().photos == 2)
    (place.folder / "red.jpg").unlink()
    await until(lambda: gallery.state().photos == 1)
    (place.folder / "blue.jpg").write_bytes(jpeg("green", (10, 10)))
    await until(lambda: shows(place, gallery, "green"))
    (place.folder / "blue.jpg").unlink()
    await until(lambda: gallery.state().phase == "empty")


async def test_wake_looks_at_once_from_any_thread(place: Place) -> None:
    gallery = place.gallery(watch_s=1000)
    await until(lambda: place.looks == 1)
    place.add("red")
    thread = threading.Thread(target=gallery.wake)
    thread.start()
    await until(lambda: gallery.state().photos == 1)
    thread.join()


async def test_a_restart_reads_nothing_again(place: Place) -> None:
    place.add("red", "green")
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    await gallery.stop()
    place.engine.batches.clear()
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    assert gallery.state().photos == 2
    assert place.engine.batches == []


async def test_stopped_halfway_it_goes_on_next_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.add()
    for number in range(12):
        (place.folder / f"{number:02}.jpg").write_bytes(jpeg("red") + bytes([number]))
    second_step, go_on = threading.Event(), threading.Event()
    represent = place.engine.represent

    def pause_at_the_second_step(photos: Sequence[Image]) -> NDArray[np.float32]:
        if place.engine.batches:
            second_step.set()
            assert go_on.wait(60)
        return represent(photos)

    monkeypatch.setattr(place.engine, "represent", pause_at_the_second_step)
    gallery = place.gallery()
    assert await asyncio.to_thread(second_step.wait, 60)
    assert (gallery.state().phase, gallery.state().done, gallery.state().total) == ("indexing", 4, 12)
    stopping = asyncio.create_task(gallery.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert place.engine.batches == [4, 4]  # the step in hand was finished, and saved
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    assert gallery.state().photos == 12
    assert place.engine.batches == [4, 4, 4]


async def test_unreadable_files_are_skipped_and_named(place: Place) -> None:
    place.add("red")
    (place.folder / "broken.jpg").write_bytes(b"no photo")
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    assert gallery.state().photos == 1
    [skipped] = gallery.state().skipped
    assert skipped.photo.endswith("broken.jpg")


@pytest.mark.parametrize("trouble", ["damaged", "foreign"])
async def test_a_damaged_or_foreign_index_is_made_anew(
    place: Place, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    place.add("red", "green")
    place.index_path.parent.mkdir(parents=True)
    if trouble == "damaged":
        place.index_path.write_bytes(b"\x10" * 500)
    else:
        ImageIndex("another network").save(place.index_path)
    gallery = place.gallery()
    await until(lambda: gallery.state().phase == "ready")
    assert gallery.state().photos == 2
    assert "made anew" in caplog.text
    assert len(ImageIndex.load(place.index_path, fingerprint="fake")) == 2


async def test_a_folder_that_vanishes_is_not_taken_for_an_empty_one(place: Place) -> None:
    place.add("red")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 1)
    place.folder.rename(place.folder.with_name("unmounted"))
    await place.looked_at()
    assert gallery.state().photos == 1
    place.folder.with_name("unmounted").rename(place.folder)
    assert await names(place, gallery, "red") == ["red"]


async def test_questions_come_before_the_gallery(place: Place) -> None:
    place.add("red", "green", "blue", "pink", "violet", "dark red")
    gate, busy = await occupy(place.worker)
    gallery = place.gallery()
    await until(lambda: len(place.worker._background_jobs) > 0)
    question = asyncio.create_task(place.worker.call(lambda: sum(place.engine.batches)))
    await asyncio.sleep(0)
    gate.opened.set()
    await busy
    assert await question == 0
    await until(lambda: gallery.state().phase == "ready")


async def test_a_search_among_ten_thousand_new_photos_waits_for_one_batch(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.add("red")
    for number in range(10_000):
        os.link(place.folder / "red.jpg", place.folder / f"{number}.jpg")
    at_work, go_on = threading.Event(), threading.Event()
    represent = place.engine.represent

    def pause_at_the_third_batch(photos: Sequence[Image]) -> NDArray[np.float32]:
        if len(place.engine.batches) == 2:
            at_work.set()
            assert go_on.wait(60)
        return represent(photos)

    monkeypatch.setattr(place.engine, "represent", pause_at_the_third_batch)
    gallery = place.gallery()
    assert await asyncio.to_thread(at_work.wait, 60)
    done: list[int] = []

    def search(*args: Any, **options: Any) -> Any:
        done.append(len(place.engine.batches))
        return nearest_different(*args, **options)

    monkeypatch.setattr("bot.gallery.gallery.nearest_different", search)
    asked = asyncio.create_task(gallery.search(place.engine.imagine("red").representation, 1))
    await until(lambda: place.worker.waiting == 1)
    go_on.set()
    assert len(await asked) == 1
    assert done == [3]  # the batch in hand, and no other one
    assert gallery.state().total == 10_001


async def test_a_folder_is_compared_beside_the_network(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.add("red", "green")
    names: dict[str, set[str]] = {"compare": set(), "known": set(), "listing": set()}
    at_work, go_on = threading.Event(), threading.Event()
    known_below = ImageIndex.known_below

    def noted_known(self: ImageIndex, folder: str) -> Any:
        names["known"].add(threading.current_thread().name)
        return known_below(self, folder)

    def slow(*args: Any) -> Any:
        names["compare"].add(threading.current_thread().name)
        at_work.set()
        assert go_on.wait(60)
        return compare(*args)

    def noted_listing(folder: Path) -> str | None:
        names["listing"].add(threading.current_thread().name)
        return listing_of(folder)

    monkeypatch.setattr(ImageIndex, "known_below", noted_known)
    monkeypatch.setattr("bot.gallery.gallery.compare", slow)
    monkeypatch.setattr("bot.gallery.gallery.listing_of", noted_listing)
    gallery = place.gallery()
    assert await asyncio.to_thread(at_work.wait, 60)
    assert await place.worker.call(lambda: threading.current_thread().name) == "network"  # it is free
    assert not go_on.is_set()
    go_on.set()
    await until(lambda: gallery.state().photos == 2)
    for threads in names.values():
        assert threads
        assert not {name for name in threads if name in ("network", threading.main_thread().name)}


async def test_very_many_photos_that_have_gone_are_dropped_in_steps(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.search.folder.REMOVED_AT_ONCE", 3)
    place.add("red")
    for number in range(8):
        (place.folder / f"{number}.jpg").write_bytes(jpeg("green") + bytes([number]))
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 9)
    sizes: list[int] = []
    remove = ImageIndex.remove

    def noted(self: ImageIndex, photos: Any) -> int:
        found = list(photos)
        sizes.append(len(found))
        return remove(self, found)

    monkeypatch.setattr(ImageIndex, "remove", noted)
    for number in range(8):
        (place.folder / f"{number}.jpg").unlink()
    await until(lambda: gallery.state().photos == 1 and gallery.state().phase == "ready")
    assert max(sizes) <= 3


async def test_an_error_is_logged_and_the_gallery_stays_usable(
    place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gallery.gallery.RETRY_S", 0.02)
    place.add("red")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 1)

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ImageIndex, "save", full_disk)
        place.add("blue")
        await until(lambda: "could not be indexed" in caplog.text)
    await until(lambda: gallery.state().photos == 2 and gallery.state().phase == "ready")
    assert (await names(place, gallery, "red"))[0] == "red"


def test_each_folder_has_an_index_of_its_own(tmp_path: Path) -> None:
    first, second = index_path_for(tmp_path, tmp_path / "a"), index_path_for(tmp_path, tmp_path / "b")
    assert first != second
    assert first.parent == tmp_path / "indexes"
    assert first == index_path_for(tmp_path, tmp_path / "b" / ".." / "a")


async def test_after_a_long_update_it_looks_again_soon(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of indexing are no reason not to look at the folder for days."""
    monkeypatch.setattr("bot.gallery.gallery.WATCH_SHARE", 1e-3)
    place.add("red", "green", "blue")
    represent = place.engine.represent

    def slowly(photos: Sequence[Image]) -> NDArray[np.float32]:
        place.add("violet")  # copied in while the others are read
        time.sleep(0.3)
        return represent(photos)

    monkeypatch.setattr(place.engine, "represent", slowly)
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 4)


async def test_what_another_program_removes_from_the_index_is_left_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.add("red", "green")
    gallery = place.gallery()
    await until(lambda: gallery.state().photos == 2)
    green, red = gallery._index.photos
    monkeypatch.setattr(ImageIndex, "__contains__", lambda index, photo: True)  # as it was a moment ago
    monkeypatch.setattr(ImageIndex, "sample", lambda index, count, chance: [green, red])
    gallery._index.remove([green])
    assert list(await gallery.representations([green, red])) == [red]
    photos, representations = await gallery.sample(2, random.Random(0))
    assert (photos, len(representations)) == ([red], 1)
