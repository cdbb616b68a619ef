"""Photos between Telegram and the network: which size to fetch, what is refused, how ours are sent."""

import asyncio
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from PIL import Image
from telegram import Bot, Document, ExternalReplyInfo, Message, PhotoSize, Sticker
from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.inference.worker import Reading, Worker
from onenet.engine import PHOTO_SUFFIXES, read_photo
from onenet.errors import N_, PhotoError

ENOUGH_PX = 480  # no encoder looks at more of a photo's shorter side
KEPT_PX = 2048  # photos that wait for the network are shrunk to this, to bound their memory
KEPT_IN_ALBUM_PX = 800  # there are up to ten; as large as chats send most photos to us anyway
FETCHED_AT_ONCE = 4  # of an album
SENT_PX = 1280
MAX_RATIO = 18  # Telegram refuses photos longer than 20 times their width
JPEG_QUALITY = 88
DOWNLOAD_ATTEMPTS = 3
RETRY_S = 1.0

# In English: errors are translated when they are told.
TOO_LARGE = N_("That file is over 20 MB, more than I may fetch. Send it as a photo, or a smaller copy.")
NO_LONGER_THERE = N_("That photo can no longer be fetched from the chat. Please send it once more.")
NO_PREVIEW = N_("This has no preview that I could look at. Send me a photo of it.")
NOT_AN_IMAGE = N_("That file is not an image. Send me a photo, or an image as a file.")


Kind = Literal["photo", "file", "sticker", "video", "animation", "video_note"]
File = PhotoSize | Document | Sticker


@dataclass(frozen=True)
class Photo:
    """What there is to look at in a message.

    Attributes:
        file: What is fetched for it; None if the message has nothing to be seen before it is played.
        kind: What it is in the chat.
        is_preview: Whether the file is only what a chat shows until the thing is played.
    """

    file: File | None
    kind: Kind = "photo"
    is_preview: bool = False


def photo_of(message: Message | ExternalReplyInfo | None) -> Photo | None:
    """Return what there is to look at in a message, or in one of another chat that is replied to.

    Photos in the fitting size, image files and stickers as they are; what moves by its preview.
    """
    if message is None:
        return None
    sizes = message.photo or (message.live_photo.photo if message.live_photo else ())
    if sizes:
        return Photo(fitting_size(sizes))
    if message.sticker is not None:
        moves = message.sticker.is_animated or message.sticker.is_video
        return Photo(message.sticker.thumbnail if moves else message.sticker, "sticker", moves)
    return _played(message) or _sent_as_file(message.document)


def file_by_id(file_id: str, file_unique_id: str, bot: Bot) -> PhotoSize:
    """Return a file that a chat remembers, by what Telegram has named it; its size is not known."""
    file = PhotoSize(file_id, file_unique_id, 1, 1)
    file.set_bot(bot)
    return file


def photo_replied_to(message: Message) -> Photo | None:
    """Return what there is to look at in the message that another replies to, here or in another chat."""
    return photo_of(message.reply_to_message) or photo_of(message.external_reply)


def _played(message: Message | ExternalReplyInfo) -> Photo | None:
    if message.animation is not None:  # before the document: an animation is one too
        return Photo(message.animation.thumbnail, "animation", is_preview=True)
    if message.video is not None:
        cover = fitting_size(message.video.cover) if message.video.cover else None
        return Photo(cover or message.video.thumbnail, "video", is_preview=True)
    if message.video_note is not None:
        return Photo(message.video_note.thumbnail, "video_note", is_preview=True)
    return None


def _sent_as_file(document: Document | None) -> Photo | None:
    if document is not None and (document.mime_type or "").startswith("video/"):
        return Photo(document.thumbnail, "video", is_preview=True)
    return Photo(document, "file") if is_image_file(document) else None


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


async def read_from_chat(photo: Photo, worker: Worker) -> Reading:
    """Fetch a photo and let the network read it.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        BusyError: If too many wait already; then nothing is fetched.
        LeftOutError: If the chat sends too many; likewise.
    """
    return await worker.read(await open_from_chat(photo, worker))


async def open_from_chat(photo: Photo, worker: Worker) -> Image.Image:
    """Fetch a photo that is to be read, and open it.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        BusyError: If too many wait already; then nothing is fetched.
        LeftOutError: If the chat sends too many; likewise.
    """
    worker.expect_photos(1)
    return await fetch(_file_of(photo), worker)


async def fetch(photo: File, worker: Worker) -> Image.Image:
    """Fetch a photo from the chat and open it, no larger than is of use here.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        NetworkError: If the server cannot be reached.
        BusyError: If too many wait already.
    """
    return await worker.decode(_decode, await download(photo), KEPT_PX)


async def read_album(photos: Sequence[Photo | None], worker: Worker) -> list[Reading | PhotoError]:
    """Fetch an album's photos and let the network read them together.

    Args:
        photos: None stands for a part that is no photo.

    Returns:
        For each photo what was read, or why it was not.

    Raises:
        BusyError: If too many wait already; then nothing is fetched.
        LeftOutError: If the chat sends too many; likewise.
        NetworkError: If the server cannot be reached.
    """
    worker.expect_photos(len(photos))
    fetching, decoding = asyncio.Semaphore(FETCHED_AT_ONCE), asyncio.Lock()

    async def fetch(photo: Photo | None) -> Image.Image | PhotoError:
        try:
            async with fetching:
                content = await download(_file_of(photo))
            async with decoding:  # one after the other: an album is one question of many
                return await worker.decode(_decode, content, KEPT_IN_ALBUM_PX)
        except PhotoError as error:
            return error

    tasks = [asyncio.create_task(fetch(photo)) for photo in photos]
    try:
        images = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    readings = iter(await worker.read_all([image for image in images if isinstance(image, Image.Image)]))
    return [image if isinstance(image, PhotoError) else next(readings) for image in images]


def _file_of(photo: Photo | None) -> File:
    if photo is None:
        raise PhotoError(NOT_AN_IMAGE)
    if photo.file is None:
        raise PhotoError(NO_PREVIEW)
    return photo.file


async def download(photo: File) -> bytes:
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


def _decode(content: bytes, side_px: int) -> Image.Image:
    image = read_photo(content)
    image.thumbnail((side_px, side_px))
    return image


def _not_too_long(image: Image.Image) -> Image.Image:
    """Put a very long or very high picture on a white ground."""
    shortest = -(-max(image.size) // MAX_RATIO)
    if min(image.size) >= shortest:
        return image
    ground = Image.new("RGB", (max(image.width, shortest), max(image.height, shortest)), "white")
    ground.paste(image, ((ground.width - image.width) // 2, (ground.height - image.height) // 2))
    return ground
