"""WebP: the chunks that describe the first picture, without what is said about it."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_PICTURES = (b"VP8 ", b"VP8L", b"ANMF")  # ANMF holds one of an animation
_BEFORE_THEM = (b"ANIM", b"ALPH")
_ALPHA_AND_ANIMATION = 0x12  # of the flags; the others announce metadata
_MOST_METADATA_BYTES = 1 << 20
_MOST_CHUNKS = 1 << 16


class _Chunk(NamedTuple):
    name: bytes
    offset: int
    size: int


def read_webp(file: BinaryIO) -> tuple[list[bytes | range], bytes, bytes]:
    """Return what of a WebP describes the pixels, of an animated one those of the first picture.

    Returns:
        What is to be decoded, bytes and ranges of the file's; then EXIF and XMP.
    """
    pieces: list[bytes | range] = []
    has_picture = False
    exif = xmp = b""
    for chunk in _chunks(file):
        if chunk.name == b"VP8X":
            extended = bytearray(_content(file, chunk))
            extended[:1] = bytes(flags & _ALPHA_AND_ANIMATION for flags in extended[:1])
            pieces += [struct.pack("<4sI", chunk.name, len(extended)), bytes(extended)]
        elif chunk.name == b"EXIF":
            exif = _content(file, chunk)
        elif chunk.name == b"XMP ":
            xmp = _content(file, chunk)
        elif not has_picture and chunk.name in (*_BEFORE_THEM, *_PICTURES):
            pieces += [range(chunk.offset, chunk.offset + 8 + chunk.size), bytes(chunk.size % 2)]
            has_picture = chunk.name in _PICTURES
    size = sum(len(piece) for piece in pieces)
    return [struct.pack("<4sI4s", b"RIFF", 4 + size, b"WEBP"), *pieces], exif, xmp


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Give the chunks there are; what the file says of its whole size does not matter."""
    end = file.seek(0, io.SEEK_END)
    offset = 12
    for _ in range(_MOST_CHUNKS):
        if offset + 8 > end:
            return
        file.seek(offset)
        name, size = struct.unpack("<4sI", file.read(8))
        yield _Chunk(name, offset, min(size, end - offset - 8))
        offset += 8 + size + size % 2


def _content(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.offset + 8)
    return file.read(min(chunk.size, _MOST_METADATA_BYTES))
