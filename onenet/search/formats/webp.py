"""WebP: the chunks that describe the first picture, without what is said about it."""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from PIL.WebPImagePlugin import WebPImageFile

from onenet.search.formats.opened import Opened
from onenet.search.formats.orientation import UPRIGHT, orientation_in_exif, orientation_in_xmp
from onenet.search.formats.pieces import Part, Pieces, size_of

DECODER_BYTES_PER_PIXEL = 12.5  # the canvas, the one before it, and what is handed over

_PICTURES = (b"VP8 ", b"VP8L", b"ANMF")  # ANMF holds one of an animation
_BEFORE_THEM = (b"ANIM", b"ALPH")
_ALPHA_AND_ANIMATION = 0x12  # of the flags; the others announce metadata
_MOST_METADATA_BYTES = 1 << 20


class _Chunk(NamedTuple):
    name: bytes
    offset: int
    size: int


def open_webp(file: BinaryIO) -> Opened:
    """Open a WebP, of an animated one its first picture.

    Raises:
        OSError: If there is none.
    """
    pieces: list[bytes | Part] = []
    has_picture = False
    exif_orientation = xmp_orientation = None
    for chunk in _chunks(file):
        if chunk.name == b"VP8X":
            extended = bytearray(_content(file, chunk))
            extended[:1] = bytes([extended[0] & _ALPHA_AND_ANIMATION])
            pieces += [struct.pack("<4sI", chunk.name, len(extended)), bytes(extended)]
        elif chunk.name == b"EXIF":
            exif_orientation = orientation_in_exif(_content(file, chunk))
        elif chunk.name == b"XMP ":
            xmp_orientation = orientation_in_xmp(_content(file, chunk))
        elif not has_picture and chunk.name in (*_BEFORE_THEM, *_PICTURES):
            pieces += [Part(chunk.offset, 8 + chunk.size), bytes(chunk.size % 2)]
            has_picture = chunk.name in _PICTURES
    size = sum(piece.size if isinstance(piece, Part) else len(piece) for piece in pieces)
    riff = struct.pack("<4sI4s", b"RIFF", 4 + size, b"WEBP")
    photo = WebPImageFile(Pieces(file, [riff, *pieces]))  # type: ignore[arg-type]
    decoder_bytes = int(DECODER_BYTES_PER_PIXEL * photo.width * photo.height) + 2 * size
    return Opened(photo, photo.size, exif_orientation or xmp_orientation or UPRIGHT, decoder_bytes)


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Give the chunks there are; what the file says of its whole size does not matter."""
    end = size_of(file)
    offset = 12
    while offset + 8 <= end:
        file.seek(offset)
        name, size = struct.unpack("<4sI", file.read(8))
        yield _Chunk(name, offset, min(size, end - offset - 8))
        offset += 8 + size + size % 2


def _content(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.offset + 8)
    return file.read(min(chunk.size, _MOST_METADATA_BYTES))
