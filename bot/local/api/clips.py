"""Stickers, videos and animations: the content of a message, from an uploaded file."""

import asyncio
import contextlib

from bot.local.errors import ApiError
from bot.local.store.files import Files, Upload, named
from bot.local.store.records import Json
from onenet.errors import PhotoError
from onenet.search import photo_size

STICKER_KINDS = ("static", "animated", "video")
_STICKER_SIDE_PX = 512
_STICKER_THUMBNAIL_PX = 128


def sticker_kind(name: str) -> str:
    """One of STICKER_KINDS, by the end of a file's name."""
    return {"tgs": "animated", "webm": "video"}.get(name.rpartition(".")[2].lower(), "static")


async def sticker_content(files: Files, upload: Upload, thumbnail: Upload | None, fields: Json) -> Json:
    """`sticker`; a static one is its own thumbnail.

    Args:
        fields: `sticker_kind`, one of STICKER_KINDS; `emoji`.
    """
    kind = fields.get("sticker_kind", "static")
    width, height = await asyncio.to_thread(_sides_px, upload.content)
    source = upload if kind == "static" and thumbnail is None else thumbnail
    details = {
        "type": "regular",
        "width": width,
        "height": height,
        "is_animated": kind == "animated",
        "is_video": kind == "video",
        "emoji": fields.get("emoji") or "🙂",
        **await _thumbnail(files, source, _STICKER_THUMBNAIL_PX),
    }
    return {"sticker": await files.add("sticker", upload, details)}


async def video_content(files: Files, upload: Upload, thumbnail: Upload | None, fields: Json) -> Json:
    """`video`; its sides and length are what `fields` say."""
    return {"video": await files.add("video", upload, await _details(files, upload, thumbnail, fields))}


async def animation_content(files: Files, upload: Upload, thumbnail: Upload | None, fields: Json) -> Json:
    """`animation`, and a `document` for those who know no animations."""
    details = await _details(files, upload, thumbnail, fields)
    animation = await files.add("animation", upload, details)
    moving = ("width", "height", "duration")
    document = {name: value for name, value in animation.items() if name not in moving}
    return {"animation": animation, "document": document}


CLIPS = {"sticker": sticker_content, "video": video_content, "animation": animation_content}


async def _details(files: Files, upload: Upload, thumbnail: Upload | None, fields: Json) -> Json:
    measures = {"width": 640, "height": 360, "duration": 3}
    given = {name: int(fields[name]) for name in measures if str(fields.get(name, "")).isdecimal()}
    return {**measures, **given, **named(upload), **await _thumbnail(files, thumbnail, 320)}


async def _thumbnail(files: Files, source: Upload | None, side_px: int) -> Json:
    if source is not None:
        with contextlib.suppress(ApiError):  # no picture at all: then there is no thumbnail
            return {"thumbnail": await files.add_thumbnail(source.content, side_px)}
    return {}


def _sides_px(content: bytes) -> tuple[int, int]:
    try:
        return photo_size(content)
    except PhotoError:  # one that moves
        return _STICKER_SIDE_PX, _STICKER_SIDE_PX
