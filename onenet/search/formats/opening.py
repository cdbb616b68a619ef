"""An image file of any kind that is read here -> what is to be decoded."""

from typing import BinaryIO

from PIL.BmpImagePlugin import BmpImageFile, DibImageFile
from PIL.GifImagePlugin import GifImageFile

from onenet.search.formats.boxes import open_avif, open_heif
from onenet.search.formats.jpeg import open_jpeg
from onenet.search.formats.kinds import HEAD_BYTES, kind_of
from onenet.search.formats.opened import Opened
from onenet.search.formats.orientation import UPRIGHT, orientation_in_xmp
from onenet.search.formats.png import open_png
from onenet.search.formats.tiff import open_tiff
from onenet.search.formats.webp import open_webp


def open_image(file: BinaryIO, least_px: int) -> Opened | None:
    """Open an image, whatever its name; None if it is of no kind that is read here.

    Kinds are chosen here, not by Pillow, which would hand some, such as EPS, to outside programs.

    Args:
        file: Is read from its beginning.
        least_px: Both sides may be halved while they keep this length.

    Raises:
        Exception: What a decoder finds wrong, as OSError, ValueError, SyntaxError, struct.error and others.
    """
    match kind_of(file.read(HEAD_BYTES)):
        case "JPEG":
            return open_jpeg(file, least_px)
        case "PNG":
            return open_png(file)
        case "WEBP":
            return open_webp(file)
        case "TIFF":
            return open_tiff(file)
        case "HEIF":
            return open_heif(file, least_px)
        case "AVIF":
            return open_avif(file)
        case "GIF":
            return _open_gif(file)
        case "BMP":
            return _open_bitmap(file, BmpImageFile)
        case "DIB":
            return _open_bitmap(file, DibImageFile)
    return None


def _open_gif(file: BinaryIO) -> Opened:
    file.seek(0)
    photo = GifImageFile(file)
    return Opened(photo, photo.size, orientation_in_xmp(photo.info.get("xmp") or b"") or UPRIGHT)


def _open_bitmap(file: BinaryIO, kind: type[BmpImageFile]) -> Opened:
    file.seek(0)
    photo = kind(file)
    return Opened(photo, photo.size)
