"""Which photos of a folder, a list or an address are to be read: those that an index has not as they are."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from onenet.errors import OneNetError, PhotoError
from onenet.indexing.addresses import (
    NOT_LOOKED_AT,
    as_listed,
    is_address,
    is_folder,
    local_path,
    look_at,
    photos_below,
    read_text,
)
from onenet.search.folder import FolderChanges, compare
from onenet.search.formats.kinds import PHOTO_SUFFIXES, suffix_of
from onenet.search.index import PhotoRecord, Skipped
from onenet.search.missing import ALMOST_NONE, MANY

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

_AT_ONCE = 1000  # photos that the index is asked for
_LOOKERS = 16  # threads that ask for the size and time of photos


def changes_in(index: "ImageIndex | MilvusIndex", place: str) -> FolderChanges:
    """Tell how a folder, a list of photos or what is at an address differs from an index.

    A list names a path or an address a line; paths are taken from the folder that the program runs in, and
    what the index has beside the list does not matter. At an address is a folder, a photo or a list.

    Raises:
        OneNetError: If there is no such place, or it cannot be read.
    """
    place = local_path(place)
    if not is_address(place):
        path = Path(place)
        return compare(index, path) if path.is_dir() else changes_in_list(index, _lines(path))
    if is_folder(place):
        return _changes_below(index, place)
    if suffix_of(place) in PHOTO_SUFFIXES:
        return changes_in_list(index, [place])
    return changes_in_list(index, read_text(place).splitlines())


def changes_in_list(index: "ImageIndex | MilvusIndex", lines: Iterable[str]) -> FolderChanges:
    """Tell which photos of a list the index does not have as they are; nothing of it is removed."""
    named = dict.fromkeys(_photo(line) for line in lines if line.strip())
    return _compared(index, (PhotoRecord(photo, NOT_LOOKED_AT, 0) for photo in named))


def _changes_below(index: "ImageIndex | MilvusIndex", address: str) -> FolderChanges:
    closed: list[Skipped] = []
    found: set[str] = set()

    def noted() -> Iterator[PhotoRecord]:
        for record in photos_below(address, closed):
            found.add(record.photo)
            yield record

    changes = _compared(index, noted())
    known = [place + name for place, names in index.known_below(as_listed(address)).items() for name in names]
    gone = sorted(set(known) - found)
    # As with a folder: what suddenly has none, or almost none, of many is taken for a server that is ill.
    is_emptied = len(known) >= MANY and len(known) - len(gone) <= ALMOST_NONE * len(known)
    is_closed = bool(closed)
    return FolderChanges(
        changes.added,
        [] if is_emptied or is_closed else gone,
        changes.unchanged,
        closed + changes.skipped,
        {address: gone} if is_emptied and not is_closed else {},
    )


def _compared(index: "ImageIndex | MilvusIndex", records: Iterable[PhotoRecord]) -> FolderChanges:
    unreadable = {skipped.photo: skipped for skipped in index.unreadable}
    added: list[PhotoRecord] = []
    skipped: list[Skipped] = []
    unchanged = 0
    records = iter(records)
    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look") as lookers:
        while part := list(islice(records, _AT_ONCE)):
            known = index.records_of([record.photo for record in part])
            new = [record for record in part if record.photo not in known]
            added += new  # whoever reads them looks at them
            for record in lookers.map(_looked_at, (record for record in part if record.photo in known)):
                if isinstance(record, Skipped):
                    skipped.append(record)
                elif record != known[record.photo]:
                    added.append(record)
                else:
                    unchanged += 1
                    if record.photo in unreadable:
                        skipped.append(unreadable[record.photo])
    return FolderChanges(added, [], unchanged, skipped)


def _looked_at(record: PhotoRecord) -> PhotoRecord | Skipped:
    if record.size_bytes != NOT_LOOKED_AT:
        return record
    try:
        return look_at(record.photo)
    except PhotoError as error:
        return Skipped(record.photo, str(error))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        if not path.exists():
            raise OneNetError(
                f"There is no folder {path}; give one that holds your photos, or a list of them."
            ) from error
        raise OneNetError(f"The list {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise OneNetError(
            f"{path} is no folder, and no list of photos either: it is not UTF-8 text."
        ) from error


def _photo(line: str) -> str:
    photo = local_path(line.strip("\r\n"))
    if is_address(photo) or "\0" in photo:  # no file has such a name: it is not found when it is looked at
        return photo
    return os.path.realpath(photo)
