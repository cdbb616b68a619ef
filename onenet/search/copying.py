"""One index copied into another: from a file to Milvus, and back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

_AT_ONCE = 1000  # photos


def copy_index(
    source: "ImageIndex | MilvusIndex", target: "ImageIndex | MilvusIndex"
) -> Iterator[tuple[int, int]]:
    """Copy all photos of an index into another, whose own stay; to do it again does no harm.

    Yields:
        How many are copied, and of how many.
    """
    unreadable = {skipped.photo: skipped.reason for skipped in source.unreadable}
    records = source.records
    photos = [photo for photo in records if photo not in unreadable]
    for start in range(0, len(photos), _AT_ONCE):
        part = photos[start : start + _AT_ONCE]
        target.add([records[photo] for photo in part], source.representations_of(part))
        yield start + len(part), len(photos)
    for photo, reason in unreadable.items():
        target.mark_unreadable(records[photo], reason)
    target.missing_since = {**target.missing_since, **source.missing_since}
