"""Files of vectors: float16 rows that are appended to, mapped into memory, compared where they lie."""

import contextlib
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.float16]

# By `python -m onenet bench --index N`: comparing all of so many takes 3 ms of one core; above that, those in
# a segment that is sorted into groups are compared with the groups nearest to the query alone.
EXACT_ROWS = 100_000
PROBED_SHARE = 0.06  # of the rows of a sorted segment are compared
PROBED_ROWS = 20_000  # at least
_ALIGNED = 16  # numbers: faiss compares as many at once, and others ten times as slowly
_NOTHING = -1


@dataclass(frozen=True)
class Segment:
    """A file of vectors as the index knows it.

    Attributes:
        name: Of the file of rows, without its ending; beside it lie the photos' numbers.
        rows: How many count; what lies behind them was never acknowledged.
        groups: Into how many the rows are sorted; 0: they lie as they came, and may be appended to.
        checksum: Of the file that says where the groups are.
    """

    name: str
    rows: int
    groups: int = 0
    checksum: int = 0


@dataclass(frozen=True)
class OpenSegment:
    """Rows (N, width) with their photos' numbers (N,), rising unless they are sorted into groups.

    Attributes:
        centres: Of the groups, shape (groups, width); None if there are none.
        ends: Where each group ends; it begins where the one before it ends.
    """

    rows: Rows
    ids: NDArray[np.uint32]
    centres: Floats | None = None
    ends: NDArray[np.int64] | None = None

    def slices(self, query: Floats, k: int) -> Iterator[slice]:
        """Give the rows to compare with a query: those of the nearest groups, or all."""
        if self.centres is None or self.ends is None:
            yield slice(0, len(self.rows))
            return
        nearest = np.argsort(-(self.centres @ query))
        begins = np.concatenate([[0], self.ends[:-1]])
        seen = np.cumsum((self.ends - begins)[nearest])
        wanted = max(PROBED_ROWS, 20 * k, int(PROBED_SHARE * len(self.rows)))
        probed = nearest[: int(np.searchsorted(seen, wanted)) + 1]
        for group in np.sort(probed).tolist():  # the way they lie in the file
            if begins[group] < self.ends[group]:
                yield slice(int(begins[group]), int(self.ends[group]))


class Vectors:
    """The vectors of an index as they were when it was opened, searched and looked up.

    Args:
        segments: Each with the photos' numbers above those of the one before.
        dead: Numbers of photos whose rows are still there, but count no more.
        dimensions: Length D of a vector.
    """

    def __init__(self, segments: Sequence[OpenSegment], dead: NDArray[np.int64], dimensions: int) -> None:
        self.dimensions = dimensions
        self._segments = [segment for segment in segments if len(segment.rows)]
        sizes = [len(segment.rows) for segment in self._segments]
        self._begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._places = np.arange(self._begins[-1])
        self._living: NDArray[np.uint8] | None = None  # a bit a row, once there is a dead one
        self._row_of: list[NDArray[np.int32] | None] = [None] * len(self._segments)
        self._lowest = np.array([_lowest(segment) for segment in self._segments], np.int64)
        self._dead: set[int] = set()
        self._quantizer: Any = faiss.ScalarQuantizer(
            width_of(dimensions), faiss.ScalarQuantizer.QT_fp16
        )  # Any: the stubs of faiss know only the C++ signatures
        self._no_groups: Any = faiss.IndexFlatIP(width_of(dimensions))
        self.bury(dead)

    def __len__(self) -> int:
        return int(self._begins[-1]) - len(self._dead)

    def bury(self, ids: Sequence[int] | NDArray[np.int64]) -> None:
        """Let photos no longer be found; numbers that are not here are ignored."""
        places = self._find(np.asarray(ids, np.int64))
        places = places[places != _NOTHING]
        if not len(places):
            return
        if self._living is None:
            self._living = np.full(len(self._places) // 8 + 1, 255, np.uint8)
        bits = (1 << (places & 7)).astype(np.uint8)
        np.bitwise_and.at(self._living, places >> 3, ~bits)
        self._dead.update(self._ids_at(places))

    def search(self, query: Floats, k: int) -> list[tuple[int, float]]:
        """Find the k nearest to a query (D,) of unit length, best first: their numbers and cosines."""
        k = min(k, len(self))
        if k <= 0:
            return []
        wide = np.zeros(width_of(self.dimensions), np.float32)
        wide[: self.dimensions] = query
        scores, places = np.full(k, -np.inf, np.float32), np.full(k, _NOTHING, np.int64)
        heap = faiss.swig_ptr(scores), faiss.swig_ptr(places), k
        bitmap: Any = faiss.IDSelectorBitmap
        living = self._living
        selector = None if living is None else bitmap(len(living), faiss.swig_ptr(living))
        scanner = self._quantizer.select_InvertedListScanner(
            faiss.METRIC_INNER_PRODUCT, self._no_groups, False, selector, False
        )
        scanner.set_query(faiss.swig_ptr(wide))
        scanner.set_list(0, 0.0)
        for segment, begin in zip(self._segments, self._begins.tolist(), strict=False):
            for part in segment.slices(wide, k):
                rows = segment.rows[part].view(np.uint8)
                numbers = self._places[begin + part.start : begin + part.stop]
                scanner.scan_codes(len(rows), faiss.swig_ptr(rows), faiss.swig_ptr(numbers), *heap)
        found = places[places != _NOTHING]
        cosines = (
            self._unit_rows_at(found) @ query
        )  # of rows of unit length: rounding has shortened them a little
        order = np.argsort(-cosines, kind="stable")
        return list(zip(self._ids_at(found[order]), cosines[order].tolist(), strict=True))

    def vectors_of(self, ids: Sequence[int]) -> Floats:
        """Return vectors in the order asked for, shape (len(ids), D), unit length.

        Raises:
            KeyError: If one is not here.
        """
        places = self._find(np.array(ids, np.int64))
        for photo_id, place in zip(ids, places.tolist(), strict=True):
            if place == _NOTHING or photo_id in self._dead:
                raise KeyError(photo_id)
        return self._unit_rows_at(places)

    def rows_of(self, ids: Sequence[int]) -> Rows:
        """Return rows as they lie in the files, dead ones too, shape (len(ids), width).

        Raises:
            KeyError: If one is not here.
        """
        places = self._find(np.array(ids, np.int64))
        if (places == _NOTHING).any():
            raise KeyError(ids[int(np.argmin(places))])
        return self._rows_at(places)

    def ids(self) -> NDArray[np.int64]:
        """Return the numbers of all photos that count."""
        every = [segment.ids.astype(np.int64) for segment in self._segments]
        ids = np.concatenate([*every, np.zeros(0, np.int64)])
        return ids[~np.isin(ids, list(self._dead))] if self._dead else ids

    def _find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tell where the rows of photos are among all rows."""
        places = np.full(len(ids), _NOTHING, np.int64)
        numbers = np.searchsorted(self._lowest, ids, side="right") - 1
        for number in np.unique(numbers[numbers >= 0]).tolist():
            those = np.flatnonzero(numbers == number)
            segment = self._segments[number]
            if segment.centres is None:
                rows = np.searchsorted(segment.ids, ids[those]).clip(max=len(segment.ids) - 1)
                is_here = segment.ids[rows] == ids[those]
            else:
                offsets, known = ids[those] - self._lowest[number], self._rows_by_id(number)
                rows = known[offsets.clip(max=len(known) - 1)].astype(np.int64)
                is_here = (offsets < len(known)) & (rows != _NOTHING)
            places[those[is_here]] = self._begins[number] + rows[is_here]
        return places

    def _rows_by_id(self, number: int) -> NDArray[np.int32]:
        """Look up the rows of a sorted segment by the photos' numbers, counted from its lowest."""
        known = self._row_of[number]
        if known is None:
            ids = self._segments[number].ids.astype(np.int64) - self._lowest[number]
            known = np.full(int(ids.max()) + 1, _NOTHING, np.int32)
            known[ids] = np.arange(len(ids), dtype=np.int32)
            self._row_of[number] = known
        return known

    def _ids_at(self, places: NDArray[np.int64]) -> list[int]:
        numbers = np.searchsorted(self._begins, places, side="right") - 1
        return [
            int(self._segments[number].ids[place - self._begins[number]])
            for number, place in zip(numbers.tolist(), places.tolist(), strict=True)
        ]

    def _rows_at(self, places: NDArray[np.int64]) -> Rows:
        rows = np.zeros((len(places), width_of(self.dimensions)), np.float16)
        numbers = np.searchsorted(self._begins, places, side="right") - 1
        for number in np.unique(numbers).tolist():
            those = numbers == number
            rows[those] = self._segments[number].rows[places[those] - self._begins[number]]
        return rows

    def _unit_rows_at(self, places: NDArray[np.int64]) -> Floats:
        rows = self._rows_at(places)[:, : self.dimensions].astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
        return unit


def vectors_folder(path: Path) -> Path:
    """Tell in which folder beside an index its vectors lie, once there are enough for a file.

    Beside the file itself, whatever links lead there.
    """
    path = path.resolve()
    return path.with_name(f"{path.name}.vectors")


def width_of(dimensions: int) -> int:
    """Return how many numbers a row of the file has: D and zeros behind them."""
    return -(-dimensions // _ALIGNED) * _ALIGNED


def as_rows(vectors: Floats) -> Rows:
    """Round vectors (N, D) to what is kept of them, with zeros behind."""
    rows = np.zeros((len(vectors), width_of(vectors.shape[1])), np.float16)
    rows[:, : vectors.shape[1]] = vectors
    return rows


def open_segment(folder: Path, segment: Segment, dimensions: int) -> OpenSegment:
    """Map a segment into memory.

    Raises:
        OSError: If a file is missing.
        ValueError: If one is too short, or says something else than was written.
    """
    shape = (segment.rows, width_of(dimensions))
    rows: Rows = np.memmap(rows_file(folder, segment.name), np.float16, "r", shape=shape)
    ids = np.fromfile(ids_file(folder, segment.name), np.uint32, segment.rows)
    if len(ids) != segment.rows:
        raise ValueError(f"{len(ids)} numbers for {segment.rows} rows")
    if not segment.groups:
        return OpenSegment(rows, ids)
    content = groups_file(folder, segment.name).read_bytes()
    if zlib.crc32(content) != segment.checksum:
        raise ValueError("the checksum differs")
    ends = np.frombuffer(content, np.int64, segment.groups)
    centres = np.frombuffer(content, np.float16, offset=ends.nbytes).reshape(segment.groups, -1)
    return OpenSegment(rows, ids, centres.astype(np.float32), ends)


def append(folder: Path, segment: Segment, rows: Rows, ids: NDArray[np.uint32]) -> Segment:
    """Append rows to a segment's files; they count once the index says so, and are on the disk before that.

    Raises:
        OSError: If they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(rows_file(folder, segment.name), rows, segment.rows * rows.itemsize * rows.shape[1])
    _write(ids_file(folder, segment.name), ids, segment.rows * ids.itemsize)
    return Segment(segment.name, segment.rows + len(rows))


def write_groups(folder: Path, name: str, ends: NDArray[np.int64], centres: Floats) -> int:
    """Write where the groups of a sorted segment end, and their centres; return the checksum."""
    content = ends.astype(np.int64).tobytes() + centres.astype(np.float16).tobytes()
    _write(groups_file(folder, name), np.frombuffer(content, np.uint8), 0)
    return zlib.crc32(content)


def files_of(folder: Path, name: str) -> list[Path]:
    """Name the files that a segment may have."""
    return [rows_file(folder, name), ids_file(folder, name), groups_file(folder, name)]


def files_in(folder: Path) -> set[Path]:
    """Name the files that there are in a folder of vectors, which need not exist."""
    return {path for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()


def rows_file(folder: Path, name: str) -> Path:
    """Name the file of a segment's vectors."""
    return folder / f"{name}.float16"


def ids_file(folder: Path, name: str) -> Path:
    """Name the file of its photos' numbers."""
    return folder / f"{name}.ids"


def groups_file(folder: Path, name: str) -> Path:
    """Name the file of its groups."""
    return folder / f"{name}.groups"


def sync_folder(folder: Path) -> None:
    """Let the names of files in a folder be on the disk before what speaks of them; POSIX needs that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(path: Path, rows: NDArray[Any], offset: int) -> None:
    """Write rows at a place of a file; what lay from there on was never acknowledged."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        file.truncate(offset)
        file.seek(offset)
        left = np.ascontiguousarray(rows).view(np.uint8).reshape(-1).data
        try:
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        except OSError:  # most often there is no room: what counts for nothing shall not take it
            with contextlib.suppress(OSError):
                file.truncate(offset)
            raise


def _lowest(segment: OpenSegment) -> int:
    return int(segment.ids.min() if segment.centres is not None else segment.ids[0])
