"""The chat page and the JSON it talks: /, /page/..., /local/...."""

import asyncio
import json
import mimetypes
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.local.api.chats import Chats
from bot.local.api.methods.commands import shown_commands
from bot.local.api.parameters import uploaded_form
from bot.local.errors import ApiError, PageError
from bot.local.limits import MAX_UPLOAD_BYTES
from bot.local.person.gallery import PageGallery
from bot.local.person.requests import number, read_json, room_of, sentence
from bot.local.store.people import ME
from bot.local.store.records import GONE, Json, Room

PAGE_FOLDER = Path(__file__).parents[1] / "page"
_SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_MAX_MESSAGES = 200
_MAX_CHATS = 50
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")


def page_files() -> Mount:
    """The address of what the page consists of."""
    return Mount("/page", StaticFiles(directory=PAGE_FOLDER, check_dir=False))


class PageApi:
    """Shows a person at the page the chats and the gallery.

    Args:
        bots: Tells of every bot that the page can show, where there may be several.
        examples: What an empty chat offers to try, by the page's languages; if nothing, it is commands.
    """

    def __init__(
        self,
        chats: Chats,
        gallery: PageGallery,
        *,
        bots: Callable[[], list[Json]] | None = None,
        examples: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._chats = chats
        self._gallery = gallery
        self._bots = bots
        self._examples = {language: [*typed] for language, typed in (examples or {}).items()}

    def routes(self) -> list[BaseRoute]:
        """Every address of the page."""
        return [
            Route("/", self._page),
            page_files(),
            Route("/local/state", self._state),
            Route("/local/me", self._change_me, methods=["POST"]),
            Route("/local/events", self._events),
            Route("/local/files/{file_id}", self._file),
            Route("/local/chats/{chat_id}/messages", self._messages, methods=["GET"]),
            Route("/local/gallery", self._add_photos, methods=["POST"]),
            Route("/local/gallery/flickr8k", self._fetch_flickr8k, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        return FileResponse(PAGE_FOLDER / "index.html", headers={"Cache-Control": "no-cache"})

    async def _state(self, request: Request) -> Response:
        state: Json = {
            "seq": self._chats.events.seq,  # first, so that nothing between here and the stream is missed
            "bot": self._chats.bot,
            "me": self._chats.people.me,
            "commands": await shown_commands(self._chats),
            "chats": self._shown_chats(),
            "gallery": self._gallery.describe(),
            "examples": self._examples,
        }
        if self._bots is not None:
            state["bots"] = self._bots()
        return JSONResponse(state)

    async def _change_me(self, request: Request) -> Response:
        """Let the page's person have the language of the browser, as a Telegram app tells its own."""
        language = (await read_json(request)).get("language")
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise PageError("A language is a code such as de or pt-br.")
        people = self._chats.people
        if people.me.get("language_code") != language:
            await people.set_language(ME["id"], language)
        return JSONResponse({"me": people.me})

    def _shown_chats(self) -> list[Json]:
        """The chats that the page's person is in, oldest first."""
        rooms = self._chats.people.rooms.values()
        shown = [room for room in rooms if self._is_shown(room)]
        return [room.chat for room in shown[:_MAX_CHATS]]

    def _is_shown(self, room: Room) -> bool:
        return room.migrated_to is None and self._chats.people.status(room, ME["id"]) not in GONE

    async def _events(self, request: Request) -> Response:
        after = number(request.headers.get("last-event-id") or request.query_params.get("after"))
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._stream(after), media_type="text/event-stream", headers=headers)

    async def _stream(self, after: int | None) -> AsyncIterator[str]:
        async for event in self._chats.events.follow(after):
            yield f"id: {event['seq']}\ndata: {json.dumps(event)}\n\n" if event else ": still here\n\n"

    async def _file(self, request: Request) -> Response:
        found = await self._chats.files.find(request.path_params["file_id"])
        if found is None or not found[0].is_file():
            raise PageError("This file is gone.", status=404)
        path, file = found
        guessed = mimetypes.guess_type(path.name)[0]
        media_type = file.body.get("mime_type") or guessed
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}
        if media_type in _SHOWN_INLINE:
            return FileResponse(path, media_type=media_type, headers=headers)
        name = file.body.get("file_name", "file")
        return FileResponse(path, media_type="application/octet-stream", filename=name, headers=headers)

    async def _messages(self, request: Request) -> Response:
        before = number(request.query_params.get("before"))
        after = number(request.query_params.get("after")) or 0
        limit = min(max(number(request.query_params.get("limit")) or 50, 1), _MAX_MESSAGES)
        room = room_of(self._chats, request)
        messages = await self._chats.store.messages(room.id, before=before, after=after, limit=limit)
        return JSONResponse({"messages": messages})

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
            raise sentence(error) from None
        self._gallery.wake()
        return JSONResponse({"added": added, "skipped": skipped})

    async def _add_photo(self, part: UploadFile) -> str | None:
        if (part.size or 0) > MAX_UPLOAD_BYTES:
            return "This file is over 50 MB."
        return await asyncio.to_thread(self._gallery.add, part.filename or "photo", await part.read())

    async def _fetch_flickr8k(self, request: Request) -> Response:
        self._gallery.fetch_flickr8k()
        return JSONResponse({"gallery": self._gallery.describe()}, status_code=202)
