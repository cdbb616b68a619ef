"""Files and bytes -> photos: every format people send, refused with a sentence when it is not one."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from onenet.errors import N_, PhotoError, Value

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

_THIS_FILE = "This file"
_EMPTY = N_("This file is empty (0 bytes). Send a JPEG, PNG or WebP photo.")
_NO_IMAGE = N_("This file is not an image that can be read here. Send a JPEG, PNG or WebP photo.")
_DAMAGED = N_("This file is damaged and could not be read to its end. Send it once more.")
_TOO_MANY_PIXELS = N_(
    "This file has more than {millions} million pixels, too many to open safely. Send a smaller copy."
)


def read_photo(source: Path | bytes) -> Image.Image:
    """Read a photo as the network sees it: upright, 8 bits a channel, RGB.

    Animated pictures give their first frame, transparent ones stand on white. A large JPEG may come back
    smaller than it is (both sides stay at least `DECODE_SIDE_PX`), since the encoder shrinks it anyway.

    Raises:
        PhotoError: If it is missing, empty, not an image, damaged, or would need too much memory.
    """
    data = _read_file(source) if isinstance(source, Path) else source
    if not data:
        raise _refusal(source, _EMPTY)
    if _is_heif(data):
        _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data)
    except UnidentifiedImageError as error:
        raise _refusal(source, _NO_IMAGE) from error
    except Image.DecompressionBombError as error:
        raise _refusal(source, _TOO_MANY_PIXELS, millions=MAX_PIXELS // 1_000_000) from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, EOFError, struct.error, ...
        raise _refusal(source, _DAMAGED) from error


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1_000_000
            raise PhotoError(f"{path.name} is larger than {limit} MB. Send a smaller copy.")
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{path.name} could not be opened: {error.strerror or 'no such file'}.") from error


def _refusal(source: Path | bytes, template: str, **values: Value) -> PhotoError:
    """Say what is wrong with a file; one on the disk is called by its name."""
    if isinstance(source, Path):
        return PhotoError("{name}" + template.removeprefix(_THIS_FILE), name=source.name, **values)
    return PhotoError(template, **values)


def _decode(data: bytes) -> Image.Image:
    Image.init()
    known = [name for name in _FORMATS if name in Image.OPEN]
    with Image.open(io.BytesIO(data), formats=known) as photo:
        if photo.width * photo.height > MAX_PIXELS:
            raise Image.DecompressionBombError
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


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in {
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    }  # fmt: skip


def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
