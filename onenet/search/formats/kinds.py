"""Which files are photos, and of what kind: by their first bytes, where their names do not say no."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Literal

Kind = Literal["JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "HEIF"]

HEAD_BYTES = 64  # of a file are enough to tell what it is

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
_TEXTS = "txt md rst log csv tsv json jsonl xml html htm css tex bib vcf ics eml url lnk webloc torrent"
_PROGRAMS = """
    py pyc pyi ipynb js mjs ts jsx tsx map c h cc cpp hpp rs go java class jar kt swift rb php pl sh bash bat
    ps1 cmd sql yaml yml toml ini cfg conf env lock exe dll so dylib o a lib deb rpm msi apk whl ttf otf
    woff woff2
"""
_DOCUMENTS = """
    pdf ps eps ai svg svgz psd xcf ico icns cur doc docx odt rtf xls xlsx ods ppt pptx odp epub mobi
    zip gz bz2 xz zst tar tgz 7z rar iso dmg db sqlite sqlite3 npy npz pt pth onnx safetensors pkl parquet h5
"""
_FILMS_AND_SOUNDS = """
    mp4 m4v mov avi mkv webm mpg mpeg 3gp wmv flv ogv mts m2ts mp3 wav flac ogg oga opus m4a aac wma aiff mid
"""
_HALF_DOWNLOADS = "part partial crdownload download swp"
# Raw photos hold no more than a tiny preview that could be read; others are notes about photos.
_RAW_PHOTOS_AND_NOTES = """
    cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef dng raw rwl srw x3f iiq 3fr kdc mrw
    xmp aae thm ithmb lrcat lrprev pp3 dop
"""
# Of files that are never looked into for a photo.
OTHER_SUFFIXES = frozenset(
    f".{suffix}"
    for suffixes in (
        _TEXTS,
        _PROGRAMS,
        _DOCUMENTS,
        _FILMS_AND_SOUNDS,
        _HALF_DOWNLOADS,
        _RAW_PHOTOS_AND_NOTES,
    )
    for suffix in suffixes.split()
)

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


def suffix_of(name: str) -> str:
    """Return how a name ends, from the last dot on, in small letters; "" without a dot."""
    return os.path.splitext(name)[1].lower()


def is_photo(path: str | Path) -> bool:
    """Tell whether a file is taken for a photo: by its name, or by its first bytes if that says nothing."""
    suffix = suffix_of(os.path.basename(path))
    if suffix in OTHER_SUFFIXES or not os.path.isfile(path):
        return False
    if suffix in PHOTO_SUFFIXES:
        return True
    try:
        with open_regular(path) as file:
            return image_kind(file.read(HEAD_BYTES)) is not None
    except OSError:  # gone, or not for us to read
        return False


def open_regular(path: str | Path) -> BufferedReader:
    """Open a file for reading.

    Raises:
        OSError: If it is missing, may not be read, or is no regular file: a pipe might never end.
    """
    _raise_unless_regular(os.stat(path).st_mode)
    # It may have become another since: opening a pipe must not wait either.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _raise_unless_regular(os.fstat(number).st_mode)
        return os.fdopen(number, "rb")
    except OSError:
        os.close(number)
        raise


def _raise_unless_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a pipe, a device or a socket, not a file with a photo")


def image_kind(content: bytes) -> Kind | None:
    """Return which kind of image a file is, by its first `HEAD_BYTES`; None if it is not read here."""
    head = content[:HEAD_BYTES]
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
