"""Pictures on their way into a chat: JPEGs that any Bot API server takes."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest

from bot.chats.rights import lacks_media
from bot.delivery.quoting import is_to_be_quoted
from bot.language.notes import no_pictures_here
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from onenet.search import read_photo

SENT_PX = 1280
MAX_RATIO = 18  # Telegram refuses photos longer than 20 times their width
JPEG_QUALITY = 88
TILE_PX = (400, 300)
COVER_PX = 4  # as many colours a side are left of a picture that is covered


def encode_for_chat(photo: str, side_px: int = SENT_PX) -> bytes:
    """Make a JPEG that any Bot API server takes, no longer than that, without the photo's metadata.

    Raises:
        PhotoError: If the file has gone or is no photo.
    """
    return as_jpeg(read_photo(Path(photo), side_px=side_px), side_px)


def as_jpeg(image: Image.Image, side_px: int) -> bytes:
    """Make a JPEG that any Bot API server takes, no longer than that; the image itself may shrink."""
    image.thumbnail((side_px, side_px))
    content = io.BytesIO()
    _not_too_long(image).save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()


async def reply_picture(
    asked: Incoming, picture: bytes, text: str, keyboard: InlineKeyboardMarkup | None = None, **shown: Any
) -> None:
    """Answer a message with a picture and a text below it; where no pictures may be sent, with the text.

    Args:
        text: HTML.
        shown: How, see `shown_as`.
    """
    message = asked.message
    try:
        await message.reply_photo(
            picture, caption=text, reply_markup=keyboard, do_quote=is_to_be_quoted(message), **shown
        )
    except BadRequest as error:
        if not lacks_media(error):
            raise
        text = f"{text}\n\n{no_pictures_here()}"
        await message.reply_text(text, reply_markup=keyboard, do_quote=is_to_be_quoted(message))


def shown_as(photos: Sequence[Photo]) -> dict[str, Any]:
    """Say how a picture of photos of its chat is to be sent: covered, or protected, as one of them is."""
    covered: dict[str, Any] = {"has_spoiler": True} if any(photo.is_spoiler for photo in photos) else {}
    return covered | ({"protect_content": True} if any(photo.is_protected for photo in photos) else {})


def blurred(image: Image.Image) -> Image.Image:
    """Give a picture of which nothing but its colours can be told, as a chat covers a spoiler."""
    few = image.resize((COVER_PX, COVER_PX), Image.Resampling.BOX)
    return few.resize(image.size, Image.Resampling.BICUBIC)


def empty_tile() -> Image.Image:
    """Give what stands for a photo that must not be sent on, where several are put together."""
    return Image.new("RGB", TILE_PX, "grey")


def _not_too_long(image: Image.Image) -> Image.Image:
    """Put a very long or very high picture on a white ground."""
    shortest = -(-max(image.size) // MAX_RATIO)
    if min(image.size) >= shortest:
        return image
    ground = Image.new("RGB", (max(image.width, shortest), max(image.height, shortest)), "white")
    ground.paste(image, ((ground.width - image.width) // 2, (ground.height - image.height) // 2))
    return ground
