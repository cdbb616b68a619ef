"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<file_path>."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.local.api.chats import Chats
from bot.local.api.faults import Fault, Faults
from bot.local.api.methods import METHODS, Method
from bot.local.api.parameters import Parameters, read_parameters
from bot.local.errors import ApiError
from bot.local.store.inline import too_old

logger = logging.getLogger(__name__)

_BY_LOWER_NAME = {name.lower(): (name, method) for name, method in METHODS.items()}


class SeenRequest(NamedTuple):
    """A call of the bot: the method's name and its fields as sent; an upload as `Upload` without bytes."""

    method: str
    fields: dict[str, Any]


class BrokenOff(Response):
    """An answer whose connection breaks before its end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and send none: the server closes the connection."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class BotApi:
    """Answers the bot's calls."""

    def __init__(
        self, chats: Chats, *, token: str, faults: Faults, see: Callable[[SeenRequest], None]
    ) -> None:
        self._chats = chats
        self._token = token
        self._faults = faults
        self._see = see

    def routes(self) -> list[Route]:
        """The two kinds of address."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download, methods=["GET"]),
        ]

    def _is_ours(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token.encode())

    async def _call(self, request: Request) -> Response:
        if not self._is_ours(request.path_params["token"]):
            return _failure(ApiError(401, "Unauthorized"))
        name, method = _BY_LOWER_NAME.get(request.path_params["method"].lower(), (None, None))
        try:
            parameters = await read_parameters(request)
            uploads = {field: replace(upload, content=b"") for field, upload in parameters.files.items()}
            seen = name or request.path_params["method"]
            self._see(SeenRequest(seen, {**parameters.fields, **uploads}))
            if name is None or method is None or self._faults.is_unknown(name):
                raise ApiError(404, "Not Found")
            return await self._answer(name, method, parameters)
        except ApiError as error:
            return _failure(error)
        except ClientDisconnect:  # whoever asked has given the request up
            return _failure(ApiError(400, "Bad Request: the connection was closed"))
        except Exception:
            logger.exception("The local Bot API failed on %s", name)
            return _failure(ApiError(500, "Internal Server Error"))

    async def _answer(self, name: str, method: Method, parameters: Parameters) -> Response:
        fault = self._faults.take(name, parameters.integer("chat_id"))
        if fault is not None and not fault.processed:
            if fault.kind == "drop":
                return BrokenOff()
            await _suffer(fault)
        if name == "answerCallbackQuery" and self._faults.callbacks_expired:
            raise too_old()
        result = await method(self._chats, parameters)
        if fault is not None and fault.processed:
            return BrokenOff()
        return JSONResponse({"ok": True, "result": result})

    async def _download(self, request: Request) -> Response:
        if not self._is_ours(request.path_params["token"]):
            return _failure(ApiError(401, "Unauthorized"))
        fault = self._faults.take("download")
        if fault is not None and fault.kind == "drop":
            return BrokenOff()
        try:
            await _suffer(fault)
        except ApiError as error:
            return _failure(error)
        path = await self._chats.files.download(request.path_params["path"])
        if path is None or not path.is_file():
            return _failure(ApiError(404, "Not Found"))
        media_type = "image/jpeg" if path.parent.name == "photos" else "application/octet-stream"
        return FileResponse(path, media_type=media_type)


async def _suffer(fault: Fault | None) -> None:
    if fault is None:
        return
    await asyncio.sleep(fault.seconds)
    if fault.error is not None:
        raise fault.error


def _failure(error: ApiError) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.parameters:
        body["parameters"] = error.parameters
    if "retry_after" in error.parameters:
        headers["Retry-After"] = str(error.parameters["retry_after"])
    return JSONResponse(body, status_code=error.code, headers=headers)
