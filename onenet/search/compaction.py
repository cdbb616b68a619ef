"""Compaction: vectors that lie as they came are sorted into groups of like ones, and dead ones are dropped.

Each step is short, and whoever searches or adds meanwhile is not held up: the new segment is written beside
the old ones, and takes their place in one commit. Other programs that still read the old files keep them.
"""

import sqlite3
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from onenet.errors import IndexFileError
from onenet.files import HeldError, held
from onenet.search.index_file import IndexFile
from onenet.search.segments import (
    EXACT_ROWS,
    OpenSegment,
    Segment,
    append,
    open_segment,
    sync_folder,
    vectors_folder,
    write_groups,
)
from onenet.search.stored import new_segment, remove_others

Floats = NDArray[np.float32]

DEAD_SHARE = 0.2  # of all rows, from which dropping them is worth the work
GROWTH = 4  # a sorted segment is sorted anew together with at least a quarter as many new rows
GROUP_ROWS = 700  # in a group on average
TRAINED_ON = 25  # rows a group that decide where its centre is
ROUNDS = 6
_AT_ONCE = 16_384  # rows in memory: 20 MB


@dataclass(frozen=True)
class _Plan:
    """What is sorted: neighbouring segments, and the numbers of the photos that were removed by then."""

    segments: tuple[Segment, ...]
    removed: NDArray[np.int64]


def compact(path: Path) -> Generator[float, None, None]:
    """Sort an index if that is due, a step a time; harmless at any moment, from any thread.

    Files of vectors that are left over from a program that was stopped are deleted.

    Args:
        path: The index; to change it meanwhile is allowed.

    Yields:
        Which part is done, from 0 to 1.

    Raises:
        IndexFileError: If a file cannot be read or written.
    """
    folder = vectors_folder(path)
    if not folder.is_dir():
        return
    try:
        with held(folder / "sorting"):
            yield from _compact(path, folder)
    except HeldError:  # another program is at it
        return
    except (OSError, sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise IndexFileError(f"The index {path} could not be sorted: {error}") from error


def _compact(path: Path, folder: Path) -> Generator[float, None, None]:
    file = IndexFile(path)
    try:
        plan, dimensions = _begin(file, folder)
        if not plan.segments:
            return
        sources = [open_segment(folder, segment, dimensions) for segment in plan.segments]
        written = yield from _sort(folder, sources, plan.removed)
        ids = np.concatenate([source.ids for source in sources])
        _finish(file, plan, written, plan.removed[np.isin(plan.removed, ids)])
        with file.reading():
            segments = file.head().segments
        remove_others(folder, segments)
    finally:
        file.close()
    yield 1.0


def _begin(file: IndexFile, folder: Path) -> tuple[_Plan, int]:
    """Decide what to sort; from now on what is added goes into another segment."""
    with file.writing():
        head = file.head()
        remove_others(folder, head.segments)
        removed = np.array(file.removed(), np.int64)
        chosen = _due(head.segments, len(removed))
        if chosen and chosen[-1] == head.segments[-1]:
            file.set_head(replace(head, segments=(*head.segments, new_segment())))
    return _Plan(chosen, removed), head.dimensions


def _due(segments: Sequence[Segment], removed: int) -> tuple[Segment, ...]:
    """Choose the segments that are to become one: the newest ones, as far back as is worth it."""
    filled = [segment for segment in segments if segment.rows]
    if removed > DEAD_SHARE * sum(segment.rows for segment in filled):
        return tuple(filled)
    count = 0
    while count < len(filled) and not filled[-1 - count].groups:
        count += 1
    rows = sum(segment.rows for segment in filled[len(filled) - count :])
    if rows <= EXACT_ROWS:
        return ()
    while count < len(filled) and filled[-1 - count].rows <= GROWTH * rows:
        rows += filled[-1 - count].rows
        count += 1
    return tuple(filled[len(filled) - count :])


def _sort(
    folder: Path, sources: Sequence[OpenSegment], removed: NDArray[np.int64]
) -> Generator[float, None, Segment | None]:
    """Write the living rows of segments into a new one; return it, or None if there are none."""
    ids = np.concatenate([source.ids for source in sources])
    living = np.flatnonzero(~np.isin(ids, removed))
    if not len(living):
        return None
    groups = len(living) // GROUP_ROWS if len(living) > EXACT_ROWS else 0
    if groups:
        centres = yield from _centres(sources, living, groups)
        groups_of = np.zeros(len(living), np.int64)
        nearest = _flat(centres)
        for start in range(0, len(living), _AT_ONCE):
            rows = _gather(sources, living[start : start + _AT_ONCE])
            groups_of[start : start + _AT_ONCE] = nearest.search(rows, 1)[1][:, 0]
            yield 0.3 + 0.4 * start / len(living)
        order = living[np.argsort(groups_of, kind="stable")]
    else:
        order = living[np.argsort(ids[living], kind="stable")]
    segment = new_segment()
    for start in range(0, len(order), _AT_ONCE):
        chosen = order[start : start + _AT_ONCE]
        segment = append(folder, segment, _gather(sources, chosen).astype(np.float16), ids[chosen])
        yield 0.7 + 0.3 * start / len(order)
    if groups:
        ends = np.cumsum(np.bincount(groups_of, minlength=groups))
        checksum = write_groups(folder, segment.name, ends, centres)
        segment = replace(segment, groups=groups, checksum=checksum)
    sync_folder(folder)
    return segment


def _centres(
    sources: Sequence[OpenSegment], living: NDArray[np.int64], groups: int
) -> Generator[float, None, Floats]:
    """Find centres of groups of like rows: k-means on the sphere, on a sample, a round a step."""
    chance = np.random.default_rng(0)
    count = min(len(living), groups * TRAINED_ON)
    sample = _gather(sources, np.sort(chance.choice(living, count, replace=False)))
    centres = sample[chance.choice(count, groups, replace=False)]
    for number in range(ROUNDS):
        nearest = _flat(centres).search(sample, 1)[1][:, 0]
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        lost = lengths[:, 0] == 0  # of a group that has no row a row becomes the centre
        sums[lost], lengths[lost] = sample[chance.choice(count, int(lost.sum()))], 1.0
        centres = sums / lengths
        yield 0.3 * (number + 1) / ROUNDS
    return centres


def _flat(centres: Floats) -> "faiss.IndexFlatIP":
    index = faiss.IndexFlatIP(centres.shape[1])
    index.add(np.ascontiguousarray(centres))
    return index


def _gather(sources: Sequence[OpenSegment], places: NDArray[np.int64]) -> Floats:
    """Read rows of several segments that are counted through."""
    ends = np.cumsum([len(source.rows) for source in sources])
    numbers = np.searchsorted(ends, places, side="right")
    rows = np.zeros((len(places), sources[0].rows.shape[1]), np.float32)
    for number in np.unique(numbers).tolist():
        those = numbers == number
        begin = ends[number] - len(sources[number].rows)
        rows[those] = sources[number].rows[places[those] - begin]
    return rows


def _finish(file: IndexFile, plan: _Plan, written: Segment | None, removed: NDArray[np.int64]) -> None:
    """Put the new segment into the place of the old ones; what was removed before is gone for good."""
    with file.writing():
        head = file.head()
        places = [head.segments.index(segment) for segment in plan.segments]  # none but we take them away
        before, after = head.segments[: places[0]], head.segments[places[-1] + 1 :]
        file.set_head(replace(head, segments=(*before, *([written] if written else []), *after)))
        file.forget_removed(removed.tolist())
