"""Pictures on their way into a chat: JPEGs that any Bot API server takes."""

import io
from pathlib import Path

from PIL import Image

from onenet.search import read_photo

SENT_PX = 1280
MAX_RATIO = 18  # Telegram refuses photos longer than 20 times their width
JPEG_QUALITY = 88


def encode_for_chat(photo: str, side_px: int = SENT_PX) -> bytes:
    """Make a JPEG that any Bot API server takes, no longer than that, without the photo's metadata.

    Raises:
        PhotoError: If the file has gone or is no photo.
    """
    return as_jpeg(read_photo(Path(photo)), side_px)


def as_jpeg(image: Image.Image, side_px: int) -> bytes:
    """Make a JPEG that any Bot API server takes, no longer than that; the image itself may shrink."""
    image.thumbnail((side_px, side_px))
    content = io.BytesIO()
    _not_too_long(image).save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def _not_too_long(image: Image.Image) -> Image.Image:
    """Put a very long or very high picture on a white ground."""
    shortest = -(-max(image.size) // MAX_RATIO)
    if min(image.size) >= shortest:
        return image
    ground = Image.new("RGB", (max(image.width, shortest), max(image.height, shortest)), "white")
    ground.paste(image, ((ground.width - image.width) // 2, (ground.height - image.height) // 2))
    return ground
