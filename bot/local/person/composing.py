"""From the form that a person sends to the contents of messages."""

import contextlib
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request

from bot.local.api import formatting
from bot.local.api.clips import CLIPS, STICKER_KINDS
from bot.local.api.parameters import read_upload, uploaded_form
from bot.local.errors import ApiError, PageError
from bot.local.limits import MAX_ALBUM, MAX_CAPTION, MAX_TEXT
from bot.local.person.requests import sentence
from bot.local.store.files import Files, Upload
from bot.local.store.pictures import PHOTO_FORMATS
from bot.local.store.records import Json

_UPLOADS = ("photo", "document", *CLIPS)
_ALBUMS = ("photo", "document", "video")


@dataclass(frozen=True)
class Form:
    """A message as it was sent.

    Attributes:
        fields: What is no file, by name.
        media: (kind, file), or ("photo", file id of a photo sent before), in the order of the form.
        thumbnail: What stands for the stickers, videos and animations.
    """

    fields: dict[str, str] = field(default_factory=dict)
    media: list[tuple[str, Upload | str]] = field(default_factory=list)
    thumbnail: Upload | None = None


async def read_form(request: Request) -> Form:
    """The message that was sent; names of files may end in "[]".

    Raises:
        PageError: If it cannot be read, or a file is empty or too large.
    """
    form, thumbnails = Form(), []
    try:
        async with uploaded_form(request, max_files=100) as parts:
            for full_name, part in parts:
                name = full_name.removesuffix("[]")
                if name == "photo_id":
                    form.media.append(("photo", str(part)))
                elif isinstance(part, str):
                    form.fields[full_name] = part
                elif name in (*_UPLOADS, "thumbnail"):
                    upload = await read_upload(part)
                    if not upload.content:
                        raise PageError(f"“{upload.name}” is empty, so there is nothing to send.")
                    if name == "thumbnail":
                        thumbnails.append(upload)
                    else:
                        form.media.append((name, upload))
    except ApiError as error:
        raise sentence(error) from None
    return Form(form.fields, form.media, thumbnails[0] if thumbnails else None)


async def contents_of(form: Form, files: Files) -> list[Json]:
    """The contents of the messages that a form becomes: text apart, media in albums.

    Raises:
        PageError: If there is nothing, or the caption is too long.
    """
    media = [await _medium(files, form, kind, upload) for kind, upload in form.media]
    albums = _albums(media, form.fields.get("media_group_id"))
    contents = text_contents(form.fields.get("text", ""))
    contents += _with_caption(albums, form.fields.get("caption", ""))
    if not contents:
        raise PageError("There is nothing to send: write something or choose a file.")
    return contents


def text_contents(text: str) -> list[Json]:
    """One message, or several where one would be too long, as clients split them."""
    text = text.strip()
    pieces = [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]
    return [_formatted("text", "entities", piece) for piece in pieces if piece.strip()]


def caption_contents(caption: str) -> Json:
    """`caption` and its entities.

    Raises:
        PageError: If it is too long.
    """
    if len(caption) > MAX_CAPTION:
        raise PageError(f"A caption has at most {MAX_CAPTION} characters; this one has {len(caption)}.")
    return _formatted("caption", "caption_entities", caption)


async def _medium(files: Files, form: Form, kind: str, upload: Upload | str) -> Json:
    if isinstance(upload, str):
        return {"photo": await _known_photo(files, upload)}
    if form.fields.get("sticker_kind", "static") not in STICKER_KINDS:
        raise PageError(f"A sticker is one of {', '.join(STICKER_KINDS)}.")
    if kind in CLIPS:
        return await CLIPS[kind](files, upload, form.thumbnail, form.fields)
    if kind == "photo":
        with contextlib.suppress(ApiError):  # what a messenger would not send as a photo goes as a file
            return {"photo": await files.add_photo(upload.content, PHOTO_FORMATS)}
    return {"document": await files.add_document(upload)}


async def _known_photo(files: Files, file_id: str) -> list[Json]:
    try:
        return await files.photo(file_id)
    except ApiError:
        raise PageError("There is no photo with this id.", status=404) from None


def _with_caption(contents: list[Json], caption: str) -> list[Json]:
    caption = caption.strip()
    if not caption or not contents:
        return contents + text_contents(caption)
    return [{**contents[0], **caption_contents(caption)}, *contents[1:]]


def _albums(media: list[Json], group_id: str | None) -> list[Json]:
    """Photos with photos, documents with documents, at most ten together; the rest one by one.

    Args:
        group_id: The album that all belong to, of which more may come; by default one of their own.
    """
    contents = [content for content in media if _album_kind(content) is None]
    for kind in _ALBUMS:
        alike = [content for content in media if _album_kind(content) == kind]
        for start in range(0, len(alike), MAX_ALBUM):
            album = alike[start : start + MAX_ALBUM]
            known = group_id or (str(secrets.randbits(53)) if len(album) > 1 else None)
            contents += [{**content, "media_group_id": known} if known else content for content in album]
    return contents


def _album_kind(content: Json) -> str | None:
    return None if "animation" in content else next((kind for kind in _ALBUMS if kind in content), None)


def _formatted(text: str, entities: str, value: str) -> Json:
    formatted = formatting.finish(value, [])
    content: Json = {text: formatted.text}
    return {**content, entities: formatted.entities} if formatted.entities else content
