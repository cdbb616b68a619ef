"""PNG: the chunks that describe the pixels, without those that are said about them."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from PIL.PngImagePlugin import PngImageFile

from onenet.search.formats.opened import Opened
from onenet.search.formats.orientation import UPRIGHT, orientation_in_exif, orientation_in_xmp
from onenet.search.formats.pieces import Part, Pieces, size_of

_MAGIC = b"\x89PNG\r\n\x1a\n"
_TRANSPARENCY_BYTES = {0: (2, 2), 2: (6, 6), 3: (1, 256)}  # by the kind of colour, from and to
_MOST_METADATA_BYTES = 1 << 20  # of a chunk are looked through for the orientation
_MOST_UNPACKED_BYTES = 1 << 22


class _Chunk(NamedTuple):
    name: bytes
    offset: int
    size: int
    is_whole: bool


def open_png(file: BinaryIO) -> Opened:
    """Open a PNG, of an animated one its first picture. Only what the pixels need must be sound.

    Raises:
        ValueError: If there are no pixels, or no header.
    """
    pieces: list[bytes | Part] = [_MAGIC]
    colour = -1
    exif_orientation = xmp_orientation = None
    for chunk in _chunks(file):
        if chunk.name in (b"IHDR", b"PLTE", b"tRNS"):
            content = _content(file, chunk, 768)
            if chunk.name == b"IHDR":
                colour = content[9]
            least, most = _TRANSPARENCY_BYTES.get(colour, (1, 0))
            if chunk.name != b"tRNS" or least <= len(content) <= most:
                pieces.append(_packed(chunk.name, content))  # its checksum made anew
        elif chunk.name == b"IDAT":
            pieces += _pixels(chunk)
        elif chunk.name == b"eXIf":
            exif = _content(file, chunk, _MOST_METADATA_BYTES)
            exif_orientation = orientation_in_exif(exif) or exif_orientation
        elif reader := _READERS.get(chunk.name):
            keyword, text = reader(_content(file, chunk, _MOST_METADATA_BYTES))
            if keyword == b"XML:com.adobe.xmp":
                xmp_orientation = orientation_in_xmp(text) or xmp_orientation
            elif keyword == b"Raw profile type exif":
                exif_orientation = exif_orientation or orientation_in_exif(_unhexed(text))
    pieces.append(_packed(b"IEND", b""))
    photo = PngImageFile(Pieces(file, pieces))  # type: ignore[arg-type]
    return Opened(photo, photo.size, exif_orientation or xmp_orientation or UPRIGHT)


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Give the chunks there are; the last may be cut off."""
    end = size_of(file)
    offset = len(_MAGIC)
    while offset + 8 <= end:
        file.seek(offset)
        size, name = struct.unpack(">I4s", file.read(8))
        if name == b"IEND" or not name.isalpha():
            return
        there = min(size, end - offset - 8)
        yield _Chunk(name, offset, there, is_whole=offset + size + 12 <= end)
        offset += size + 12


def _content(file: BinaryIO, chunk: _Chunk, most: int) -> bytes:
    file.seek(chunk.offset + 8)
    return file.read(min(chunk.size, most))


def _pixels(chunk: _Chunk) -> list[bytes | Part]:
    """Return a chunk of pixels; of one that is cut off, what there is."""
    if chunk.is_whole:
        return [Part(chunk.offset, chunk.size + 12)]
    return [struct.pack(">I4s", chunk.size, chunk.name), Part(chunk.offset + 8, chunk.size), bytes(4)]


def _packed(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", checksum)


def _plain(content: bytes) -> tuple[bytes, bytes]:
    keyword, _, text = content.partition(b"\0")
    return keyword, text


def _compressed(content: bytes) -> tuple[bytes, bytes]:
    keyword, _, rest = content.partition(b"\0")
    return keyword, _unpacked(rest[1:])


def _international(content: bytes) -> tuple[bytes, bytes]:
    keyword, _, rest = content.partition(b"\0")
    _, _, text = rest[2:].partition(b"\0")  # the language
    _, _, text = text.partition(b"\0")  # the keyword in it
    return keyword, _unpacked(text) if rest[:1] == b"\1" else text


_READERS: dict[bytes, Callable[[bytes], tuple[bytes, bytes]]] = {
    b"tEXt": _plain,
    b"zTXt": _compressed,
    b"iTXt": _international,
}


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _MOST_UNPACKED_BYTES)
    except zlib.error:
        return b""


def _unhexed(text: bytes) -> bytes:
    """Return what ImageMagick wrote in hexadecimal, behind a name and a length."""
    try:
        return bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:]))
    except ValueError:
        return b""
