"""Keep an index in step with a folder of photos: read what is new or has changed, drop what has gone."""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.errors import PhotoError
from onenet.search.index import ImageIndex, PhotoRecord, Skipped
from onenet.search.photos import read_photo

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
    """

    done: int
    total: int
    added: int
    removed: int
    skipped: tuple[Skipped, ...]


def update_index(
    index: ImageIndex,
    folder: Path,
    represent: Callable[[list[Image]], NDArray[np.float32]],
    *,
    path: Path | None,
    batch_size: int = 16,
    save_every_s: float = 10.0,
) -> Generator[IndexProgress, None, None]:
    """Bring the photos of one folder up to date in the index, one batch a step.

    Only new and changed files are read. What is done is saved as it goes and when the iteration ends, however
    it ends; killed outright, the next run goes on from the last save.

    Args:
        index: Changed in place; its photos from other folders stay.
        folder: The folder, searched with everything below it.
        represent: Makes representations, shape (B, D), from B photos.
        path: Where to save; None saves nothing.
        batch_size: Photos a step.
        save_every_s: Seconds between saves at least; more when a save takes long.

    Yields:
        The progress: once before the first photo is read, then after each batch.

    Raises:
        OneNetError: If there is no such folder.
        IndexFileError: If the index cannot be saved.
    """
    changes = index.changes(folder)
    skipped = list(changes.skipped)
    removed = index.remove(changes.removed)
    added = 0
    unsaved = bool(changes.removed) or (path is not None and not path.exists())
    total = len(changes.added)
    save_at = time.monotonic() + save_every_s
    try:
        yield IndexProgress(0, total, added, removed, tuple(skipped))
        for start in range(0, total, batch_size):
            batch = changes.added[start : start + batch_size]
            unsaved = True
            for records, photos in _read_in_parts(batch, index, skipped):
                index.add(records, represent(photos))
                added += len(records)
            done = start + len(batch)
            if path is not None and (done == total or time.monotonic() >= save_at):
                before = time.monotonic()
                index.save(path)
                unsaved = False
                # A big index takes long to write: spend at most a tenth of the time on it.
                save_at = time.monotonic() + max(save_every_s, 9 * (time.monotonic() - before))
            yield IndexProgress(
                done, total, added, removed, tuple(sorted(skipped, key=lambda skip: skip.photo))
            )
    finally:
        if unsaved and path is not None:
            index.save(path)


def _read_in_parts(
    batch: Sequence[PhotoRecord], index: ImageIndex, skipped: list[Skipped]
) -> Iterator[tuple[list[PhotoRecord], list[Image]]]:
    """Read photos, in parts small enough for memory; unreadable ones go to the index and to `skipped`."""
    records: list[PhotoRecord] = []
    photos: list[Image] = []
    for record in batch:
        try:
            photo = read_photo(Path(record.photo))
        except PhotoError as error:
            if not os.path.exists(record.photo):  # deleted a moment ago
                index.remove([record.photo])
                continue
            skipped.append(Skipped(record.photo, str(error)))
            if os.access(record.photo, os.R_OK):
                index.mark_unreadable(record, str(error))
            else:  # may be permitted tomorrow without any change to the file
                index.remove([record.photo])
            continue
        records.append(record)
        photos.append(photo)
        if sum(photo.width * photo.height for photo in photos) >= MAX_BATCH_PIXELS:
            yield records, photos
            records, photos = [], []
    if records:
        yield records, photos
