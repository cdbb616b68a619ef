"""The chat page and the JSON it talks: /, /page/..., /local/...."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.local import formatting
from bot.local.chats import CHATS, ME, Chats
from bot.local.contents import MAX_CAPTION, MAX_TEXT
from bot.local.errors import ApiError, PageError
from bot.local.files import MAX_UPLOAD_BYTES, Upload, fits_as_photo
from bot.local.gallery import PageGallery
from bot.local.methods import shown_commands
from bot.local.parameters import read_upload, uploaded_form
from bot.local.sending import MAX_ALBUM
from bot.local.store import Json

PAGE_FOLDER = Path(__file__).parent / "page"
_SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_MAX_MESSAGES = 200


class PageApi:
    """Lets a person at the page act in the chats."""

    def __init__(self, chats: Chats, gallery: PageGallery) -> None:
        self._chats = chats
        self._gallery = gallery

    def routes(self) -> list[BaseRoute]:
        """Every address of the page."""
        return [
            Route("/", self._page),
            Mount("/page", StaticFiles(directory=PAGE_FOLDER, check_dir=False)),
            Route("/local/state", self._state),
            Route("/local/events", self._events),
            Route("/local/files/{file_id}", self._file),
            Route("/local/chats/{chat_id}/messages", self._messages, methods=["GET"]),
            Route("/local/chats/{chat_id}/messages", self._send, methods=["POST"]),
            Route("/local/chats/{chat_id}/callback", self._press, methods=["POST"]),
            Route("/local/gallery", self._add_photos, methods=["POST"]),
            Route("/local/gallery/flickr8k", self._fetch_flickr8k, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        return FileResponse(PAGE_FOLDER / "index.html", headers={"Cache-Control": "no-cache"})

    async def _state(self, request: Request) -> Response:
        state = {
            "seq": self._chats.events.seq,  # first, so that nothing between here and the stream is missed
            "bot": self._chats.bot,
            "me": ME,
            "commands": await shown_commands(self._chats),
            "chats": list(CHATS.values()),
            "gallery": self._gallery.describe(),
        }
        return JSONResponse(state)

    async def _events(self, request: Request) -> Response:
        after = _number(request.headers.get("last-event-id") or request.query_params.get("after"))
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._stream(after), media_type="text/event-stream", headers=headers)

    async def _stream(self, after: int | None) -> AsyncIterator[str]:
        async for event in self._chats.events.follow(after):
            yield f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n" if event else ": still here\n\n"

    async def _file(self, request: Request) -> Response:
        found = await self._chats.files.path_of(request.path_params["file_id"])
        if found is None or not found[0].is_file():
            raise PageError("This file is gone.", status=404)
        path, body = found
        media_type = "image/jpeg" if "width" in body else body.get("mime_type")
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        if media_type in _SHOWN_INLINE:
            return FileResponse(path, media_type=media_type, headers=headers)
        octets = "application/octet-stream"
        return FileResponse(path, media_type=octets, filename=body.get("file_name", "file"), headers=headers)

    async def _messages(self, request: Request) -> Response:
        before = _number(request.query_params.get("before"))
        limit = min(max(_number(request.query_params.get("limit")) or 50, 1), _MAX_MESSAGES)
        messages = await self._chats.store.messages(_chat_id(request), before=before, limit=limit)
        return JSONResponse({"messages": messages})

    async def _send(self, request: Request) -> Response:
        chat_id = _chat_id(request)
        fields, photos, documents = await _read_message(request)
        contents = _text_contents(fields.get("text", ""))
        media = [await self._medium(upload) for upload in photos]
        media += [{"document": await self._chats.files.add_document(upload)} for upload in documents]
        contents += _with_caption(_albums(media), fields.get("caption", ""))
        if not contents:
            raise PageError("There is nothing to send: write something or choose a file.")
        reply = await self._reply(chat_id, _number(fields.get("reply_to_message_id")))
        contents = [{**reply, **content} for content in contents]
        return JSONResponse({"messages": await self._chats.post_as_person(chat_id, contents)})

    async def _medium(self, upload: Upload) -> Json:
        """A photo if a messenger would send it as one, a document otherwise."""
        if await asyncio.to_thread(fits_as_photo, upload.content):
            with contextlib.suppress(ApiError):  # damaged in a way that only the conversion meets
                return {"photo": await self._chats.files.add_photo(upload.content)}
        return {"document": await self._chats.files.add_document(upload)}

    async def _reply(self, chat_id: int, message_id: int | None) -> Json:
        if message_id is None:
            return {}
        message = await self._chats.reply_to(chat_id, message_id)
        if message is None:
            raise PageError("The message you reply to is gone.", status=404)
        return {"reply_to_message": message}

    async def _press(self, request: Request) -> Response:
        try:
            body = await request.json()
            message_id, data = int(body["message_id"]), str(body["data"])
        except (ValueError, TypeError, KeyError):
            raise PageError("A pressed button needs a message_id and data.") from None
        message = await self._chats.message(_chat_id(request), message_id)
        rows = message.get("reply_markup", {}).get("inline_keyboard", []) if message else []
        if message is None or data not in [button.get("callback_data") for row in rows for button in row]:
            raise PageError("This button is gone.", status=404)
        return JSONResponse({"callback_query_id": await self._chats.press(message, data)})

    async def _add_photos(self, request: Request) -> Response:
        added, skipped = 0, []
        try:
            async with uploaded_form(request) as parts:
                for name, part in parts:
                    if isinstance(part, str) or name.removesuffix("[]") != "photo":
                        continue
                    reason = await self._add_photo(part)
                    added += reason is None
                    skipped += [] if reason is None else [{"photo": part.filename, "reason": reason}]
        except ApiError as error:
            raise _sentence(error) from None
        self._gallery.wake()
        return JSONResponse({"added": added, "skipped": skipped})

    async def _add_photo(self, part: UploadFile) -> str | None:
        if (part.size or 0) > MAX_UPLOAD_BYTES:
            return "This file is over 50 MB."
        return await asyncio.to_thread(self._gallery.add, part.filename or "photo", await part.read())

    async def _fetch_flickr8k(self, request: Request) -> Response:
        self._gallery.fetch_flickr8k()
        return JSONResponse({"gallery": self._gallery.describe()}, status_code=202)


async def _read_message(request: Request) -> tuple[dict[str, str], list[Upload], list[Upload]]:
    """Fields, photos and documents of a message; field names may end in "[]"."""
    fields: dict[str, str] = {}
    uploads: dict[str, list[Upload]] = {"photo": [], "document": []}
    try:
        async with uploaded_form(request, max_files=100) as parts:
            for name, part in parts:
                if isinstance(part, str):
                    fields[name] = part
                elif name.removesuffix("[]") in uploads:
                    upload = await read_upload(part)
                    if not upload.content:
                        raise PageError(f"“{upload.name}” is empty, so there is nothing to send.")
                    uploads[name.removesuffix("[]")].append(upload)
    except ApiError as error:
        raise _sentence(error) from None
    return fields, uploads["photo"], uploads["document"]


def _sentence(error: ApiError) -> PageError:
    if error.code == 413:
        return PageError("This file is over 50 MB: choose a smaller one.", status=413)
    return PageError("The page sent something that cannot be read.", status=error.code)


def _text_contents(text: str) -> list[Json]:
    """One message, or several where one would be too long, as clients split them."""
    text = text.strip()
    pieces = [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]
    return [_formatted("text", "entities", piece) for piece in pieces if piece.strip()]


def _with_caption(contents: list[Json], caption: str) -> list[Json]:
    caption = caption.strip()
    if not caption or not contents:
        return contents + _text_contents(caption)
    if len(caption) > MAX_CAPTION:
        raise PageError(f"A caption has at most {MAX_CAPTION} characters; this one has {len(caption)}.")
    return [{**contents[0], **_formatted("caption", "caption_entities", caption)}, *contents[1:]]


def _formatted(text: str, entities: str, value: str) -> Json:
    formatted = formatting.finish(value, [])
    content: Json = {text: formatted.text}
    return {**content, entities: formatted.entities} if formatted.entities else content


def _albums(media: list[Json]) -> list[Json]:
    """Photos with photos and documents with documents, at most ten together."""
    contents = []
    for kind in ("photo", "document"):
        alike = [content for content in media if kind in content]
        for start in range(0, len(alike), MAX_ALBUM):
            album = alike[start : start + MAX_ALBUM]
            group = {"media_group_id": str(secrets.randbits(53))} if len(album) > 1 else {}
            contents += [{**group, **content} for content in album]
    return contents


def _chat_id(request: Request) -> int:
    chat_id = _number(request.path_params["chat_id"])
    if chat_id is None or chat_id not in CHATS:
        raise PageError("There is no such chat.", status=404)
    return chat_id


def _number(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 2**63 else None  # what the database can hold
