"""Photos from the chat to the network: fetched, opened, read; what is refused."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from PIL import Image
from telegram.constants import FileSizeLimit
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.delivery.turn import current_trace
from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.messages.incoming import Incoming
from bot.messages.photo import File, Photo
from onenet.errors import N_, PhotoError
from onenet.search import read_photo

KEPT_PX = 2048  # photos that wait for the network are shrunk to this, to bound their memory
KEPT_IN_ALBUM_PX = 800  # there are up to ten; as large as chats send most photos to us anyway
FETCHED_AT_ONCE = 4  # of an album
DOWNLOAD_ATTEMPTS = 3
RETRY_S = 1.0

# In English: errors are translated when they are told.
TOO_LARGE = N_("That file is over 20 MB, more than I may fetch. Send it as a photo, or a smaller copy.")
NO_LONGER_THERE = N_("That photo can no longer be fetched from the chat. Please send it once more.")
NO_PREVIEW = N_("This has no preview that I could look at. Send me a photo of it.")
NOT_AN_IMAGE = N_("That file is not an image. Send me a photo, or an image as a file.")


async def open_from_chat(photo: Photo, worker: Worker) -> Image.Image:
    """Fetch a photo that is to be read, and open it.

    Raises:
        PhotoError: If it is too large, cannot be fetched or is no photo.
        BusyError: If too many wait already; then nothing is fetched.
        LeftOutError: If the chat sends too many; then nothing is fetched either.
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
    content = await download(photo)
    with current_trace().stage("decode"):
        return await worker.decode(_decode, content, KEPT_PX)


async def read_album(photos: Sequence[Photo | None], worker: Worker) -> list[Reading | PhotoError]:
    """Fetch an album's photos and let the network read them together.

    Args:
        photos: None stands for a part that is no photo.

    Returns:
        For each photo what was read, or why it was not.

    Raises:
        BusyError: If too many wait already; then nothing is fetched.
        LeftOutError: If the chat sends too many; then nothing is fetched either.
        NetworkError: If the server cannot be reached.
    """
    worker.expect_photos(len(photos))
    fetching, decoding = asyncio.Semaphore(FETCHED_AT_ONCE), asyncio.Lock()

    async def fetch(photo: Photo | None) -> Image.Image | PhotoError:
        try:
            async with fetching:
                content = await download(_file_of(photo))
            async with decoding:  # one after the other: an album is one question of many
                with current_trace().stage("decode"):
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
    with current_trace().stage("download"):
        return await _download(photo)


async def _download(photo: File) -> bytes:
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


def _decode(content: bytes, side_px: int) -> Image.Image:
    image = read_photo(content)
    image.thumbnail((side_px, side_px))
    return image


def photo_near(asked: Incoming) -> Photo | None:
    """Find the photo that a command is about: the one it stands under, or replies to.

    Raises:
        PhotoError: If it replies to a file that is no image.
    """
    found = asked.photo or asked.quoted_photo
    if found is None and asked.replied is not None and asked.replied.message.document is not None:
        raise PhotoError(NOT_AN_IMAGE)
    return found
