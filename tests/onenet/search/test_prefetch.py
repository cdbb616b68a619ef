import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onenet.errors import PhotoError
from onenet.search import ImageIndex, update_index
from onenet.search.prefetch import prefetch

PATIENCE_S = 30


def paint(file: Path, level: int) -> Path:
    Image.new("RGB", (4, 4), (level, level, level)).save(file)
    return file


def level_of(photo: Image.Image) -> int:
    found = photo.getpixel((0, 0))
    assert isinstance(found, tuple)
    return int(found[0])


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return [paint(tmp_path / f"{number:02}.png", number) for number in range(20)]


class Preparing:
    """Notes whose turn it was; the photos of some levels wait until they are let go."""

    def __init__(self, *held: int) -> None:
        self.begun: list[int] = []
        self.held = {level: threading.Event() for level in held}
        self._news = threading.Condition()

    def __call__(self, photo: Image.Image) -> int:
        level = level_of(photo)
        with self._news:
            self.begun.append(level)
            self._news.notify_all()
        if level in self.held:
            assert self.held[level].wait(PATIENCE_S)
        return level

    def wait_for(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.begun) >= count, PATIENCE_S)


@pytest.mark.parametrize("readers", [1, 4])
@pytest.mark.parametrize("ahead", [0, 3, 100])
def test_the_answers_come_in_the_order_of_the_photos(photos: list[Path], readers: int, ahead: int) -> None:
    photos[3].write_bytes(b"no photo")
    photos[7].unlink()
    found = list(prefetch(photos, level_of, ahead=ahead, readers=readers))
    assert [each for each in found if isinstance(each, int)] == [n for n in range(20) if n not in (3, 7)]
    assert all(isinstance(found[place], PhotoError) for place in (3, 7))
    assert "07.png" in str(found[7])


def test_a_slow_photo_lets_others_overtake_it_but_comes_first(photos: list[Path]) -> None:
    preparing = Preparing(0)
    steps = prefetch(photos, preparing, ahead=5, readers=2)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(steps))
    thread.start()
    preparing.wait_for(6)
    assert found == []
    preparing.held[0].set()
    thread.join(PATIENCE_S)
    assert found == list(range(20))


def test_no_more_is_read_than_was_allowed(photos: list[Path]) -> None:
    preparing = Preparing()
    steps = prefetch(photos, preparing, ahead=3, readers=2)
    assert preparing.begun == []  # nobody has asked
    for taken in range(1, 10):
        next(steps)
        assert len(preparing.begun) <= taken + 4
    preparing.wait_for(12)


def test_closed_early_it_reads_no_more(photos: list[Path]) -> None:
    preparing = Preparing(1)
    steps = prefetch(photos, preparing, ahead=10, readers=1)
    assert next(steps) == 0
    preparing.wait_for(2)
    steps.close()  # though a file hangs
    preparing.held[1].set()
    assert list(steps) == []
    for thread in threading.enumerate():
        if thread.name.startswith("read"):
            thread.join(PATIENCE_S)
    assert preparing.begun == [0, 1]


def test_what_preparing_raises_comes_in_the_place_of_its_photo(photos: list[Path]) -> None:
    def refuse(photo: Image.Image) -> int:
        if level_of(photo) == 2:
            raise ValueError("two")
        return level_of(photo)

    steps = prefetch(photos, refuse, ahead=9)
    assert [next(steps), next(steps)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(steps)


def test_nothing_to_read() -> None:
    assert list(prefetch([], level_of, ahead=4)) == []


# --- a folder -------------------------------------------------------------------------------------------


def vector_of(photo: Image.Image) -> NDArray[np.float32]:
    return np.array([1, level_of(photo), 0], dtype=np.float32)


def stack(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(rows)


def straight(photos: list[Image.Image]) -> NDArray[np.float32]:
    return stack([vector_of(photo) for photo in photos])


def test_a_folder_is_read_ahead_to_the_same_index(photos: list[Path]) -> None:
    photos[5].write_bytes(b"no photo")
    one_by_one, ahead = ImageIndex("network-1", 3), ImageIndex("network-1", 3)
    expected = list(update_index(one_by_one, photos[0].parent, straight, path=None, batch_size=3))
    found = list(update_index(ahead, photos[0].parent, stack, prepare=vector_of, path=None, batch_size=3))
    assert found == expected
    assert found[-1].skipped
    assert ahead.photos == one_by_one.photos
    assert np.array_equal(
        ahead.representations_of(ahead.photos), one_by_one.representations_of(one_by_one.photos)
    )


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_stopped_in_the_middle_the_index_has_what_was_represented(
    photos: list[Path], stop: Callable[[], BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "index.safetensors"
    seen = 0

    def interrupted(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        nonlocal seen
        if seen == 6:
            raise stop()
        seen += len(rows)
        return stack(rows)

    index = ImageIndex("network-1", 3)
    steps = update_index(index, photos[0].parent, interrupted, prepare=vector_of, path=path, batch_size=3)
    with pytest.raises(stop):  # type: ignore[call-overload]
        list(steps)
    assert len(ImageIndex.load(path, fingerprint="network-1")) == 6
    rest = list(update_index(index, photos[0].parent, stack, prepare=vector_of, path=path, batch_size=3))
    assert rest[-1].total == 14
    assert len(ImageIndex.load(path, fingerprint="network-1")) == 20


def test_a_photo_deleted_after_it_was_listed_is_no_complaint(photos: list[Path]) -> None:
    steps = update_index(
        ImageIndex("network-1", 3), photos[0].parent, stack, prepare=vector_of, path=None, batch_size=4
    )
    assert next(steps).total == 20
    photos[19].unlink()
    end = list(steps)[-1]
    assert (end.added, end.skipped) == (19, ())
