"""What opening an image file gives: a picture that is yet to be decoded, and what that will take."""

from dataclasses import dataclass
from typing import IO

from PIL import ImageFile
from PIL.BmpImagePlugin import BmpImageFile, DibImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

# A JPEG that takes more is decoded at a smaller scale, even if one of its sides gets short.
MOST_DRAFT_BYTES = 128_000_000
MOST_COPIED_PIXELS = 20_000_000  # a larger HEIF stays in the decoder's memory, without a copy in Pillow's

# What decoders take beside Pillow's pixels, in bytes a pixel, as measured; deep is more than 8 bits.
_WEBP = 12.5  # the canvas, the one before it, and what is handed over
_AVIF, _DEEP_AVIF = 7.0, 11.0
_HEIF, _DEEP_HEIF = 4.5, 7.0
_HEIF_ROWS, _DEEP_HEIF_ROWS, _ALPHA_ROWS = 4.4, 8.0, 2.5


@dataclass(frozen=True)
class Opened:
    """An image file, its header read.

    Attributes:
        photo: To be loaded, maybe at a smaller scale.
        size: Width and height of the whole picture, as it lies in the file.
        decoding_bytes: What decoding takes, `photo` included.
        is_decoded_by_rows: Whether `photo` would take too much.
        orientation: How it lies, 1 to 8, as EXIF counts.
        is_cut: Whether the file ends before the picture does.
    """

    photo: ImageFile.ImageFile
    size: tuple[int, int]
    decoding_bytes: int
    is_decoded_by_rows: bool = False
    orientation: int = 1
    is_cut: bool = False


def open_jpeg(stream: IO[bytes], buffered_bytes: float, least_px: int) -> Opened:
    """Open a JPEG at the smallest scale at which both sides keep a length.

    Args:
        stream: The file.
        buffered_bytes: What a pixel of the whole picture takes until all its scans are read.
        least_px: That length.
    """
    photo = JpegImageFile(stream)
    width, height = photo.size
    fits = min(width, height) // least_px
    scale = next((scale for scale in (8, 4, 2) if fits >= scale), 1)
    while scale < 8 and width * height * _bytes_per_pixel(photo.mode) > MOST_DRAFT_BYTES * scale**2:
        scale *= 2
    # What the decoder leaves out costs neither time nor memory.
    photo.draft("RGB", (max(1, width // scale), max(1, height // scale)))
    return Opened(photo, (width, height), _pixel_bytes(photo) + int(buffered_bytes * width * height))


def open_png(stream: IO[bytes]) -> Opened:
    """Open a PNG."""
    return _open_plain(PngImageFile(stream))


def open_gif(stream: IO[bytes]) -> Opened:
    """Open a GIF, at its first picture."""
    return _open_plain(GifImageFile(stream))


def open_bitmap(stream: IO[bytes], *, has_file_header: bool) -> Opened:
    """Open a BMP, or what stands behind its file header."""
    return _open_plain(BmpImageFile(stream) if has_file_header else DibImageFile(stream))


def open_webp(stream: IO[bytes], size_bytes: int) -> Opened:
    """Open a WebP; its decoder holds the file as well."""
    photo = WebPImageFile(stream)
    return Opened(photo, photo.size, _pixel_bytes(photo, _WEBP) + 2 * size_bytes)


def open_tiff(stream: IO[bytes], size_bytes: int, rows_unpacked: int) -> Opened:
    """Open a TIFF; what unpacks it wants all of the file at once, and puts out so many rows."""
    photo = TiffImageFile(stream)
    raw = str(photo.tile[0].args)
    depth = 2 if ";16" in raw else 4 if photo.mode in ("I", "F") else 1
    sample_bytes = depth * max(len(photo.getbands()), 4 if "RGBX" in raw else 1)
    strip_bytes = sample_bytes * photo.width * min(rows_unpacked, photo.height)
    unpacking_bytes = size_bytes + strip_bytes if rows_unpacked else 0
    return Opened(photo, photo.size, _pixel_bytes(photo) + unpacking_bytes)


def open_heif(file: IO[bytes], size_bytes: int, least_px: int) -> Opened:
    """Open a HEIF, such as a phone's HEIC; a preview that keeps `least_px` is as good as the picture.

    It comes upright.
    """
    from pillow_heif import HeifImageFile

    photo: ImageFile.ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call]
    size = photo.size
    photo.draft("RGB", (least_px, least_px))
    pixels = photo.width * photo.height
    is_deep = photo.info.get("bit_depth", 8) > 8
    if pixels <= MOST_COPIED_PIXELS:
        return Opened(photo, size, _pixel_bytes(photo, _DEEP_HEIF if is_deep else _HEIF) + 2 * size_bytes)
    each = (_DEEP_HEIF_ROWS if is_deep else _HEIF_ROWS) + (_ALPHA_ROWS if photo.mode == "RGBA" else 0.0)
    return Opened(photo, size, int(each * pixels) + 3 * size_bytes, is_decoded_by_rows=True)


def open_avif(stream: IO[bytes], size_bytes: int, *, is_deep: bool) -> Opened:
    """Open an AVIF, at its first picture.

    Raises:
        ImportError: If this Pillow cannot read AVIF.
    """
    from PIL.AvifImagePlugin import AvifImageFile

    photo = AvifImageFile(stream)
    return Opened(photo, photo.size, _pixel_bytes(photo, _DEEP_AVIF if is_deep else _AVIF) + 2 * size_bytes)


def _open_plain(photo: ImageFile.ImageFile) -> Opened:
    return Opened(photo, photo.size, _pixel_bytes(photo))


def _pixel_bytes(photo: ImageFile.ImageFile, decoder_bytes: float = 0.0) -> int:
    """Return what a picture's pixels take, and for each of them so much of the decoder's memory."""
    return int((_bytes_per_pixel(photo.mode) + decoder_bytes) * photo.width * photo.height)


def _bytes_per_pixel(mode: str) -> int:
    if mode in ("1", "L", "P"):
        return 1
    return 2 if mode.startswith("I;16") else 4
