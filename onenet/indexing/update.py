"""The only writer of an index: takes batches of photos in whatever order they are done, and keeps them."""

import json
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from onenet.errors import OneNetError
from onenet.indexing.encoding import Encoded
from onenet.search.folder import FolderChanges

if TYPE_CHECKING:
    from onenet.search.index import ImageIndex
    from onenet.search.milvus import MilvusIndex

SAVE_EVERY_S = 1.0  # at most so much is done anew after the program was killed


@dataclass(frozen=True)
class ArchiveProgress:
    """How far an archive has come.

    Attributes:
        done: Photos handled, unreadable ones included.
        total: Photos that are new or changed.
        added: Photos added or replaced.
        removed: Photos dropped because they have gone.
        missing: Photos that are kept though they have gone.
        failed: Photos that are in the list of failures, those known from before included.
        photos_a_second: Since the first batch was done; 0: not known yet.
        workers: Who has done a batch so far.
    """

    done: int
    total: int
    added: int
    removed: int
    missing: int
    failed: int
    photos_a_second: float = 0.0
    workers: frozenset[str] = frozenset()


def update_archive(
    index: "ImageIndex | MilvusIndex",
    changes: FolderChanges,
    encoded: Iterator[Encoded],
    *,
    path: Path | None,
    failures: Path,
    save_every_s: float = SAVE_EVERY_S,
) -> Generator[ArchiveProgress, None, None]:
    """Bring what is done of the photos that are new into an index, one batch a step.

    What is done is saved when the iteration ends, however it ends. Killed outright, the next run does anew
    what was done in the last `save_every_s` seconds. A photo that comes twice counts once.

    Args:
        index: Changed in place.
        changes: What is to be done, see `onenet.indexing.sources`.
        encoded: The new photos, in any order.
        path: Where to save; None: what is added is kept at once.
        failures: Gets a line of JSON for each photo that is left out, with the reason; deleted if there is
            none.
        save_every_s: Seconds between saves at least.

    Yields:
        The progress: once before the first batch, then after each.

    Raises:
        IndexFileError: If the index cannot be saved.
        OneNetError: If there is something else where the list of failures is to be.
    """
    with _ListOfFailures(failures) as listed:
        writer = _Writer(index, changes, listed)
        is_saved, saved_at = False, -math.inf
        try:
            yield writer.progress()
            for batch in encoded:
                is_saved = False
                writer.take(batch)
                if path is not None and time.monotonic() - saved_at >= save_every_s:
                    index.save(path)
                    is_saved, saved_at = True, time.monotonic()
                yield writer.progress()
        finally:
            if path is not None and not is_saved:
                index.save(path)


class _Writer:
    """Takes batches into an index, each photo once, and counts."""

    def __init__(
        self, index: "ImageIndex | MilvusIndex", changes: FolderChanges, listed: "_ListOfFailures"
    ) -> None:
        self._index, self._listed = index, listed
        self._removed = index.remove(changes.removed)
        self._missing = sum(photo in index for photos in changes.missing.values() for photo in photos)
        self._waiting = {record.photo for record in changes.added}
        self._total, self._added, self._failed = len(self._waiting), 0, len(changes.skipped)
        self._workers: set[str] = set()
        self._begun: tuple[float, int] | None = None  # when the first batch was done, and how many were
        for skipped in changes.skipped:
            listed.add(skipped.photo, skipped.reason)

    def take(self, batch: Encoded) -> None:
        """Add what of a batch is waited for; list what could not be read."""
        rows = [row for row, record in enumerate(batch.records) if record.photo in self._waiting]
        if rows:
            self._index.add([batch.records[row] for row in rows], batch.representations[rows])
        self._waiting.difference_update(record.photo for record in batch.records)
        self._added += len(rows)
        for failure in batch.failures:
            if failure.record.photo in self._waiting:
                self._waiting.remove(failure.record.photo)
                self._failed += 1
                self._listed.add(failure.record.photo, failure.reason)
                if failure.is_lasting:  # what could only not be reached is tried again
                    self._index.mark_unreadable(failure.record, failure.reason)
        self._workers.add(batch.worker)
        self._begun = self._begun or (time.monotonic(), self._done)

    def progress(self) -> ArchiveProgress:
        """Tell how far it has come."""
        rate = 0.0
        if self._begun is not None and (seconds := time.monotonic() - self._begun[0]) > 0:
            rate = (self._done - self._begun[1]) / seconds
        return ArchiveProgress(
            self._done,
            self._total,
            self._added,
            self._removed,
            self._missing,
            self._failed,
            rate,
            frozenset(self._workers),
        )

    @property
    def _done(self) -> int:
        return self._total - len(self._waiting)


class _ListOfFailures:
    """A file with a line of JSON for each photo that is left out; it is not there before the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> "_ListOfFailures":
        """Delete the list of the run before.

        Raises:
            OneNetError: If there is something else.
        """
        if self._path.is_file():
            with self._path.open("rb") as file:
                is_list = file.read(1) in (b"{", b"")
            if not is_list:
                raise OneNetError(f"{self._path} is no list of failures; name another with --failures.")
            self._path.unlink()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, photo: str, reason: str) -> None:
        """Add a photo; it is there even if the program is killed.

        Raises:
            OSError: If the file cannot be written.
        """
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w", encoding="utf-8")
        self._file.write(json.dumps({"photo": photo, "reason": reason}) + "\n")
        self._file.flush()
