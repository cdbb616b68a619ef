"""Keep an index in step with a folder of photos: read what is new or has changed, drop what has gone."""

import contextlib
import math
import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.errors import OneNetError, PhotoError
from onenet.search.formats.kinds import is_photo
from onenet.search.index import ImageIndex, PhotoRecord, Skipped
from onenet.search.missing import emptied_folders, moved
from onenet.search.photos import read_photo
from onenet.search.prefetch import prefetch

if TYPE_CHECKING:
    from onenet.search.milvus import MilvusIndex

# Decoded photos wait in memory for their batch; beyond this many pixels (200 MB) the batch goes early.
MAX_BATCH_PIXELS = 64_000_000


@dataclass(frozen=True)
class IndexProgress:
    """How far an update has come; all numbers count from its start.

    Attributes:
        done: Files handled, unreadable ones included.
        total: Files that are new or changed.
        added: Photos added or replaced.
        removed: Photos dropped because their files have gone.
        skipped: Every unreadable file of the folder, whether met now or in an earlier run.
        missing: Photos that are kept though their files have gone, see `update_index`.
    """

    done: int
    total: int
    added: int
    removed: int
    skipped: tuple[Skipped, ...]
    missing: int = 0


@dataclass(frozen=True)
class FolderChanges:
    """How a folder differs from the index.

    Attributes:
        added: Files that are new or have changed, sorted by path.
        removed: Photos of the index that are no longer in the folder.
        unchanged: How many files need no work, the known unreadable ones included.
        skipped: What is known to be unreadable and has not changed since.
        missing: Photos of the index that have gone all at once, by the folder that has lost them.
    """

    added: list[PhotoRecord]
    removed: list[str]
    unchanged: int
    skipped: list[Skipped]
    missing: dict[str, list[str]] = field(default_factory=dict)


def update_index(
    index: "ImageIndex | MilvusIndex",
    folder: Path,
    represent: Callable[[list[Any]], NDArray[np.float32]],
    *,
    prepare: Callable[[Image], Any] | None = None,
    path: Path | None,
    batch_size: int = 16,
    save_every_s: float = 0.0,
    patience_s: float = math.inf,
    changes: FolderChanges | None = None,
) -> Generator[IndexProgress, None, None]:
    """Bring the photos of one folder up to date in the index, one batch a step.

    Only new and changed files are read. What is told as done is saved, and what is done is saved when the
    iteration ends, however it ends; killed outright, the next run goes on from the last save.

    A folder that suddenly has none, or almost none, of many photos is taken for a drive that is not
    connected: its photos are kept, since when is noted in the index, and they are dropped when it stays so.

    Args:
        index: Changed in place; its photos from other folders stay.
        folder: The folder, searched with everything below it.
        represent: Makes representations, shape (B, D), from B photos, or from what `prepare` made of them.
        prepare: Makes of a photo what `represent` needs, and no more of it is kept; on other threads, which
            read photos while those before them are represented. None: a photo is read when its turn comes.
        path: Where to save; None saves nothing.
        batch_size: Photos a step.
        save_every_s: Seconds between saves at least; 0: what is told of cannot be lost.
        patience_s: Seconds for which missing photos are kept, counted across runs; 0: they are dropped now.
        changes: What `compare` has found, perhaps in another thread; None: it is looked for here.

    Yields:
        The progress: once before the first photo is read, then after each batch.

    Raises:
        OneNetError: If there is no such folder.
        IndexFileError: If the index cannot be saved.
    """
    changes = changes or compare(index, folder)
    skipped = list(changes.skipped)
    before = dict(index.missing_since)
    given_up = note_missing(index, folder, changes, patience_s)
    removed = index.remove([*changes.removed, *given_up])
    missing = sum(photo in index for photos in changes.missing.values() for photo in photos)
    added = 0
    is_changed = bool(changes.removed or given_up) or index.missing_since != before
    unsaved = is_changed or (path is not None and not path.exists())
    total = len(changes.added)
    photos = [Path(record.photo) for record in changes.added]
    reading = _read_each(photos) if prepare is None else prefetch(photos, prepare, ahead=2 * batch_size)
    save_at = time.monotonic() + save_every_s
    try:
        yield IndexProgress(0, total, added, removed, tuple(skipped), missing)
        for start in range(0, total, batch_size):
            batch = changes.added[start : start + batch_size]
            unsaved = True
            for records, read in _read_in_parts(batch, reading, index, skipped):
                index.add(records, represent(read))
                added += len(records)
            done = start + len(batch)
            if path is not None and (done == total or time.monotonic() >= save_at):
                index.save(path)
                unsaved = False
                save_at = time.monotonic() + save_every_s
            yield IndexProgress(done, total, added, removed, tuple(sorted(skipped, key=_photo)), missing)
    finally:
        reading.close()
        if unsaved and path is not None:
            index.save(path)


def compare(index: "ImageIndex | MilvusIndex", folder: Path) -> FolderChanges:
    """Tell how a folder and everything below it differ from an index; its photos elsewhere do not matter.

    Of files that the index knows only size and time are looked at. It may be done in any thread while
    nothing is added to the index or removed.

    Raises:
        OneNetError: If there is no such folder, or it cannot be read.
    """
    folder = folder.resolve()
    known = index.known_below(_beneath(str(folder)))
    closed: list[Skipped] = []
    found: list[str] = []
    added: list[PhotoRecord] = []
    gone: list[str] = []
    visited: set[str] = set()
    for current, entries in _visit(folder, closed):
        place = _beneath(str(current))
        here = known.get(place, {})
        there = set()
        with _opened(current) as number:
            for entry in entries:
                name, photo = entry.name, place + entry.name
                size_and_time = here.get(name)
                if size_and_time is not None:
                    try:
                        status = os.stat(photo if number is None else name, dir_fd=number)
                    except OSError:  # deleted since the folder was listed
                        continue
                if size_and_time is None or (status.st_size, status.st_mtime_ns) != size_and_time:
                    if not is_photo(photo) or (record := _record(photo)) is None:
                        continue
                    added.append(record)
                there.add(name)
                found.append(photo)
        if not here.keys() <= there:
            gone += [place + name for name in here if name not in there]
        visited.add(place)
    # What lies below a folder that cannot be opened just now has not been deleted.
    hidden = tuple(_beneath(skipped.photo) for skipped in closed)
    for place, names in known.items():
        if place not in visited and not place.startswith(hidden):
            gone += [place + name for name in names]
    added.sort(key=lambda record: record.photo)
    missing = _missing(str(folder), known, found, sorted(gone), added) if gone else {}
    kept = {photo for photos in missing.values() for photo in photos}
    removed = [photo for photo in sorted(gone) if photo not in kept]
    changed = {record.photo for record in added} | set(removed) | kept
    inside = _beneath(str(folder))
    unreadable = [
        skipped
        for skipped in index.unreadable
        if skipped.photo.startswith(inside) and skipped.photo not in changed
    ]
    return FolderChanges(
        added, removed, len(found) - len(added), sorted(closed + unreadable, key=_photo), missing
    )


def find_photos(folder: Path, closed: list[Skipped] | None = None) -> Iterator[Path]:
    """Find the photos in a folder and below, known by their names or first bytes, in a fixed order.

    Hidden files and folders are left out. Links are followed, but no folder is visited twice.

    Args:
        folder: Where to look; the paths found begin with it.
        closed: Collects the folders below it that cannot be read.

    Raises:
        OneNetError: If there is no such folder, or it cannot be read.
    """
    for current, entries in _visit(folder, [] if closed is None else closed):
        for entry in entries:
            if is_photo(entry.path):
                yield current / entry.name


def _visit(folder: Path, closed: list[Skipped]) -> Iterator[tuple[Path, list["os.DirEntry[str]"]]]:
    """Give a folder and each below it with what is in it that might be photos, in a fixed order."""
    if not folder.is_dir():
        raise OneNetError(f"There is no folder {folder}; give one that holds your photos.")
    visited: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            status = current.stat()
            if (place := (status.st_dev, status.st_ino)) in visited:
                continue
            visited.add(place)
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            if current == folder:
                raise OneNetError(f"The folder {folder} cannot be read ({_reason(error)}).") from error
            closed.append(Skipped(str(current), f"The folder cannot be read ({_reason(error)})."))
            continue
        below: list[Path] = []
        shown: list[os.DirEntry[str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            is_folder = _is_folder(entry)
            if _is_text(entry.name):
                if is_folder:
                    below.append(current / entry.name)
                else:
                    shown.append(entry)
            else:
                shown_name = os.fsencode(entry.name).decode(errors="replace")
                closed.append(Skipped(str(current / shown_name), "Its name is not UTF-8 text; rename it."))
        waiting += reversed(below)
        yield current, shown


def _missing(
    folder: str,
    known_below: Mapping[str, Mapping[str, tuple[int, int]]],
    found: Collection[str],
    gone: Sequence[str],
    added: Sequence[PhotoRecord],
) -> dict[str, list[str]]:
    """Tell which of the photos that have gone are missing, by the folder that has lost them."""
    known = {
        place + name: PhotoRecord(place + name, *size_and_time)
        for place, names in known_below.items()
        for name, size_and_time in names.items()
    }
    elsewhere = moved((known[photo] for photo in gone), added)
    gone = [photo for photo in gone if photo not in elsewhere]
    had = (photo for photo in known if photo not in elsewhere)
    return {
        place: [photo for photo in gone if photo.startswith(_beneath(place))]
        for place in emptied_folders(folder, had, found, gone)
    }


def note_missing(
    index: "ImageIndex | MilvusIndex", folder: Path, changes: FolderChanges, patience_s: float
) -> list[str]:
    """Note in the index since when folders miss their photos; give the photos no longer waited for."""
    now, folder_name = time.time(), str(folder.resolve())
    elsewhere = {
        place: since
        for place, since in index.missing_since.items()
        if not _beneath(place).startswith(_beneath(folder_name))
    }
    here = {place: min(index.missing_since.get(place, now), now) for place in changes.missing}
    given_up = [place for place, since in here.items() if now - since >= patience_s]
    index.missing_since = elsewhere | {place: here[place] for place in here if place not in given_up}
    return [photo for place in given_up for photo in changes.missing[place]]


def _read_in_parts(
    batch: Sequence[PhotoRecord],
    reading: Iterable[Any | PhotoError],
    index: "ImageIndex | MilvusIndex",
    skipped: list[Skipped],
) -> Iterator[tuple[list[PhotoRecord], list[Any]]]:
    """Give photos as they are read, in parts small enough for memory.

    Unreadable ones go to the index and to `skipped`.
    """
    records: list[PhotoRecord] = []
    photos: list[Any] = []
    for record, photo in zip(batch, reading, strict=False):  # the first to end is the batch
        if isinstance(photo, PhotoError):
            if not os.path.exists(record.photo):  # deleted a moment ago
                index.remove([record.photo])
                continue
            skipped.append(Skipped(record.photo, str(photo)))
            if os.access(record.photo, os.R_OK):
                index.mark_unreadable(record, str(photo))
            else:  # may be permitted tomorrow without any change to the file
                index.remove([record.photo])
            continue
        records.append(record)
        photos.append(photo)
        if sum(_pixels(each) for each in photos) >= MAX_BATCH_PIXELS:
            yield records, photos
            records, photos = [], []
    if records:
        yield records, photos


def _read_each(photos: Sequence[Path]) -> Generator[Image | PhotoError, None, None]:
    for photo in photos:
        try:
            yield read_photo(photo)
        except PhotoError as error:
            yield error


def _pixels(photo: object) -> int:
    """Return how many pixels a photo keeps; what was prepared is small."""
    return photo.width * photo.height if isinstance(photo, Image) else 0


def _is_text(name: str) -> bool:
    """Whether a file name is UTF-8: others cannot be written into JSON, a database or a message."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int | None]:
    """Open a folder, so that the system need not find it for each file anew; None where it does not help."""
    number = None
    if os.stat in os.supports_dir_fd:
        with contextlib.suppress(OSError):
            number = os.open(folder, os.O_RDONLY)
    try:
        yield number
    finally:
        if number is not None:
            os.close(number)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _record(photo: str) -> PhotoRecord | None:
    with contextlib.suppress(OSError):  # deleted since the folder was listed
        status = os.stat(photo)
        return PhotoRecord(photo, status.st_size, status.st_mtime_ns)
    return None


def _beneath(folder: str) -> str:
    return os.path.join(folder, "")


def _photo(skipped: Skipped) -> str:
    return skipped.photo


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
