"""How a folder of photos differs from an index; it may be asked beside everything else, in any thread."""

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.search.finding import beneath, path_of, visit
from onenet.search.formats.kinds import is_photo
from onenet.search.index_file import PhotoRecord
from onenet.search.missing import emptied_folders, moved
from onenet.search.searchable import Skipped

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex


@dataclass(frozen=True)
class FolderChanges:
    """How a folder differs from the index.

    Attributes:
        added: Files that are new or have changed, sorted by path.
        removed: Photos of the index that are no longer in the folder.
        unchanged: How many files need no work, the known unreadable ones included.
        skipped: What is known to be unreadable and has not changed since.
        missing: Photos of the index that have gone all at once, by the folder that has lost them.
        same_size: Photos of the index of the sizes of those added, by size and digest: where both are the
            same, a file was only moved, copied or touched.
    """

    added: list[PhotoRecord]
    removed: list[str]
    unchanged: int
    skipped: list[Skipped]
    missing: dict[str, list[str]] = field(default_factory=dict)
    same_size: dict[tuple[int, int], str] = field(default_factory=dict)


def compare(index: "ImageIndex | MilvusIndex", folder: Path) -> FolderChanges:
    """Tell how a folder and everything below it differ from an index; its photos elsewhere do not matter.

    Of files that the index knows only size and time are looked at. It may be done in any thread while
    nothing is added to the index or removed.

    Raises:
        OneNetError: If there is no such folder, or it cannot be read.
    """
    folder = Path(os.path.realpath(folder))  # which, unlike `resolve`, takes links that lead to themselves
    known = index.known_below(beneath(str(folder)))
    closed: list[Skipped] = []
    found: list[str] = []
    added: list[PhotoRecord] = []
    gone: list[str] = []
    visited: set[str] = set()
    for current, entries in visit(folder, closed):
        place = beneath(str(current))
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
    hidden = tuple(beneath(skipped.photo) for skipped in closed)
    for place, names in known.items():
        if place not in visited and not place.startswith(hidden):
            gone += [place + name for name in names]
    added.sort(key=lambda record: record.photo)
    missing = _missing(str(folder), known, found, sorted(gone), added) if gone else {}
    kept = {photo for photos in missing.values() for photo in photos}
    removed = [photo for photo in sorted(gone) if photo not in kept]
    changed = {record.photo for record in added} | set(removed) | kept
    inside = beneath(str(folder))
    unreadable = [
        skipped
        for skipped in index.unreadable
        if skipped.photo.startswith(inside) and skipped.photo not in changed
    ]
    same_size = index.by_content({record.size_bytes for record in added}) if added else {}
    return FolderChanges(
        added,
        removed,
        len(found) - len(added),
        sorted(closed + unreadable, key=path_of),
        missing,
        same_size,
    )


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
        place: [photo for photo in gone if photo.startswith(beneath(place))]
        for place in emptied_folders(folder, had, found, gone)
    }


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


def _record(photo: str) -> PhotoRecord | None:
    with contextlib.suppress(OSError):  # deleted since the folder was listed
        status = os.stat(photo)
        return PhotoRecord(photo, status.st_size, status.st_mtime_ns)
    return None
