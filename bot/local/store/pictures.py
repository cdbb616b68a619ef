"""Pictures as Telegram re-encodes them, and what it takes as a photo."""

import io
from collections.abc import Sequence

from PIL import Image

from bot.local.errors import ApiError, bad_request
from bot.local.limits import MAX_PHOTO_BYTES
from onenet.errors import PhotoError
from onenet.search import image_kind, photo_size, read_photo

MAX_PICTURE_BYTES = 20 * 1024 * 1024
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")
CONVERTED_FORMATS = (*PHOTO_FORMATS, "GIF", "BMP", "TIFF")  # what a bot may upload as a photo

_MAX_SIDES_SUM_PX = 10_000
_MAX_SIDE_RATIO = 20


def jpeg_sizes(
    content: bytes, sides_px: Sequence[int], formats: tuple[str, ...] = CONVERTED_FORMATS
) -> list[tuple[int, int, bytes]]:
    """Width, height and JPEG of a picture, its longer side in pixels as given, smallest first.

    No size is larger than the picture, and one is as large as it, or as the largest side given.

    Raises:
        ApiError: IMAGE_PROCESS_FAILED or PHOTO_INVALID_DIMENSIONS.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise _too_big(len(content))
    if image_kind(content) not in formats:
        raise bad_request("IMAGE_PROCESS_FAILED")
    try:
        if not _has_photo_sides(*photo_size(content)):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        upright = read_photo(content, side_px=2 * sides_px[-1])
    except PhotoError:
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    longest_px = min(max(upright.size), sides_px[-1])
    sizes = []
    for side_px in [longest_px, *(side for side in reversed(sides_px) if side < longest_px)]:
        upright.thumbnail((side_px, side_px), Image.Resampling.LANCZOS, reducing_gap=3)
        sizes.append((upright.width, upright.height, _jpeg(upright)))
    return sizes[::-1]


def check_photo_bytes(size_bytes: int) -> None:
    """Refuse what is too heavy for a photo of a bot."""
    if size_bytes > MAX_PHOTO_BYTES:
        raise _too_big(size_bytes)


def _too_big(size_bytes: int) -> ApiError:
    limit = f"the maximum size is {MAX_PHOTO_BYTES} bytes"
    return bad_request(f"file of size {size_bytes} bytes is too big for a photo; {limit}")


def _has_photo_sides(width: int, height: int) -> bool:
    return width + height <= _MAX_SIDES_SUM_PX and max(width, height) <= _MAX_SIDE_RATIO * min(width, height)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=87)
    return buffer.getvalue()
