"""Photos between Telegram and the network: which size to fetch, what is refused, how ours are sent."""

import asyncio
import io
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from telegram import Document, Message, PhotoSize
from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.worker import Reading, Worker
from onenet.engine import PHOTO_SUFFIXES, read_photo
from onenet.errors import PhotoError

ENOUGH_PX = 480  # no encoder looks at more of a photo's shorter side
KEPT_PX = 2048  # photos that wait for the network are shrunk to this, to bound their memory
SENT_PX = 1280
MAX_RATIO = 18  # Telegram refuses photos longer than 20 times their width
JPEG_QUALITY = 88
DOWNLOAD_ATTEMPTS = 3
RETRY_S = 1.0

TOO_LARGE = "That file is over 20 MB, more than I may fetch. Send it as a photo, or a smaller copy."
NO_LONGER_THERE = "That photo can no longer be fetched from the chat. Please send it once more."
NOT_AN_IMAGE = "That file is not an image. Send me a photo, or an image as a file."


def photo_of(message: Message | None) -> PhotoSize | Document | None:
    """Return what there is to look at in a message: its photo in the fitting size, or its image file."""
    if message is None:
        return None
    if message.photo:
        return fitting_size(message.photo)
    return message.document if is_image_file(message.document) else None


def fitting_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """Choose the smallest size that is large enough for the network, else the largest there is."""
    by_side = sorted(sizes, key=lambda size: (min(size.width, size.height), size.width * size.height))
    return next((size for size in by_side if min(size.width, size.height) >= ENOUGH_PX), by_side[-1])


def is_image_file(document: Document | None) -> bool:
    """Tell by type or name whether a file calls itself an image."""
    if document is None:
        return False
    suffix = os.path.splitext(document.file_name or "")[1].lower()
    return (document.mime_type or "").startswith("image/") or suffix in PHOTO_SUFFIXES


async def read_from_chat(photo: PhotoSize | Document, worker: Worker) -> Reading:
    """Fetch a photo and let the network read it.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        BusyError: If too many wait already; then nothing is fetched.
    """
    worker.raise_if_full()
    return await worker.read(await fetch(photo, worker))


async def fetch(photo: PhotoSize | Document, worker: Worker) -> Image.Image:
    """Fetch a photo from the chat and open it, no larger than is of use here.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        NetworkError: If the server cannot be reached.
        BusyError: If too many wait already.
    """
    return await worker.decode(_decode, await download(photo))


async def download(photo: PhotoSize | Document) -> bytes:
    """Fetch a file from the chat; a connection that breaks off is tried again.

    Raises:
        PhotoError: If it is too large or no longer there.
        NetworkError: If the server cannot be reached.
    """
    if (photo.file_size or 0) > FileSizeLimit.FILESIZE_DOWNLOAD:
        raise PhotoError(TOO_LARGE)
    for attempt in range(1, DOWNLOAD_ATTEMPTS + 1):
        try:
            file = await photo.get_file()
            if (file.file_path or "").startswith(("http://", "https://")):
                # not file.download…(): it writes the token's colon as %3A, which not every server takes
                url = quote(file.file_path or "", safe="/:%@!$&'()*+,;=~")
                return await photo.get_bot().request.retrieve(url)
            return bytes(
                await file.download_as_bytearray()
            )  # a server in local mode names a file on the disk
        except BadRequest as error:
            raise PhotoError(TOO_LARGE if "too big" in str(error).lower() else NO_LONGER_THERE) from error
        except InvalidToken as error:  # what the library makes of 404
            raise PhotoError(NO_LONGER_THERE) from error
        except NetworkError:
            if attempt == DOWNLOAD_ATTEMPTS:
                raise
            await asyncio.sleep(RETRY_S)
    raise AssertionError("the last attempt returns or raises")


def encode_for_chat(photo: str) -> bytes:
    """Make a JPEG that any Bot API server takes, of at most `SENT_PX`, without the photo's metadata.

    Raises:
        PhotoError: If the file has gone or is no photo.
    """
    image = read_photo(Path(photo))
    image.thumbnail((SENT_PX, SENT_PX))
    content = io.BytesIO()
    _not_too_long(image).save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


def _decode(content: bytes) -> Image.Image:
    image = read_photo(content)
    image.thumbnail((KEPT_PX, KEPT_PX))
    return image


def _not_too_long(image: Image.Image) -> Image.Image:
    """Put a very long or very high picture on a white ground."""
    shortest = -(-max(image.size) // MAX_RATIO)
    if min(image.size) >= shortest:
        return image
    ground = Image.new("RGB", (max(image.width, shortest), max(image.height, shortest)), "white")
    ground.paste(image, ((ground.width - image.width) // 2, (ground.height - image.height) // 2))
    return ground
