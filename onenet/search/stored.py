"""The part of an index that is on the disk: read at one commit, changed by the next, all or nothing.

What is added goes into the database first, its vector too; enough of them are appended to a segment's files.
A vector is on the disk before the record that speaks of it, so whatever happens, both are there or neither.
"""

import contextlib
import os
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.search.index_file import Head, IndexFile, PhotoRecord, Row, checksum_of
from onenet.search.segments import (
    OpenSegment,
    Rows,
    Segment,
    Vectors,
    append,
    as_rows,
    files_of,
    open_segment,
    sync_folder,
    width_of,
)

Floats = NDArray[np.float32]

NEWEST_MOST = 1024  # vectors that wait in the database for their segment
CHECKED_MOST = 2000  # photos of an index all of which is checked when it is opened; later what is found is


@dataclass(frozen=True)
class Change:
    """What is to be committed.

    Attributes:
        photos: To be forgotten, or replaced by what is added.
        vectors: Of the records that are added, shape (B, D).
    """

    photos: Collection[str]
    records: Sequence[PhotoRecord]
    vectors: Floats
    unreadable: Sequence[tuple[PhotoRecord, str]] = ()
    missing_since: dict[str, float] | None = None


class StoredPhotos:
    """Photos on the disk, as they were committed last.

    Args:
        path: The file of the index.
        folder: Where its vectors lie.

    Attributes:
        head: What the index says of itself.
        unreadable: Files that are known to be no photos, and why.

    Raises:
        OSError: As most methods: a file of vectors is missing, or cannot be written.
        sqlite3.Error: As most methods, see `IndexFile`.
        ValueError: As most methods: it is damaged.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._folder = folder
        self._file = IndexFile(path)
        self._open: dict[Segment, OpenSegment] = {}
        self._seen = -1
        try:
            with self._file.reading():
                self.head = self._file.head()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read(self) -> None:
        """Read what is there, and check all of it if it is little."""
        self._seen = self._file.state()
        with self._file.reading():
            if not self._file.is_whole():
                raise ValueError("its end is missing")
            self.head = self._file.head()
            self._filed = self._read_segments()
            self._read_newest()
            self._read_unreadable()
            if self.head.photos <= CHECKED_MOST:
                self._check()

    def catch_up(self) -> bool:
        """Read it again if another program has changed it; whether it had."""
        if self._file.state() == self._seen:
            return False
        self.read()
        return True

    def bury(self, ids: Sequence[int]) -> None:
        """Let photos no longer be found, though the disk still has them."""
        self._filed.bury(ids)
        self._newest.bury(ids)

    def search(self, query: Floats, k: int) -> list[tuple[int, float]]:
        """Find the k nearest to a query (D,): their numbers and cosines, in two rows, each best first."""
        return self._filed.search(query, k) + self._newest.search(query, k)

    def vectors_of(self, ids: Sequence[int]) -> Floats:
        """Return vectors in the order asked for, shape (len(ids), D).

        Raises:
            KeyError: If one is not here.
        """
        vectors = np.zeros((len(ids), self.head.dimensions), np.float32)
        is_new = np.array([photo_id in self._newest_ids for photo_id in ids], bool)
        for those, where in ((is_new, self._newest), (~is_new, self._filed)):
            places = np.flatnonzero(those).tolist()
            vectors[places] = where.vectors_of([ids[place] for place in places])
        return vectors

    def ids(self) -> NDArray[np.int64]:
        """Return the numbers of all photos that can be found."""
        return np.concatenate([self._filed.ids(), self._newest.ids()])

    def ids_of(self, photos: Collection[str]) -> dict[str, int]:
        """Give the numbers of photos by their paths; those that are no photos have some below 0."""
        return self._file.ids_of(photos) if self.head.photos or self.unreadable else {}

    def records_of(self, ids: Collection[int]) -> dict[int, PhotoRecord]:
        """Give photos by their numbers; those are left out that another program has just removed."""
        rows = self._file.rows_of(ids)
        self._check_rows(list(rows.values()))
        return {photo_id: row.record for photo_id, row in rows.items()}

    def records(self) -> list[PhotoRecord]:
        """Give all photos that can be found."""
        return [row.record for row in self._file.rows() if row.photo_id > 0]

    def known_below(self, folder: str) -> dict[str, dict[str, tuple[int, int]]]:
        """Return size and time of each file in a folder and below, by its folder and name; in any thread."""
        known: dict[str, dict[str, tuple[int, int]]] = {}
        with contextlib.closing(IndexFile(self.path)) as file:
            for place, name, size_bytes, modified_ns in file.known_below(folder):
                known.setdefault(place, {})[name] = size_bytes, modified_ns
        return known

    def by_content(self, sizes: Collection[int]) -> dict[tuple[int, int], str]:
        """Return photos of some sizes by size and digest; in any thread."""
        with contextlib.closing(IndexFile(self.path)) as file:
            return {(each.size_bytes, each.digest): each.photo for each in file.by_content(sizes)}

    def commit(self, change: Change) -> None:
        """Change what is on the disk; when this returns, nothing can undo it."""
        missing_since = change.missing_since
        with self._file.writing():
            known = self._file.ids_of(change.photos)
            self._file.remove(known.values())
            head = self._file.head()
            rows = as_rows(change.vectors) if len(change.records) else _no_rows(head.dimensions)
            ids = range(head.next_id, head.next_id + len(rows))
            below = range(head.next_unreadable, head.next_unreadable - len(change.unreadable), -1)
            self._file.add(
                [
                    Row(record, photo_id, checksum_of(record, row.tobytes()))
                    for record, photo_id, row in zip(change.records, ids, rows, strict=True)
                ]
                + [
                    Row(record, photo_id, checksum_of(record, reason.encode()), reason)
                    for (record, reason), photo_id in zip(change.unreadable, below, strict=True)
                ]
            )
            head = replace(
                head,
                next_id=ids.stop,
                next_unreadable=below.stop,
                photos=head.photos + len(ids) - sum(photo_id > 0 for photo_id in known.values()),
                segments=self._keep(head, np.arange(ids.start, ids.stop, dtype=np.uint32), rows),
                missing_since=head.missing_since if missing_since is None else missing_since,
            )
            self._file.set_head(head)
            sync_folder(self.path.parent)
        self._after(head, list(known.values()), bool(change.unreadable))

    def _after(self, head: Head, removed: list[int], has_unreadable: bool) -> None:
        """Take over what was just committed; only what another program did is to be read from the disk."""
        if self._file.state() != self._seen:
            self.read()
            return
        with self._file.reading():
            is_filed = head.segments != self.head.segments
            self.head = head
            if is_filed:
                self._filed = self._read_segments()
            else:
                self._filed.bury(removed)
            self._read_newest()
            if has_unreadable or any(photo_id < 0 for photo_id in removed):
                self._read_unreadable()

    def _keep(self, head: Head, ids: NDArray[np.uint32], rows: Rows) -> tuple[Segment, ...]:
        """Keep vectors in the database, or append them to a segment with those that waited there."""
        waiting, vectors = self._file.newest()
        if len(waiting) + len(ids) <= NEWEST_MOST:
            self._file.add_newest(ids.tolist(), (row.tobytes() for row in rows))
            return head.segments
        before = np.frombuffer(b"".join(vectors), np.float16).reshape(-1, rows.shape[1])
        *others, last = head.segments or (new_segment(),)
        if last.groups:
            others, last = list(head.segments), new_segment()
        every = np.concatenate([np.array(waiting, np.uint32), ids])
        last = append(self._folder, last, np.concatenate([before, rows]), every)
        sync_folder(self._folder)
        self._file.clear_newest()
        return (*others, last)

    def _read_segments(self) -> Vectors:
        segments = [segment for segment in self.head.segments if segment.rows]
        self._open = {
            segment: self._open.get(segment) or open_segment(self._folder, segment, self.head.dimensions)
            for segment in segments
        }
        dead = np.array(self._file.removed(), np.int64)
        return Vectors([self._open[segment] for segment in segments], dead, self.head.dimensions)

    def _read_newest(self) -> None:
        ids, vectors = self._file.newest()
        rows = np.frombuffer(b"".join(vectors), np.float16).reshape(-1, width_of(self.head.dimensions))
        self._newest_ids = set(ids)
        newest = OpenSegment(rows, np.array(ids, np.uint32))
        self._newest = Vectors([newest], np.zeros(0, np.int64), self.head.dimensions)

    def _read_unreadable(self) -> None:
        self.unreadable = {
            row.record.photo: (row.record, row.reason or "") for row in self._file.unreadable()
        }

    def _check(self) -> None:
        """Read everything once.

        Raises:
            ValueError: If anything is not as it was written.
        """
        rows = list(self._file.rows())
        self._check_rows(rows)
        found = {row.photo_id for row in rows if row.photo_id > 0}
        kept = {*self._filed.ids().tolist(), *self._newest.ids().tolist()}
        if not self._file.is_sound() or found != kept or len(found) != self.head.photos:
            raise ValueError("records and vectors differ")

    def _check_rows(self, rows: Sequence[Row]) -> None:
        """Compare records with their vectors, or with the reasons why they have none.

        Raises:
            ValueError: If they do not belong together.
        """
        for where in (self._newest, self._filed):
            those = [
                row
                for row in rows
                if row.photo_id > 0 and (row.photo_id in self._newest_ids) == (where is self._newest)
            ]
            try:
                vectors = where.rows_of([row.photo_id for row in those])
            except KeyError:
                raise ValueError("a vector is missing") from None
            for row, vector in zip(those, vectors, strict=True):
                _raise_unless_sound(row, vector.tobytes())
        for row in rows:
            if row.photo_id < 0:
                _raise_unless_sound(row, (row.reason or "").encode())


def _raise_unless_sound(row: Row, content: bytes) -> None:
    if checksum_of(row.record, content) != row.checksum:
        raise ValueError("the checksum differs")


def new_segment() -> Segment:
    """Give a segment without rows, with a name that no other one has or had."""
    return Segment(secrets.token_hex(6), 0)


def remove_others(folder: Path, segments: Collection[Segment]) -> None:
    """Delete the files of vectors that no segment of an index has: who wrote them was stopped before."""
    kept = {path.name for segment in segments for path in files_of(folder, segment.name)}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in kept and not entry.name.startswith("."):
                _delete(Path(entry.path))


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:  # Windows: another program still reads it; the next time, then
        return


def _no_rows(dimensions: int) -> Rows:
    return np.zeros((0, width_of(dimensions)), np.float16)
