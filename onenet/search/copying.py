"""One index copied into another: from a file to Milvus, and back."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onenet.search.likeness import still_there

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

_AT_ONCE = 1000  # photos


def copy_index(
    source: "ImageIndex | MilvusIndex", target: "ImageIndex | MilvusIndex"
) -> Iterator[tuple[int, int]]:
    """Copy all photos of an index into another, whose own stay; to do it again does no harm.

    What another program removes meanwhile is left out.

    Yields:
        How many are copied, and of how many; what is there then may be saved, and is to be at the end.
    """
    total, done = len(source), 0
    for part in source.parts(_AT_ONCE):
        left, representations = still_there(source, [record.photo for record in part], source.dimensions)
        target.add([part[row] for row in left], representations)
        done += len(part)
        yield done, total
    skipped = {each.photo: each.reason for each in source.unreadable}
    for record in source.records_of(skipped).values():
        target.mark_unreadable(record, skipped[record.photo])
    target.missing_since = {**target.missing_since, **source.missing_since}
