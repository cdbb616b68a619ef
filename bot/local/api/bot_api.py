"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<file_path>."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.local.api.chats import Chats
from bot.local.api.controls import Controls, SeenRequest
from bot.local.api.faults import Fault
from bot.local.api.parameters import Parameters, read_parameters
from bot.local.errors import ApiError
from bot.local.store.inline import too_old

logger = logging.getLogger(__name__)

Method = Callable[[Chats, Parameters], Awaitable[Any]]


class Caller(NamedTuple):
    """The bot that calls."""

    chats: Chats
    controls: Controls


class BrokenOff(Response):
    """An answer whose connection breaks before its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none: the server closes the connection."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class BotApi:
    """Answers the calls of bots.

    Args:
        find: The bot with a token; raises ApiError if there is none.
        methods: What bots may call, by name.
    """

    def __init__(self, find: Callable[[str], Awaitable[Caller]], methods: Mapping[str, Method]) -> None:
        self._find = find
        self._by_lower_name = {name.lower(): (name, method) for name, method in methods.items()}

    def routes(self) -> list[Route]:
        """The two kinds of address."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download, methods=["GET"]),
        ]

    async def _call(self, request: Request) -> Response:
        asked = request.path_params["method"]
        name, method = self._by_lower_name.get(asked.lower(), (asked, None))
        try:
            caller = await self._find(request.path_params["token"])
            parameters = await read_parameters(request)
            uploads = {field: replace(upload, content=b"") for field, upload in parameters.files.items()}
            caller.controls.see(SeenRequest(name, {**parameters.fields, **uploads}))
            if method is None or caller.controls.faults.is_unknown(name):
                raise ApiError(404, "Not Found")
            return await _answer(caller, name, method, parameters)
        except ApiError as error:
            return _failure(error)
        except ClientDisconnect:  # whoever asked has given the request up
            return _failure(ApiError(400, "Bad Request: the connection was closed"))
        except (sqlite3.Error, OSError) as error:  # a full disk, at every call
            logger.error("The local chat cannot use its files for %s: %s", name, error)
            return _failure(ApiError(500, "Internal Server Error"))
        except Exception:
            logger.exception("The local Bot API failed on %s", name)
            return _failure(ApiError(500, "Internal Server Error"))

    async def _download(self, request: Request) -> Response:
        try:
            caller = await self._find(request.path_params["token"])
            fault = caller.controls.faults.take("download")
            spoilt = None if fault is None else await _suffer(fault, caller.chats)
            if spoilt is not None:
                return spoilt
        except ApiError as error:
            return _failure(error)
        path = await caller.chats.files.download(request.path_params["path"])
        if path is None or not path.is_file():
            return _failure(ApiError(404, "Not Found"))
        media_type = "image/jpeg" if path.parent.name == "photos" else "application/octet-stream"
        return FileResponse(path, media_type=media_type)


async def _answer(caller: Caller, name: str, method: Method, parameters: Parameters) -> Response:
    fault = caller.controls.faults.take(name, parameters.integer("chat_id"))
    if (
        fault is not None
        and not fault.processed
        and (spoilt := await _suffer(fault, caller.chats)) is not None
    ):
        return spoilt
    if name == "answerCallbackQuery" and caller.controls.faults.callbacks_expired:
        raise too_old()
    result = await method(caller.chats, parameters)
    if fault is not None and fault.processed:
        return BrokenOff()
    return JSONResponse({"ok": True, "result": result})


async def _suffer(fault: Fault, chats: Chats) -> Response | None:
    """What is answered instead of the real answer; None if that only came late."""
    if fault.seconds:
        with suppress(TimeoutError):
            await asyncio.wait_for(chats.closing.wait(), fault.seconds)
    if fault.kind == "drop":
        return BrokenOff()
    if fault.error is None:
        return None
    if fault.kind == "html":
        title = f"{fault.error.code} {fault.error.description}"
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return HTMLResponse(page, status_code=fault.error.code)
    raise fault.error


def _failure(error: ApiError) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.parameters:
        body["parameters"] = error.parameters
    if "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    return JSONResponse(body, status_code=error.code, headers=headers)
