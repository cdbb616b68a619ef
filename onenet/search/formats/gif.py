"""GIF: what describes the first picture, without comments and the like."""

import io
from typing import BinaryIO

_EXTENSION, _PICTURE = 0x21, 0x2C
_CONTROL, _APPLICATION = 0xF9, 0xFF  # what is transparent; what programs add
_XMP = b"XMP DataXMP"
_MOST_BLOCKS = 1 << 16
_MOST_METADATA_BYTES = 1 << 20


def read_gif(file: BinaryIO) -> tuple[list[bytes | range], bytes]:
    """Return what of a GIF describes the pixels, of an animated one from the first picture on.

    Returns:
        What is to be decoded, bytes and ranges of the file's; then XMP.

    Raises:
        IndexError: If there is no picture.
    """
    end = file.seek(0, io.SEEK_END)
    file.seek(0)
    header = file.read(13)
    colours_bytes = 3 * 2 ** ((header[10] & 7) + 1) if header[10] & 0x80 else 0
    pieces: list[bytes | range] = [range(13 + colours_bytes)]
    xmp = b""
    start = 13 + colours_bytes
    for _ in range(_MOST_BLOCKS):
        file.seek(start)
        head = file.read(14)
        if head[0] == _PICTURE:
            return [*pieces, range(start, end)], xmp
        if head[0] != _EXTENSION:  # rubbish between two blocks
            start += 1
            continue
        stop = _end_of_blocks(file, start + 2)
        if head[1] == _CONTROL:
            pieces.append(range(start, stop))
        elif head[1] == _APPLICATION and head[3:] == _XMP:
            file.seek(start)
            xmp = file.read(min(stop - start, _MOST_METADATA_BYTES))
        start = stop
    raise IndexError("there is no picture")


def _end_of_blocks(file: BinaryIO, start: int) -> int:
    """Return where a chain of blocks ends, each with its size before it, the last of no size."""
    for _ in range(_MOST_BLOCKS):
        file.seek(start)
        size = file.read(1)[0]
        start += 1 + size
        if not size:
            break
    return start
