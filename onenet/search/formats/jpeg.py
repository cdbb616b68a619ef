"""JPEG: what describes the pixels, without what is said about them."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"  # without a resolution, which may be broken, or a preview
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _EOI, _APP0, _APP1, _APP14, _COMMENT = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE, 0xFE
_BETWEEN_SCANS = (0xC4, _SCAN, 0xDB, 0xDD, _COMMENT, *range(_APP0, _APP0 + 16))
_BLOCK = 1 << 16
_MOST_SEGMENTS = 10_000  # before the pixels
_MOST_RUBBISH_BYTES = 1 << 16  # between two of them
_MISSING = (127, 128)  # the levels of what the decoder has no bytes for
_ROWS_AT_ONCE = 64


@dataclass
class Jpeg:
    """A JPEG without its metadata.

    Attributes:
        pieces: What is to be decoded: bytes, and ranges of the file's.
        exif: How it lies may stand there.
        xmp: Likewise.
        buffered_bytes: What a pixel takes of the decoder's memory until all scans are read; 0 for one scan.
        is_cut: Whether the file ends before the picture does.
    """

    pieces: list[bytes | range]
    exif: bytes = b""
    xmp: bytes = b""
    buffered_bytes: float = 0.0
    is_cut: bool = False


def read_jpeg(file: BinaryIO) -> Jpeg:
    """Return what of a JPEG describes the pixels.

    Raises:
        ValueError: If it ends before its pixels begin, or the like.
    """
    jpeg = Jpeg([])
    kept = bytearray(_START)
    components, samples, is_progressive = 3, 3.0, False
    for marker, content in _segments(file):
        if marker == _APP1 and content.startswith(_EXIF):
            jpeg.exif = jpeg.exif or content
        elif marker == _APP1 and content.startswith(_XMP):
            jpeg.xmp = jpeg.xmp or content
        elif marker in _FRAMES:
            components, samples, is_progressive = content[5], _samples(content), marker in _PROGRESSIVE
        needed = _needed(marker, content)
        if needed is not None:
            kept += struct.pack(">BBH", 0xFF, marker, len(needed) + 2) + needed
    if is_progressive or content[0] < components:  # several scans are put together in memory
        jpeg.buffered_bytes = 2 * samples
    start, end = file.tell(), file.seek(0, io.SEEK_END)
    jpeg.is_cut = not _has_end(file, start, end)
    if jpeg.is_cut:
        end = _end_of_pixels(file, start, end)
    # What stands behind the end is not looked at; without an end the decoder would wait for more.
    jpeg.pieces = [bytes(kept), range(start, end), _END]
    return jpeg


def rows_there(photo: Image.Image) -> int:
    """Return how many rows of a picture were in its file, which breaks off: the others are even grey."""
    width, rows = photo.size
    for step in (_ROWS_AT_ONCE, 1):
        while rows > 0 and _is_missing(photo.crop((0, max(0, rows - step), width, rows))):
            rows = max(0, rows - step)
    return rows


def _is_missing(strip: Image.Image) -> bool:
    extrema = strip.getextrema()
    each_band = (extrema,) if isinstance(extrema[0], int | float) else extrema
    return all(level in _MISSING for band in each_band for level in band)


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Give the number of each marker and what stands in its segment, up to the one before the pixels."""
    file.seek(len(_START))
    for _ in range(_MOST_SEGMENTS):
        marker = _next_marker(file)
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            break
        (length,) = struct.unpack(">H", _read(file, 2))
        yield marker, _read(file, length - 2)
        if marker == _SCAN:
            return
    raise ValueError("there are no pixels")


def _next_marker(file: BinaryIO) -> int:
    """Skip to the next marker and return its number; there may be rubbish before it."""
    previous = b""
    for _ in range(_MOST_RUBBISH_BYTES):
        byte = _read(file, 1)
        if previous == b"\xff" and byte not in (b"\xff", b"\0"):
            return byte[0]
        previous = byte
    raise ValueError("there is no marker where one should be")


def _needed(marker: int, content: bytes) -> bytes | None:
    """Return what decoding needs of a segment: of those of applications, what tells the colours."""
    if marker == _APP0:
        return _JFIF if content.startswith(b"JFIF\0") and len(content) >= len(_JFIF) else None
    if marker == _APP14:
        return content[:12] if content.startswith(b"Adobe") and len(content) >= 12 else None
    return None if marker == _COMMENT or 0xE0 <= marker <= 0xEF else content


def _samples(frame: bytes) -> float:
    """Return how many coefficients a pixel has: 3 in full colour, 1.5 with the usual subsampling."""
    factors = [(byte >> 4, byte & 15) for byte in frame[7 : 6 + 3 * frame[5] : 3]]
    finest = max(width for width, _ in factors) * max(height for _, height in factors)
    return sum(width * height for width, height in factors) / max(1, finest)


def _has_end(file: BinaryIO, start: int, size: int) -> bool:
    """Tell whether the end is marked behind the pixels; there may be more behind it, such as a film."""
    file.seek(max(start, size - len(_END)))
    if file.read() == _END:
        return True
    file.seek(start)
    last = b""
    while block := file.read(_BLOCK):
        if _END in last + block:
            return True
        last = block[-1:]
    return False


def _end_of_pixels(file: BinaryIO, start: int, size: int) -> int:
    """Return where the pixels end that are there: before a segment between two scans that is not whole."""
    offset = max(start, size - _BLOCK - 2)
    file.seek(offset)
    tail = file.read()
    place = max(tail.rfind(bytes([0xFF, marker])) for marker in _BETWEEN_SCANS)
    if place < 0:
        return size
    length = int.from_bytes(tail[place + 2 : place + 4], "big")
    return size if max(4, 2 + length) <= len(tail) - place else offset + place


def _read(file: BinaryIO, size: int) -> bytes:
    content = file.read(max(0, size))
    if len(content) < size:
        raise ValueError("the file ends too early")
    return content
