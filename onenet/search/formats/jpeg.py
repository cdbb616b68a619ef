"""JPEG: what describes the pixels, without what is said about them."""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from onenet.search.formats.opened import Opened, bytes_per_pixel
from onenet.search.formats.orientation import UPRIGHT, orientation_in_exif, orientation_in_xmp
from onenet.search.formats.pieces import Part, Pieces, size_of

# A picture that takes more is decoded at a smaller scale, even if one of its sides gets short.
MOST_DRAFT_BYTES = 128_000_000

_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"  # without a resolution, which may be broken, or a preview
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _EOI, _APP0, _APP1, _APP14, _COMMENT = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE, 0xFE
_BETWEEN_SCANS = (0xC4, _SCAN, 0xDB, 0xDD, _COMMENT, *range(_APP0, _APP0 + 16))
_BLOCK = 1 << 16
_MISSING = 128  # the level of what the decoder has no bytes for
_ROWS_AT_ONCE = 64


@dataclass
class _Header:
    """What stands before the pixels.

    Attributes:
        kept: The segments that are needed to decode them.
        orientation: What EXIF says, else XMP.
        samples: How many coefficients a pixel has.
        components: How many colours it has.
        is_buffered: Whether the decoder needs all of them before it can put out any: there are several scans.
        pixels_at: Where they begin in the file.
    """

    kept: bytearray = field(default_factory=lambda: bytearray(_START))
    orientation: int = UPRIGHT
    samples: float = 3.0
    components: int = 3
    is_buffered: bool = False
    pixels_at: int = 0


def open_jpeg(file: BinaryIO, least_px: int) -> Opened:
    """Open a JPEG at the smallest scale at which both sides keep `least_px`; it may lack its end.

    Raises:
        ValueError: If it ends before its pixels begin, or the like.
    """
    size = size_of(file)
    header = _read_header(file)
    is_cut = not _has_end(file, header.pixels_at, size)
    end = _end_of_pixels(file, header.pixels_at, size) if is_cut else size
    pixels = Part(header.pixels_at, end - header.pixels_at)
    # What stands behind the end is not looked at; without an end the decoder would wait for more.
    photo = JpegImageFile(Pieces(file, [bytes(header.kept), pixels, _END]))  # type: ignore[arg-type]
    whole = photo.size
    _choose_scale(photo, least_px)
    decoder_bytes = int(2 * header.samples * whole[0] * whole[1]) if header.is_buffered else 0
    return Opened(photo, whole, header.orientation, decoder_bytes, is_cut)


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
    return all(band == (_MISSING, _MISSING) for band in each_band)


def _choose_scale(photo: JpegImageFile, least_px: int) -> None:
    """Let the decoder halve the sides up to three times: what is left out costs neither time nor memory."""
    width, height = photo.size
    fits = min(width, height) // least_px
    scale = next((scale for scale in (8, 4, 2) if fits >= scale), 1)
    while scale < 8 and width * height * bytes_per_pixel(photo.mode) > MOST_DRAFT_BYTES * scale**2:
        scale *= 2
    photo.draft("RGB", (max(1, width // scale), max(1, height // scale)))


def _read_header(file: BinaryIO) -> _Header:
    header = _Header()
    file.seek(len(_START))
    xmp_orientation = exif_orientation = None
    while True:
        marker = _next_marker(file)
        if marker in _STANDALONE:
            continue
        if marker == _EOI:
            raise ValueError("there are no pixels")
        (length,) = struct.unpack(">H", _read(file, 2))
        content = _read(file, length - 2)
        if marker == _APP1 and content.startswith(b"Exif\0"):
            exif_orientation = exif_orientation or orientation_in_exif(content[6:])
        elif marker == _APP1 and content.startswith(_XMP):
            xmp_orientation = xmp_orientation or orientation_in_xmp(content)
        kept = _kept(marker, content)
        if kept is not None:
            header.kept += struct.pack(">BBH", 0xFF, marker, len(kept) + 2) + kept
        if marker in _FRAMES:
            header.components = content[5]
            header.samples = _samples(content)
            header.is_buffered = marker in _PROGRESSIVE
        if marker == _SCAN:
            # Several scans, each of one colour, are put together in memory like progressive ones.
            header.is_buffered = header.is_buffered or content[0] < header.components
            header.orientation = exif_orientation or xmp_orientation or UPRIGHT
            header.pixels_at = file.tell()
            return header


def _next_marker(file: BinaryIO) -> int:
    """Skip to the next marker and return its number; there may be rubbish before it."""
    previous = b""
    while True:
        byte = _read(file, 1)
        if previous == b"\xff" and byte not in (b"\xff", b"\0"):
            return byte[0]
        previous = byte


def _kept(marker: int, content: bytes) -> bytes | None:
    """Return what is kept of a segment: of those of applications, what tells the colours."""
    if marker == _APP0:
        return _JFIF if content.startswith(b"JFIF\0") and len(content) >= len(_JFIF) else None
    if marker == _APP14:
        return content[:12] if content.startswith(b"Adobe") and len(content) >= 12 else None
    return None if marker == _COMMENT or 0xE0 <= marker <= 0xEF else content


def _samples(frame: bytes) -> float:
    """Return how many coefficients a pixel has: 3 in full colour, 1.5 with the usual subsampling."""
    shares = [(byte >> 4) * (byte & 15) for byte in frame[7 : 6 + 3 * frame[5] : 3]]
    widest = max((byte >> 4 for byte in frame[7 : 6 + 3 * frame[5] : 3]), default=1)
    highest = max((byte & 15 for byte in frame[7 : 6 + 3 * frame[5] : 3]), default=1)
    return sum(shares) / max(1, widest * highest)


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
