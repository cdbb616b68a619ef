"""HEIF and AVIF, whose files are boxes within boxes."""

import io
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from PIL import Image

_MOST_META_BYTES = 1 << 24  # the largest table of contents that is read
_MOST_BOXES = 1 << 16
_UNKNOWN = b"skip"  # a kind of item that nothing looks for


class _Box(NamedTuple):
    """A box: its name, and where its content lies."""

    name: bytes
    start: int
    end: int


def heif_rows(file: BinaryIO) -> tuple[tuple[int, int], Callable[[int, int], Image.Image]]:
    """Decode a HEIF, and give its size, and its rows out of the decoder's memory."""
    from pillow_heif import open_heif as decode

    file.seek(0)
    found = decode(file, convert_hdr_to_8bit=True)
    image = found[found.primary_index]
    pixels, stride, mode, size = memoryview(image.data), image.stride, image.mode, image.size

    def rows(top: int, bottom: int) -> Image.Image:
        part = bytes(pixels[top * stride : bottom * stride])
        return Image.frombytes(mode, (size[0], bottom - top), part, "raw", mode, stride)

    return size, rows


def read_avif(file: BinaryIO) -> tuple[list[bytes | range], bool]:
    """Return an AVIF with its EXIF under a name that is not looked for: Pillow would read all of it.

    Returns:
        What is to be decoded, bytes and ranges of the file's; and whether it has more than 8 bits.
    """
    size = file.seek(0, io.SEEK_END)
    for box in _boxes(file, 0, size):
        if box.name == b"meta" and box.end - box.start <= _MOST_META_BYTES:
            file.seek(box.start)
            meta = bytearray(file.read(box.end - box.start))
            for place in _kinds_of_items(meta):
                if meta[place : place + 4] == b"Exif":
                    meta[place : place + 4] = _UNKNOWN
            depth = meta.find(b"pixi") + 9  # behind name, version and number of channels
            is_deep = depth > 9 and meta[depth : depth + 1] > b"\x08"
            return [range(box.start), bytes(meta), range(box.end, size)], is_deep
    return [range(size)], False


def _kinds_of_items(meta: bytearray) -> Iterator[int]:
    """Give the places in a table of contents where the kinds of its items stand."""
    contents = io.BytesIO(meta)
    for box in _boxes(contents, 4, len(meta)):
        if box.name == b"iinf":
            # Behind the version and the count.
            first = box.start + (6 if meta[box.start : box.start + 1] == b"\0" else 8)
            for item in _boxes(contents, first, box.end):
                if item.name == b"infe":
                    # Behind the version, the number and the lock.
                    yield item.start + (10 if meta[item.start : item.start + 1] >= b"\3" else 8)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:  # it is a longer number, behind the name
            header = 16
            size = int.from_bytes(file.read(8), "big")
        elif size == 0:  # to the end
            size = end - start
        if size < header:
            return
        yield _Box(name, start + header, min(start + size, end))
        start += size
