"""TIFF: the tags that describe the pixels of the first page, without those that are said about them."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_COMPRESSION, _ORIENTATION, _ROWS_PER_STRIP, _XMP = 259, 274, 278, 700
# Width, height, bits, compression, colours, fill order, strips, samples, rows, sizes, planes, fax options,
# predictor, palette, tiles, extra samples, sample formats, tables and offsets of JPEG, YCbCr.
_KEPT = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339}
    | {347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 531, 532}
)
_MOST_METADATA_BYTES = 1 << 20
_NUMBERS = {3: "H", 4: "I"}
_ALL = 1 << 31  # rows: all in one


@dataclass(frozen=True)
class _Layout:
    """How a file writes numbers: TIFF, or BigTIFF with longer ones."""

    order: str
    header_size: int
    offset: str
    count: str
    entry: str  # tag, kind, count
    inline_size: int


@dataclass(frozen=True)
class _Entry:
    tag: int
    kind: int
    count: int
    value: bytes  # itself, or where it stands
    raw: bytes


@dataclass(frozen=True)
class Tiff:
    """The first page of a TIFF without its metadata.

    Attributes:
        pieces: What is to be decoded: bytes, and ranges of the file's.
        exif: How it lies may stand there.
        xmp: Likewise.
        rows_unpacked: How many rows of the picture are packed together; 0 if none are packed.
    """

    pieces: list[bytes | range]
    exif: bytes
    xmp: bytes
    rows_unpacked: int


def read_tiff(file: BinaryIO) -> Tiff:
    """Return what of a TIFF describes the pixels of its first page.

    Raises:
        struct.error: If there is no page.
    """
    size = file.seek(0, io.SEEK_END)
    layout = _layout(file)
    entries = {entry.tag: entry for entry in _entries(file, layout)}
    kept = b"".join(entry.raw for entry in entries.values() if entry.tag in _KEPT)
    count = sum(entry.tag in _KEPT for entry in entries.values())
    padding = bytes(size % 2)
    file.seek(0)
    header = file.read(layout.header_size - struct.calcsize(layout.offset))
    header += struct.pack(layout.offset, size + len(padding))
    page = struct.pack(layout.count, count) + kept + bytes(struct.calcsize(layout.offset))
    is_packed = _number(layout, entries.get(_COMPRESSION), 1) != 1
    return Tiff(
        [header, range(layout.header_size, size), padding, page],
        _exif(layout, entries.get(_ORIENTATION)),
        _xmp(file, layout, entries.get(_XMP)),
        _number(layout, entries.get(_ROWS_PER_STRIP), _ALL) if is_packed else 0,
    )


def _layout(file: BinaryIO) -> _Layout:
    file.seek(0)
    head = file.read(4)
    order = "<" if head[:2] == b"II" else ">"
    if b"+" in head:
        return _Layout(order, 16, f"{order}Q", f"{order}Q", f"{order}HHQ", 8)
    return _Layout(order, 8, f"{order}I", f"{order}H", f"{order}HHI", 4)


def _entries(file: BinaryIO, layout: _Layout) -> Iterator[_Entry]:
    file.seek(layout.header_size - struct.calcsize(layout.offset))
    (start,) = struct.unpack(layout.offset, file.read(struct.calcsize(layout.offset)))
    file.seek(start)
    (count,) = struct.unpack(layout.count, file.read(struct.calcsize(layout.count)))
    numbers = struct.calcsize(layout.entry)
    for _ in range(min(count, 1 << 16)):
        raw = file.read(numbers + layout.inline_size)
        if len(raw) < numbers + layout.inline_size:
            return
        tag, kind, values = struct.unpack_from(layout.entry, raw)
        yield _Entry(tag, kind, values, raw[numbers:], raw)


def _number(layout: _Layout, entry: _Entry | None, otherwise: int) -> int:
    """Return the whole number of an entry, of two bytes or four."""
    code = _NUMBERS.get(entry.kind) if entry is not None else None
    if entry is None or code is None:
        return otherwise
    (number,) = struct.unpack_from(f"{layout.order}{code}", entry.value)
    return int(number)


def _exif(layout: _Layout, orientation: _Entry | None) -> bytes:
    """Return EXIF that tells nothing but how the picture lies; EXIF is a TIFF too."""
    if orientation is None:
        return b""
    mark = b"II" if layout.order == "<" else b"MM"
    numbers = 42, 8, 1, orientation.tag, orientation.kind, min(orientation.count, 1 << 16)
    return mark + struct.pack(f"{layout.order}HIHHHI", *numbers) + orientation.value[:4]


def _xmp(file: BinaryIO, layout: _Layout, entry: _Entry | None) -> bytes:
    if entry is None or entry.count <= layout.inline_size:
        return b""
    (start,) = struct.unpack_from(layout.offset, entry.value)
    file.seek(start)
    return file.read(min(entry.count, _MOST_METADATA_BYTES))
