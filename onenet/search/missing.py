"""Photos that have gone all at once: a drive that is not connected, rather than photos that were deleted."""

import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import PurePath

from onenet.search.finding import beneath
from onenet.search.index_file import PhotoRecord

MANY = 10  # photos in a folder at least, for their going to be a surprise
ALMOST_NONE = 0.1  # of the photos that a folder had


def emptied_folders(
    folder: str, known: Iterable[str], found: Collection[str], removed: Iterable[str]
) -> list[str]:
    """Find the folders that suddenly have none, or almost none, of many photos; the outermost ones, sorted.

    One that is no longer there, while the folder around it is, was deleted, and its photos with it.

    Args:
        folder: Where to look, with everything below it.
        known: The photos that it had.
        found: All that it has now.
        removed: Those of the known that have gone for good as far as one can see.
    """
    removed_in = _count(folder, removed)
    if not removed_in:
        return []
    had, has = _count(folder, known), _count(folder, found)
    emptied: list[str] = []
    for place in sorted(removed_in, key=len):
        is_emptied = (
            had[place] >= MANY and has[place] <= ALMOST_NONE * had[place] and removed_in[place] >= MANY / 2
        )
        if is_emptied and os.path.lexists(place) and not place.startswith(tuple(beneath(e) for e in emptied)):
            emptied.append(place)
    return sorted(emptied)


def moved(removed: Iterable[PhotoRecord], added: Iterable[PhotoRecord]) -> set[str]:
    """Tell which photos have only moved to another folder: their name, size and time are found there."""
    there = {_identity(record) for record in added}
    return {record.photo for record in removed if _identity(record) in there}


def _identity(record: PhotoRecord) -> tuple[str, int, int]:
    return os.path.basename(record.photo), record.size_bytes, record.modified_ns


def _count(folder: str, photos: Iterable[str]) -> Counter[str]:
    """Count the photos in and below each folder from one on."""
    beside = Counter(os.path.dirname(photo) for photo in photos)
    counts: Counter[str] = Counter()
    for place, count in beside.items():
        for around in (place, *map(str, PurePath(place).parents)):
            counts[around] += count
            if around == folder:
                break
    return counts
