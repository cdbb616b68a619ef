"""The photo of a message: what there is to look at, in the size that fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from telegram import Bot, Document, ExternalReplyInfo, Message, PhotoSize, Sticker

from onenet.search import OTHER_SUFFIXES, PHOTO_SUFFIXES, suffix_of

ENOUGH_PX = 480  # no encoder looks at more of a photo's shorter side
# What clients send of a file about which they know nothing.
UNTOLD_TYPES = frozenset(
    {"", "application/octet-stream", "binary/octet-stream", "application/unknown", "application/x-unknown"}
)

Kind = Literal["photo", "file", "sticker", "video", "animation", "video_note"]
File = PhotoSize | Document | Sticker


@dataclass(frozen=True)
class Photo:
    """What there is to look at in a message.

    Attributes:
        file: What is fetched for it; None if the message has nothing to be seen before it is played.
        kind: What it is in the chat.
        is_preview: Whether the file is only what a chat shows until the thing is played.
        is_spoiler: Whether the chat covers it until somebody wants to see it.
        is_protected: Whether it must not be sent on.
        is_certain: Whether it is said to be an image; otherwise only its content can tell.
    """

    file: File | None
    kind: Kind = "photo"
    is_preview: bool = False
    is_spoiler: bool = False
    is_protected: bool = False
    is_certain: bool = True


def photo_of(message: Message | ExternalReplyInfo | None) -> Photo | None:
    """Return what there is to look at in a message, or in one of another chat that is replied to.

    Photos in the fitting size, image files and stickers as they are; what moves by its preview. A file of
    which nothing is known may turn out to be no image.
    """
    found = _shown_in(message) if message is not None else None
    if message is None or found is None:
        return None
    is_protected = isinstance(message, Message) and bool(message.has_protected_content)
    return replace(found, is_spoiler=bool(message.has_media_spoiler), is_protected=is_protected)


def _shown_in(message: Message | ExternalReplyInfo) -> Photo | None:
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
    if is_image_file(document):
        return Photo(document, "file")
    return Photo(document, "file", is_certain=False) if may_be_image_file(document) else None


def fitting_size(sizes: Sequence[PhotoSize]) -> PhotoSize:
    """Choose the smallest size that is large enough for the network, else the largest there is."""
    by_side = sorted(sizes, key=lambda size: (min(size.width, size.height), size.width * size.height))
    return next((size for size in by_side if min(size.width, size.height) >= ENOUGH_PX), by_side[-1])


def is_image_file(document: Document | None) -> bool:
    """Tell by type or name whether a file calls itself an image."""
    if document is None:
        return False
    is_called_photo = suffix_of(document.file_name or "") in PHOTO_SUFFIXES
    return (document.mime_type or "").startswith("image/") or is_called_photo


def may_be_image_file(document: Document | None) -> bool:
    """Tell whether neither type nor name of a file say what it is, so that it may be an image."""
    if document is None or not (document.mime_type or document.file_name):
        return False
    is_untold = (document.mime_type or "").partition(";")[0].strip().lower() in UNTOLD_TYPES
    return is_untold and suffix_of(document.file_name or "") not in OTHER_SUFFIXES
