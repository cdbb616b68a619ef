"""Which kind of image a file is, told from its first bytes alone."""

from typing import Literal

Kind = Literal["JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "HEIF"]

HEAD_BYTES = 64  # of a file are enough to tell what it is

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}
)
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # sizes of the header behind the file's own
_BMP_DEPTHS = frozenset({1, 4, 8, 16, 24, 32})


def kind_of(head: bytes) -> Kind | None:
    """Return the kind of image that begins with these bytes, at least `HEAD_BYTES` if it has so many."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _kind_by_brands(head)
    if head[:2] == b"BM" and _is_bitmap_header(head[14:]):
        return "BMP"
    return "DIB" if _is_bitmap_header(head) else None


def _kind_by_brands(head: bytes) -> Kind | None:
    """Tell AVIF, HEIF and films apart, which share their container; an image names its codec somewhere."""
    end = min(max(int.from_bytes(head[:4], "big"), 16), HEAD_BYTES)
    major = head[8:12]
    brands = {major, *(head[start : start + 4] for start in range(16, end, 4))}
    if major in _AVIF_BRANDS or (major not in _HEIF_BRANDS - {b"mif1", b"msf1"} and brands & _AVIF_BRANDS):
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _is_bitmap_header(header: bytes) -> bool:
    size = int.from_bytes(header[:4], "little")
    planes = 8 if size == 12 else 12  # where their number stands
    return (
        size in _BMP_HEADERS
        and header[planes : planes + 2] == b"\1\0"
        and int.from_bytes(header[planes + 2 : planes + 4], "little") in _BMP_DEPTHS
    )
