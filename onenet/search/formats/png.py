"""PNG: the chunks that describe the pixels, without those that are said about them."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

_MAGIC = b"\x89PNG\r\n\x1a\n"
_TRANSPARENCY_BYTES = {0: range(2, 3), 2: range(6, 7), 3: range(1, 257)}  # by the kind of colour
_MOST_CONTENT_BYTES = 1 << 20  # of a chunk that is not of pixels
_MOST_UNPACKED_BYTES = 1 << 20
_MOST_CHUNKS = 1 << 18
_MOST_TEXTS = 100  # that are looked through for how the picture lies


class _Chunk(NamedTuple):
    name: bytes
    offset: int
    size: int
    is_whole: bool


def read_png(file: BinaryIO) -> tuple[list[bytes | range], bytes, bytes]:
    """Return what of a PNG describes the pixels, of an animated one those of the first picture.

    Only what they need must be sound; checksums are made anew.

    Returns:
        What is to be decoded, bytes and ranges of the file's; then EXIF and XMP.
    """
    pieces: list[bytes | range] = [_MAGIC]
    colour = -1
    exif = xmp = b""
    texts = 0
    for chunk in _chunks(file):
        if chunk.name == b"IDAT":
            pieces += _pixels(chunk)
            continue
        content = _content(file, chunk)
        if chunk.name in (b"IHDR", b"PLTE"):
            colour = content[9] if chunk.name == b"IHDR" else colour
            pieces.append(_packed(chunk.name, content))
        elif chunk.name == b"tRNS" and len(content) in _TRANSPARENCY_BYTES.get(colour, ()):
            pieces.append(_packed(chunk.name, content))
        elif chunk.name == b"eXIf":
            exif = content
        elif chunk.name in _READERS and texts < _MOST_TEXTS:
            texts += 1
            keyword, text = _READERS[chunk.name](content)
            if keyword == b"XML:com.adobe.xmp":
                xmp = text
            elif keyword == b"Raw profile type exif":
                exif = exif or _unhexed(text)
    return [*pieces, _packed(b"IEND", b"")], exif, xmp


def _chunks(file: BinaryIO) -> Iterator[_Chunk]:
    """Give the chunks there are; the last may be cut off."""
    end = file.seek(0, io.SEEK_END)
    offset = len(_MAGIC)
    for _ in range(_MOST_CHUNKS):
        file.seek(offset)
        head = file.read(8)
        if len(head) < 8:
            return
        size, name = struct.unpack(">I4s", head)
        if name == b"IEND" or not name.isalpha():
            return
        there = min(size, end - offset - 8)
        yield _Chunk(name, offset, there, is_whole=offset + size + 12 <= end)
        offset += size + 12


def _content(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.offset + 8)
    return file.read(min(chunk.size, _MOST_CONTENT_BYTES))


def _pixels(chunk: _Chunk) -> list[bytes | range]:
    """Return a chunk of pixels; of one that is cut off, what there is."""
    start, end = chunk.offset, chunk.offset + 8 + chunk.size
    if chunk.is_whole:
        return [range(start, end + 4)]
    return [struct.pack(">I4s", chunk.size, chunk.name), range(start + 8, end), bytes(4)]


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
