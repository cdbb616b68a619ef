"""HEIF and AVIF, whose files are boxes within boxes."""

import io
import struct
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageFile

from onenet.search.formats.opened import Opened, Rows, Size
from onenet.search.formats.orientation import UPRIGHT, orientation_in_exif
from onenet.search.formats.pieces import Part, Pieces, size_of

# What decoders take beside Pillow's pixels, in bytes a pixel, as measured; deep is more than 8 bits.
AVIF_DECODER_BYTES, DEEP_AVIF_DECODER_BYTES = 7.0, 11.0
HEIF_DECODER_BYTES, DEEP_HEIF_DECODER_BYTES = 4.5, 7.0
# A large HEIF stays in the decoder's memory, without a copy in Pillow's.
MOST_COPIED_PIXELS = 20_000_000
ROWS_DECODER_BYTES, DEEP_ROWS_DECODER_BYTES = 4.4, 8.0
ALPHA_DECODER_BYTES = 2.5  # of rows, for transparency

_MOST_META_BYTES = 1 << 24  # the largest table of contents that is read
_UNKNOWN = b"skip"  # a kind of item that nothing looks for


class _Box(NamedTuple):
    """A box: its name, and where its content lies."""

    name: bytes
    start: int
    end: int


def open_heif(file: BinaryIO, least_px: int) -> Opened:
    """Open a HEIF, such as a phone's HEIC; a preview that keeps `least_px` is as good as the picture.

    Raises:
        SyntaxError: If it holds no picture.
    """
    from pillow_heif import HeifImageFile

    size = size_of(file)
    photo: ImageFile.ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call]
    whole = photo.size
    photo.draft("RGB", (least_px, least_px))
    pixels = photo.width * photo.height
    is_deep = photo.info.get("bit_depth", 8) > 8
    if pixels <= MOST_COPIED_PIXELS:
        a_pixel = DEEP_HEIF_DECODER_BYTES if is_deep else HEIF_DECODER_BYTES
        return Opened(photo, whole, decoder_bytes=int(a_pixel * pixels) + 2 * size)
    a_pixel = DEEP_ROWS_DECODER_BYTES if is_deep else ROWS_DECODER_BYTES
    a_pixel += ALPHA_DECODER_BYTES if photo.mode == "RGBA" else 0.0
    decoder_bytes = int(a_pixel * pixels) + 3 * size
    return Opened(photo, whole, decoder_bytes=decoder_bytes, decode_rows=partial(_heif_rows, file))


def _heif_rows(file: BinaryIO) -> tuple[Size, Rows]:
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


def open_avif(file: BinaryIO) -> Opened:
    """Open an AVIF, of an animated one its first picture.

    Raises:
        SyntaxError: If it holds no picture.
        ImportError: If this Pillow cannot read AVIF.
    """
    from PIL.AvifImagePlugin import AvifImageFile

    pieces, is_deep = _avif_without_exif(file)
    photo = AvifImageFile(Pieces(file, pieces))  # type: ignore[arg-type]
    # How it lies stands in the boxes; Pillow tells it as EXIF of its own making.
    orientation = orientation_in_exif(photo.info.get("exif") or b"") or UPRIGHT
    a_pixel = DEEP_AVIF_DECODER_BYTES if is_deep else AVIF_DECODER_BYTES
    decoder_bytes = int(a_pixel * photo.width * photo.height) + 2 * size_of(file)
    return Opened(photo, photo.size, orientation, decoder_bytes)


def _avif_without_exif(file: BinaryIO) -> tuple[list[bytes | Part], bool]:
    """Return an AVIF with its EXIF under a name that is not looked for, and whether it has more than 8 bits.

    Pillow would read all of the EXIF.
    """
    size = size_of(file)
    for box in _boxes(file, 0, size):
        if box.name == b"meta" and box.end - box.start <= _MOST_META_BYTES:
            file.seek(box.start)
            meta = bytearray(file.read(box.end - box.start))
            for place in _kinds_of_items(meta):
                if meta[place : place + 4] == b"Exif":
                    meta[place : place + 4] = _UNKNOWN
            depth = meta.find(b"pixi") + 9  # behind name, version and number of channels
            is_deep = depth > 9 and meta[depth : depth + 1] > b"\x08"
            return [Part(0, box.start), bytes(meta), Part(box.end, size - box.end)], is_deep
    return [Part(0, size)], False


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
    while start + 8 <= end:
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
