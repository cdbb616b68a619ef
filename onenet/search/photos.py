"""Files and bytes -> photos: every format people send, refused with a sentence when it is not one."""

import contextlib
import ctypes
import io
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import IO, BinaryIO, cast

from PIL import Image

from onenet.errors import N_, PhotoError, Value
from onenet.search.formats.boxes import heif_rows, read_avif
from onenet.search.formats.gif import read_gif
from onenet.search.formats.jpeg import read_jpeg, rows_there
from onenet.search.formats.kinds import HEAD_BYTES, image_kind, open_regular
from onenet.search.formats.opened import (
    Opened,
    open_avif,
    open_bitmap,
    open_gif,
    open_heif,
    open_jpeg,
    open_png,
    open_tiff,
    open_webp,
)
from onenet.search.formats.orientation import TURNED_UPRIGHT, orientation_of
from onenet.search.formats.pieces import Pieces
from onenet.search.formats.png import read_png
from onenet.search.formats.rgb import rows_to_rgb, shrink_factor, to_rgb
from onenet.search.formats.tiff import read_tiff
from onenet.search.formats.watched import WatchedFile, is_of_system
from onenet.search.formats.webp import read_webp

MAX_PIXELS = 210_000_000  # the largest phone cameras give 200 million; more is a decompression bomb
MAX_FILE_BYTES = 600_000_000  # of a file on the disk: an uncompressed photo of so many pixels still fits
MAX_MEMORY_BYTES = 240_000_000  # that opening one photo may take
LARGE_BYTES = 48_000_000  # photos that take more are opened one at a time
# A JPEG is decoded at the smallest scale that keeps both sides this long: 1.4 times the detail that the
# network sees (`ModelConfig.detail_px`). Of 120 photos the representations had a cosine of 0.9995 with those
# of the whole photos in the mean, and 0.997 at least.
DECODE_SIDE_PX = 360
KEPT_SIDE_PX = 1280  # other formats are shrunk by a whole number to no less than this, which chats show
_WARNED_OF, _WARNED_PIXELS = ("GIF", "TIFF"), 89_000_000  # of more in these Pillow would warn
LEAST_THERE = 0.5  # of a JPEG that breaks off, for it to be read

_THIS_FILE = "This file"
_EMPTY = N_("This file is empty (0 bytes). Send a JPEG, PNG or WebP photo.")
_NO_IMAGE = N_("This file is not an image that can be read here. Send a JPEG, PNG or WebP photo.")
_DAMAGED = N_("This file is damaged and could not be read to its end. Send it once more.")
_BREAKS_OFF = N_("This file breaks off: {percent} percent of the picture is there. Send it once more.")
_TOO_MANY_PIXELS = N_(
    "This file has more than {millions} million pixels, too many to open safely. Send a smaller copy."
)
_TOO_MUCH_MEMORY = N_(
    "This file has {width} by {height} pixels; opening it would take {needed} MB of memory, and {limit} MB "
    "is the most. Send a smaller copy, or a plain JPEG of it."
)
_NO_MEMORY = N_("This file needs more memory than there is. Send a smaller copy.")

_one_large = threading.Lock()


def read_photo(source: Path | bytes, *, side_px: int | None = None) -> Image.Image:
    """Read a photo as the network sees it: upright, 8 bits a channel, RGB.

    Animated pictures give their first frame, transparent ones stand on white. What is said of the pixels,
    such as where they were taken, may be broken: nothing of it is read but how the photo lies. A JPEG that
    breaks off is read if `LEAST_THERE` of it is there; the rest is grey.

    Args:
        source: A file, or what is in one.
        side_px: A large photo comes back smaller than it is, but both its sides keep this length: by default
            `DECODE_SIDE_PX` in a JPEG, else `KEPT_SIDE_PX`. The shorter side of a very long one may not.

    Raises:
        PhotoError: If it is missing, empty, not an image, damaged, or would need too much memory.
    """
    with _opened_file(source) as file, _explained(source):
        opened = _open(source, file, side_px or DECODE_SIDE_PX)
        factor = shrink_factor(opened.photo.size, side_px or KEPT_SIDE_PX)
        kept_bytes = 4 * opened.photo.width * opened.photo.height // factor**2
        needed_bytes = opened.decoding_bytes + kept_bytes
        if needed_bytes > MAX_MEMORY_BYTES:
            raise _too_much_memory(source, opened, needed_bytes)
        with _one_large_at_a_time() if needed_bytes > LARGE_BYTES else contextlib.nullcontext():
            picture = _decode(source, file, opened, factor)
        turned_upright = TURNED_UPRIGHT.get(opened.orientation)
        return picture if turned_upright is None else picture.transpose(turned_upright)


def photo_size(source: Path | bytes) -> tuple[int, int]:
    """Return the width and height of a photo as it lies in its file, without decoding it.

    Raises:
        PhotoError: If it is missing, empty, not an image, has too many pixels, or does not say how many.
    """
    with _opened_file(source) as file, _explained(source):
        return _open(source, file, DECODE_SIDE_PX).size


def is_passing(error: PhotoError) -> bool:
    """Tell whether a photo may be read the next time though it stays as it is: the system failed, not it.

    A disk or a server that does not answer, a file that may not be read today, too many open files, too
    little memory.
    """
    return is_of_system(error.__cause__)


def _open(source: Path | bytes, file: BinaryIO, side_px: int) -> Opened:
    try:
        opened = _open_any(file, side_px)
    except SyntaxError as error:  # of a kind that is read here, but not in this way
        raise _refusal(source, _NO_IMAGE) from error
    if opened is None:
        raise _refusal(source, _NO_IMAGE)
    most = MAX_PIXELS if opened.photo.format not in _WARNED_OF else min(MAX_PIXELS, _WARNED_PIXELS)
    if opened.size[0] * opened.size[1] > most:
        raise _refusal(source, _TOO_MANY_PIXELS, millions=most // 1_000_000)
    return opened


def _open_any(file: BinaryIO, side_px: int) -> Opened | None:
    """Open an image without its metadata; None if it is of no kind that is read here.

    The decoder is chosen here, not by Pillow, which would hand some files, such as EPS, to outside programs.
    """
    kind = image_kind(file.read(HEAD_BYTES))
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    match kind:
        case "JPEG":
            jpeg = read_jpeg(file)
            opened = open_jpeg(_stream(file, jpeg.pieces), jpeg.buffered_bytes, side_px)
            return replace(opened, orientation=orientation_of(jpeg.exif, jpeg.xmp), is_cut=jpeg.is_cut)
        case "PNG":
            pieces, exif, xmp = read_png(file)
            return replace(open_png(_stream(file, pieces)), orientation=orientation_of(exif, xmp))
        case "WEBP":
            pieces, exif, xmp = read_webp(file)
            opened = open_webp(_stream(file, pieces), size_bytes)
            return replace(opened, orientation=orientation_of(exif, xmp))
        case "TIFF":
            tiff = read_tiff(file)
            opened = open_tiff(_stream(file, tiff.pieces), size_bytes, tiff.rows_unpacked)
            return replace(opened, orientation=orientation_of(tiff.exif, tiff.xmp))
        case "HEIF":
            return open_heif(file, size_bytes, side_px)
        case "AVIF":
            pieces, is_deep = read_avif(file)
            opened = open_avif(_stream(file, pieces), size_bytes, is_deep=is_deep)
            # How it lies stands in the boxes; Pillow tells it as EXIF of its own making.
            return replace(opened, orientation=orientation_of(opened.photo.info.get("exif") or b""))
        case "GIF":
            pieces, xmp = read_gif(file)
            return replace(open_gif(_stream(file, pieces)), orientation=orientation_of(b"", xmp))
        case "BMP" | "DIB":
            return open_bitmap(file, has_file_header=kind == "BMP")
        case _:
            return None


def _stream(file: BinaryIO, pieces: Iterable[bytes | range]) -> IO[bytes]:
    return cast(IO[bytes], Pieces(file, pieces))


def _decode(source: Path | bytes, file: BinaryIO, opened: Opened, factor: int) -> Image.Image:
    if opened.is_decoded_by_rows:
        size, rows = heif_rows(file)
        return rows_to_rgb(rows, size, factor)
    with contextlib.closing(opened.photo) as photo:  # its pixels are freed even if an error is kept
        photo.load()
        if opened.is_cut and (there := rows_there(photo)) < LEAST_THERE * photo.height:
            raise _refusal(source, _BREAKS_OFF, percent=100 * there // photo.height)
        return to_rgb(photo, factor)


@contextlib.contextmanager
def _one_large_at_a_time() -> Iterator[None]:
    """Wait for the others, and let the system have what is freed: the C library keeps it for each thread."""
    with _one_large:
        try:
            yield
        finally:
            trim = getattr(_c_library(), "malloc_trim", None)  # glibc has it
            if trim is not None:
                trim(0)


@cache
def _c_library() -> object:
    return ctypes.CDLL(None) if os.name == "posix" else None


@contextlib.contextmanager
def _opened_file(source: Path | bytes) -> Iterator[BinaryIO]:
    """Open what is to be read; of the files on the disk only regular ones: a pipe might never end."""
    if isinstance(source, bytes):
        if not source:
            raise _refusal(source, _EMPTY)
        yield io.BytesIO(source)
        return
    try:
        with WatchedFile(open_regular(source).detach()) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                limit = MAX_FILE_BYTES // 1_000_000
                raise PhotoError(f"{source.name} is larger than {limit} MB. Send a smaller copy.")
            if not size:
                raise _refusal(source, _EMPTY)
            try:
                yield file
            finally:
                if file.failure is not None:  # whatever the decoder made of it
                    raise file.failure
    except OSError as error:
        raise PhotoError(f"{source.name} could not be opened: {error.strerror or 'no such file'}.") from error


@contextlib.contextmanager
def _explained(source: Path | bytes) -> Iterator[None]:
    """Say in a sentence what a decoder finds wrong."""
    try:
        yield
    except PhotoError:
        raise
    except MemoryError as error:
        raise _refusal(source, _NO_MEMORY) from error
    except Image.DecompressionBombError as error:
        raise _refusal(source, _TOO_MANY_PIXELS, millions=MAX_PIXELS // 1_000_000) from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, EOFError, struct.error, ...
        raise _refusal(source, _DAMAGED) from error


def _too_much_memory(source: Path | bytes, opened: Opened, needed_bytes: int) -> PhotoError:
    width, height = opened.size
    needed, limit = (each // 1_000_000 for each in (needed_bytes, MAX_MEMORY_BYTES))
    return _refusal(source, _TOO_MUCH_MEMORY, width=width, height=height, needed=needed, limit=limit)


def _refusal(source: Path | bytes, template: str, **values: Value) -> PhotoError:
    """Say what is wrong with a file; one on the disk is called by its name."""
    if isinstance(source, Path):
        return PhotoError("{name}" + template.removeprefix(_THIS_FILE), name=source.name, **values)
    return PhotoError(template, **values)
