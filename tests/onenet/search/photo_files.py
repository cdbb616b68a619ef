"""Image files written by hand, for tests of what cameras and programs make of them."""

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RED, BLUE, WHITE = (200, 30, 30), (40, 60, 200), (255, 255, 255)

Entry = tuple[int, int, int, bytes]  # of EXIF or TIFF: tag, kind, count, value of four bytes


def encode(photo: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    photo.save(content, kind, **options)
    return content.getvalue()


def encode_heif(photo: Image.Image) -> bytes:
    import pillow_heif

    content = io.BytesIO()
    pillow_heif.from_pillow(photo).save(content)
    return content.getvalue()


class FailingDisk(io.FileIO):
    """A file on a disk that fails after some reads."""

    def __init__(self, path: str | Path, fault: Exception, reads: int) -> None:
        super().__init__(path)
        self._fault, self._reads = fault, reads

    def readinto(self, buffer: Any, /) -> int | None:
        self._fail()
        return super().readinto(buffer)

    def readall(self) -> bytes:
        self._fail()
        return super().readall()

    def _fail(self) -> None:
        if not self._reads:
            raise self._fault
        self._reads -= 1


def on_failing_disk(path: str | Path, *, fault: Exception, reads: int = 0) -> io.BufferedReader:
    """Open a file that fails after some reads, as `open_regular` opens it."""
    return io.BufferedReader(FailingDisk(path, fault, reads))


def left_red_right_blue(size: tuple[int, int] = (60, 40)) -> Image.Image:
    photo = Image.new("RGB", size, RED)
    photo.paste(BLUE, (size[0] // 2, 0, *size))
    return photo


def noise(width: int = 60, height: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))


def assert_looks_like(photo: Image.Image, expected: dict[tuple[float, float], tuple[int, int, int]]) -> None:
    """Compare colours at places given as shares of width and height, with room for lossy formats."""
    assert photo.mode == "RGB"
    for (x, y), colour in expected.items():
        found = photo.getpixel((int(x * photo.width), int(y * photo.height)))
        assert np.abs(np.subtract(found, colour)).max() <= 16, (found, colour)


# --- EXIF -----------------------------------------------------------------------------------------------


def exif(entries: Iterable[Entry], data: bytes = b"", order: str = "<") -> bytes:
    """EXIF with these entries, sorted, and behind them what they point to, from `data_offset` on."""
    entries = sorted(entries)
    mark = b"II" if order == "<" else b"MM"
    packed = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries)
    header = mark + struct.pack(f"{order}HIH", 42, 8, len(entries))
    return b"Exif\0\0" + header + packed + bytes(4) + data


def data_offset(count: int) -> int:
    """Where the data begin behind so many entries."""
    return 8 + 2 + 12 * count + 4


def short(tag: int, number: int, order: str = "<") -> Entry:
    return tag, 3, 1, struct.pack(f"{order}HH", number, 0)


def orientation(number: int, order: str = "<") -> Entry:
    return short(0x0112, number, order)


# --- JPEG -----------------------------------------------------------------------------------------------


def with_segments(jpeg: bytes, segments: Iterable[tuple[int, bytes]]) -> bytes:
    """Put segments, by marker and content, behind the start of a JPEG."""
    added = (struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content for marker, content in segments)
    return jpeg[:2] + b"".join(added) + jpeg[2:]


# --- PNG ------------------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes, *, checksum: int | None = None) -> bytes:
    right = zlib.crc32(content, zlib.crc32(name))
    return (
        struct.pack(">I4s", len(content), name)
        + content
        + struct.pack(">I", right if checksum is None else checksum)
    )


def with_chunks(png: bytes, before: bytes = b"", between: bytes = b"", after: bytes = b"") -> bytes:
    """Put chunks before the pixels of a PNG, between two halves of them, and behind them."""
    start, end = png.index(b"IDAT") - 4, png.index(b"IEND") - 4
    pixels = b""
    place = start
    while place < end:
        size = int.from_bytes(png[place : place + 4], "big")
        pixels += png[place + 8 : place + 8 + size]
        place += size + 12
    half = len(pixels) // 2
    halves = chunk(b"IDAT", pixels[:half]) + between + chunk(b"IDAT", pixels[half:])
    return png[:start] + before + halves + after + png[end:]


def even_png(
    width: int, height: int, *, depth: int = 8, colour: int = 2, level: int = 0x55, extra: bytes = b""
) -> bytes:
    """A PNG of one level, of any size, made in little memory; colour is 0 L, 2 RGB, 3 P, 4 LA or 6 RGBA."""
    bits = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth
    row = b"\0" + bytes([level]) * -(-width * bits // 8)
    packer = zlib.compressobj(1)
    rows_at_once = max(1, (1 << 20) // len(row))
    packed = b""
    for top in range(0, height, rows_at_once):
        packed += packer.compress(row * min(rows_at_once, height - top))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", packed + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + pixels + chunk(b"IEND", b"")


# --- WebP, TIFF, HEIF -----------------------------------------------------------------------------------


def riff_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)


def with_riff_chunks(webp: bytes, size: tuple[int, int], added: bytes, *, flags: int = 0x2C) -> bytes:
    """Put chunks behind the picture of a simple WebP, and their announcement before it."""
    width, height = (number.to_bytes(4, "little")[:3] for number in (size[0] - 1, size[1] - 1))
    extended = riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + width + height)
    body = b"WEBP" + extended + webp[12:] + added
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(photo: Image.Image, entries: Sequence[Entry], order: str = "<") -> bytes:
    """An uncompressed TIFF with more tags than it needs."""
    pixels = photo.convert("RGB").tobytes()
    bits = struct.pack(f"{order}HHH", 8, 8, 8)
    own = [
        *(short(256, photo.width, order), short(257, photo.height, order)),
        (258, 3, 3, struct.pack(f"{order}I", 8)),
        *(short(259, 1, order), short(262, 2, order)),
        (273, 4, 1, struct.pack(f"{order}I", 8 + len(bits))),
        *(short(277, 3, order), short(278, photo.height, order)),
        (279, 4, 1, struct.pack(f"{order}I", len(pixels))),
    ]
    replaced = {entry[0] for entry in own}
    everything = sorted([*own, *(entry for entry in entries if entry[0] not in replaced)])
    page = struct.pack(f"{order}H", len(everything))
    page += b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in everything) + bytes(4)
    body = bits + pixels
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HI", 42, 8 + len(body)) + body + page


def rebranded(heif: bytes, brand: bytes) -> bytes:
    """A HEIF whose first brand is another."""
    return heif[:8] + brand + heif[12:]
