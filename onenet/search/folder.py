"""Keep an index in step with a folder of photos: read what is new or has changed, drop what has gone."""

import math
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.errors import PhotoError
from onenet.search.comparing import FolderChanges, compare
from onenet.search.content import digest_of, is_as_listed
from onenet.search.finding import beneath, find_photos, path_of
from onenet.search.index_file import PhotoRecord
from onenet.search.photos import is_passing, read_photo
from onenet.search.prefetch import do_ahead
from onenet.search.searchable import Skipped

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

__all__ = ["FolderChanges", "IndexProgress", "compare", "find_photos", "update_index"]

# Decoded photos wait in memory for their batch; beyond this many pixels (200 MB) the batch goes early.
MAX_BATCH_PIXELS = 64_000_000
REMOVED_AT_ONCE = 500  # whoever asks between two steps waits for no more


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
class _Read:
    """A file that was read, or recognised.

    Attributes:
        made: What was made of it, or why it cannot be read; None: it is known.
        known_as: The photo of the index that has the same content.
    """

    record: PhotoRecord
    made: Any
    known_as: str = ""


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

    Only new and changed files are read, and what the index has under another name or time is not represented
    again, unless that name has another content by then. What is told as done is saved, and what is done is
    saved when the iteration ends, however it ends; killed outright, the next run goes on from the last save.

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
    gone = [*changes.removed, *given_up]
    sources = set(changes.same_size.values())
    later = [photo for photo in gone if photo in sources]  # needed until the new files are recognised
    at_once = [photo for photo in gone if photo not in sources]
    removed = len(later)
    waited_for = {photo for photos in changes.missing.values() for photo in photos}.difference(given_up)
    missing = len(waited_for.difference(each.photo for each in index.unreadable)) if waited_for else 0
    added = 0
    is_changed = bool(gone) or index.missing_since != before
    unsaved = is_changed or (path is not None and not path.exists())
    total = len(changes.added)
    read = partial(_read, prepare=prepare, same_size=changes.same_size)
    in_turn = (read(record) for record in changes.added)
    reading = in_turn if prepare is None else do_ahead(changes.added, read, ahead=2 * batch_size)
    save_at = time.monotonic() + save_every_s
    try:
        for start in range(0, len(at_once), REMOVED_AT_ONCE):
            if start:
                yield IndexProgress(0, total, added, removed, tuple(skipped), missing)
            removed += index.remove(at_once[start : start + REMOVED_AT_ONCE])
            if path is not None and start + REMOVED_AT_ONCE < len(at_once):
                index.save(path)
        yield IndexProgress(0, total, added, removed, tuple(skipped), missing)
        for start in range(0, total, batch_size):
            batch = changes.added[start : start + batch_size]
            unsaved = True
            for part in _in_parts(islice(reading, len(batch)), index, skipped):
                added += _add(index, part, represent, prepare)
            done = start + len(batch)
            if done == total:
                index.remove(later)
                later = []
            if path is not None and (done == total or time.monotonic() >= save_at):
                index.save(path)
                unsaved = False
                save_at = time.monotonic() + save_every_s
            yield IndexProgress(done, total, added, removed, tuple(sorted(skipped, key=path_of)), missing)
    finally:
        reading.close()
        if unsaved and path is not None:
            index.save(path)


def note_missing(
    index: "ImageIndex | MilvusIndex", folder: Path, changes: FolderChanges, patience_s: float
) -> list[str]:
    """Note in the index since when folders miss their photos; give the photos no longer waited for."""
    now, folder_name = time.time(), str(folder.resolve())
    elsewhere = {
        place: since
        for place, since in index.missing_since.items()
        if not beneath(place).startswith(beneath(folder_name))
    }
    here = {place: min(index.missing_since.get(place, now), now) for place in changes.missing}
    given_up = [place for place, since in here.items() if now - since >= patience_s]
    index.missing_since = elsewhere | {place: here[place] for place in here if place not in given_up}
    return [photo for place in given_up for photo in changes.missing[place]]


def _read(
    record: PhotoRecord,
    *,
    prepare: Callable[[Image], Any] | None,
    same_size: Mapping[tuple[int, int], str],
) -> _Read:
    """Read a file, unless what is in it is known already; on any thread."""
    digest = digest_of(record)
    known_as = same_size.get((record.size_bytes, digest), "") if digest else ""
    if known_as:
        return _Read(replace(record, digest=digest), None, known_as)
    try:
        photo = read_photo(Path(record.photo))
        made = photo if prepare is None else prepare(photo)
    except PhotoError as error:
        return _Read(record, error)
    # What was summed up may be another content than what was read, if the file was written to just now.
    return _Read(replace(record, digest=digest if is_as_listed(record) else 0), made)


def _in_parts(
    reading: Iterable[_Read], index: "ImageIndex | MilvusIndex", skipped: list[Skipped]
) -> Iterator[list[_Read]]:
    """Give photos as they are read, in parts small enough for memory.

    Unreadable ones go to the index and to `skipped`.
    """
    part: list[_Read] = []
    for each in reading:
        record, photo = each.record, each.made
        if isinstance(photo, PhotoError):
            if not os.path.exists(record.photo):  # deleted a moment ago
                index.remove([record.photo])
                continue
            skipped.append(Skipped(record.photo, str(photo)))
            if is_passing(photo):
                index.remove([record.photo])
            else:
                index.mark_unreadable(record, str(photo))
            continue
        part.append(each)
        if sum(_pixels(other.made) for other in part) >= MAX_BATCH_PIXELS:
            yield part
            part = []
    if part:
        yield part


def _add(
    index: "ImageIndex | MilvusIndex",
    part: Sequence[_Read],
    represent: Callable[[list[Any]], NDArray[np.float32]],
    prepare: Callable[[Image], Any] | None,
) -> int:
    """Add photos to the index, those that are known with the representation that they have there."""
    known = _known_still(index, [each for each in part if each.known_as])
    try:
        if known:
            rows = index.representations_of([each.known_as for each in known])
            index.add([each.record for each in known], rows)
    except KeyError:  # another program has removed one of them meanwhile
        known = []
    added = {each.record.photo for each in known}
    others = [each for each in part if each.record.photo not in added]
    read = [_read(each.record, prepare=prepare, same_size={}) if each.known_as else each for each in others]
    new = [each for each in read if not isinstance(each.made, PhotoError)]
    if new:
        index.add([each.record for each in new], represent([each.made for each in new]))
    return len(known) + len(new)


def _known_still(index: "ImageIndex | MilvusIndex", known: Sequence[_Read]) -> list[_Read]:
    """Leave out what was known by a photo that has another content by now, as where names were swapped."""
    records = index.records_of({each.known_as for each in known}) if known else {}
    return [
        each
        for each in known
        if (there := records.get(each.known_as)) is not None
        and (there.size_bytes, there.digest) == (each.record.size_bytes, each.record.digest)
    ]


def _pixels(photo: object) -> int:
    """Return how many pixels a photo keeps; what was prepared is small."""
    return photo.width * photo.height if isinstance(photo, Image) else 0
