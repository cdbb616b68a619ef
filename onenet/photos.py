"""Files and bytes -> photos: every format people send, refused with a sentence when it is not one."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from onenet.errors import PhotoError

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}
)
# Named, since Pillow would hand some others, such as EPS, to outside programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "HEIF")
MAX_PIXELS = 120_000_000  # the largest phone cameras give 108 million; more is a decompression bomb
MAX_FILE_BYTES = 600_000_000  # of a file on the disk: an uncompressed photo of so many pixels still fits
# A JPEG is decoded at the smallest scale that keeps both sides this long: twice the largest encoder's side.
DECODE_SIDE_PX = 600
KEPT_SIDE_PX = 1280  # other formats are shrunk by a whole number to no less than this, which chats show

_SUGGESTION = "Send a JPEG, PNG or WebP photo."


def read_photo(source: Path | bytes) -> Image.Image:
    """Read a photo as the network sees it: upright, 8 bits a channel, RGB.

    Animated pictures give their first frame, transparent ones stand on white. A large JPEG may come back
    smaller than it is (both sides stay at least `DECODE_SIDE_PX`), since the encoder shrinks it anyway.

    Raises:
        PhotoError: If it is missing, empty, not an image, damaged, or would need too much memory.
    """
    name = source.name if isinstance(source, Path) else "This file"
    try:
        if isinstance(source, Path) and source.stat().st_size > MAX_FILE_BYTES:
            raise PhotoError(f"{name} is larger than {MAX_FILE_BYTES // 1_000_000} MB. Send a smaller copy.")
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise PhotoError(f"{name} could not be opened: {error.strerror or 'no such file'}.") from error
    if not data:
        raise PhotoError(f"{name} is empty (0 bytes). {_SUGGESTION}")
    if _is_heif(data):
        _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data, name)
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError(f"{name} is not an image that can be read here. {_SUGGESTION}") from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(name) from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, EOFError, struct.error, ...
        raise PhotoError(f"{name} is damaged and could not be read to its end. Send it once more.") from error


def _decode(data: bytes, name: str) -> Image.Image:
    Image.init()
    known = [name for name in _FORMATS if name in Image.OPEN]
    with Image.open(io.BytesIO(data), formats=known) as photo:
        if photo.width * photo.height > MAX_PIXELS:
            raise _too_many_pixels(name)
        photo.draft("RGB", (DECODE_SIDE_PX, DECODE_SIDE_PX))
        photo.load()
        return _to_rgb(ImageOps.exif_transpose(photo))


def _to_rgb(photo: Image.Image) -> Image.Image:
    """Convert at a small size: a picture of a few kB may unpack to gigabytes in some modes."""
    if photo.mode.startswith("I") or photo.mode == "F":
        return _from_deep_grey(photo)
    if photo.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in photo.info:
        layer = _shrink(photo if photo.mode == "RGBA" else photo.convert("RGBA"))
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return _shrink(photo.convert("RGB"))


def _shrink(photo: Image.Image) -> Image.Image:
    factor = _shrink_factor(photo)
    return photo.reduce(factor) if factor > 1 else photo


def _shrink_factor(photo: Image.Image) -> int:
    return max(1, min(photo.size) // KEPT_SIDE_PX)


def _from_deep_grey(photo: Image.Image) -> Image.Image:
    """Deep grey keeps its range: Pillow's own conversion would clip 16 bits to white, 0..1 to black."""
    levels = np.asarray(photo)  # (height, width)
    factor = _shrink_factor(photo)
    height, width = (side // factor for side in levels.shape)
    squares = levels[: height * factor, : width * factor].reshape(height, factor, width, factor)
    levels = squares.mean(axis=(1, 3), dtype=np.float64)
    top = levels.max(initial=0.0)
    full_scale = 255.0 if top <= 255 else 65535.0 if top <= 65535 else top
    if photo.mode == "F" and 0 < top <= 1:
        full_scale = 1.0
    grey = (levels.clip(0, full_scale) * (255.0 / full_scale)).round().astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _too_many_pixels(name: str) -> PhotoError:
    return PhotoError(
        f"{name} has more than {MAX_PIXELS // 1_000_000} million pixels, too many to open safely. "
        "Send a smaller copy."
    )


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in {
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    }  # fmt: skip


def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
