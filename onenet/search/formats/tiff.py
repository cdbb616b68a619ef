"""TIFF: the tags that describe the pixels of the first page, without those that are said about them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL.TiffImagePlugin import TiffImageFile

from onenet.search.formats.opened import Opened
from onenet.search.formats.orientation import ORIENTATION_TAG, UPRIGHT, orientation_in_xmp, whole_number
from onenet.search.formats.pieces import Part, Pieces, size_of

MOST_PIXELS = 89_000_000  # Pillow warns of more

_WIDTH, _HEIGHT, _COMPRESSION, _ROWS_PER_STRIP, _XMP_TAG = 256, 257, 259, 278, 700
# Width, height, bits, compression, colours, fill order, strips, samples, rows, sizes, planes, fax options,
# predictor, palette, tiles, extra samples, sample formats, tables and offsets of JPEG, YCbCr.
_KEPT = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339}
    | {347, 512, 513, 514, 515, 519, 520, 521, 529, 530, 531, 532}
)
_MOST_METADATA_BYTES = 1 << 20


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


def open_tiff(file: BinaryIO) -> Opened:
    """Open a TIFF, of several pages the first.

    Raises:
        SyntaxError: If it is laid out in a way that is not known here.
    """
    size = size_of(file)
    layout = _layout(file)
    entries = list(_entries(file, layout))
    kept = [entry.raw for entry in entries if entry.tag in _KEPT]
    pages_at = size + size % 2
    header = _header(file, layout) + struct.pack(layout.offset, pages_at)
    page = struct.pack(layout.count, len(kept)) + b"".join(kept) + bytes(struct.calcsize(layout.offset))
    body = Part(layout.header_size, size - layout.header_size)
    photo = TiffImageFile(Pieces(file, [header, body, bytes(size % 2), page]))  # type: ignore[arg-type]
    values = {entry.tag: _number(layout, entry) for entry in entries}
    is_compressed = (values.get(_COMPRESSION) or 1) != 1
    rows = min(values.get(_ROWS_PER_STRIP) or photo.height, photo.height)
    # What unpacks it wants all of the file at once, and puts out strip by strip.
    decoder_bytes = size + rows * photo.width * _sample_bytes(photo) if is_compressed else 0
    return Opened(photo, photo.size, _orientation(file, layout, entries, values), decoder_bytes)


def _sample_bytes(photo: TiffImageFile) -> int:
    """Return how many bytes a pixel has before it becomes one of Pillow's."""
    raw = str(photo.tile[0].args)
    depth = 2 if ";16" in raw else 4 if photo.mode in ("I", "F") else 1
    return depth * max(len(photo.getbands()), 4 if "RGBX" in raw else 1)


def _layout(file: BinaryIO) -> _Layout:
    file.seek(0)
    head = file.read(4)
    order = "<" if head[:2] == b"II" else ">"
    if b"+" in head:
        return _Layout(order, 16, f"{order}Q", f"{order}Q", f"{order}HHQ", 8)
    return _Layout(order, 8, f"{order}I", f"{order}H", f"{order}HHI", 4)


def _header(file: BinaryIO, layout: _Layout) -> bytes:
    """Return what stands before the offset of the first page."""
    file.seek(0)
    return file.read(layout.header_size - struct.calcsize(layout.offset))


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


def _number(layout: _Layout, entry: _Entry) -> int | None:
    return whole_number(layout.order, entry.kind, entry.count, entry.value)


def _orientation(
    file: BinaryIO, layout: _Layout, entries: list[_Entry], values: dict[int, int | None]
) -> int:
    told = values.get(ORIENTATION_TAG)
    if told is not None and told <= 8:
        return told
    for entry in entries:
        if entry.tag == _XMP_TAG and entry.count > layout.inline_size:
            (start,) = struct.unpack_from(layout.offset, entry.value)
            file.seek(start)
            return orientation_in_xmp(file.read(min(entry.count, _MOST_METADATA_BYTES))) or UPRIGHT
    return UPRIGHT
