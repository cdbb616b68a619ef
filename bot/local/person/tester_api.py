"""What only testers ask for, as JSON: faults, the bot's names, privacy mode, and what the bot called."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.local.api.chats import Chats
from bot.local.api.controls import Controls
from bot.local.api.faults import Faults
from bot.local.errors import PageError
from bot.local.person.requests import number, read_json, seconds
from bot.local.store.files import Upload
from bot.local.store.records import Json

KINDS = ("error", "html", "drop", "delay", "unknown", "repeat_updates", "shuffle_updates", "expire_callbacks")
_OF_UPDATES = ("repeat_updates", "shuffle_updates", "expire_callbacks")
_KNOWN = frozenset(
    {
        "kind",
        "method",
        "status",
        "retry_after",
        "description",
        "times",
        "seconds",
        "after_s",
        "processed",
        "chat_id",
    }
)
_NO_METHODS = ("*", "download")
_STATUSES = range(200, 600)
_MAX_SHOWN = 200


class TesterApi:
    """Lets a tester spoil answers, rename the bot and look at its calls.

    Args:
        controls: The bot's controls.
        methods: The names of what the bot can call.
    """

    def __init__(self, chats: Chats, controls: Controls, methods: Iterable[str]) -> None:
        self._chats = chats
        self._controls = controls
        self._methods = {name.lower(): name for name in (*methods, *_NO_METHODS)}

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/local/faults", self._show_faults, methods=["GET"]),
            Route("/local/faults", self._add_fault, methods=["POST"]),
            Route("/local/faults", self._clear_faults, methods=["DELETE"]),
            Route("/local/requests", self._show_requests, methods=["GET"]),
            Route("/local/bot", self._change_bot, methods=["POST"]),
        ]

    async def _show_faults(self, request: Request) -> Response:
        waiting = self._controls.faults.waiting()
        named = [{**fault, "method": self._methods[fault["method"]]} for fault in waiting]
        return JSONResponse({"faults": named})

    async def _add_fault(self, request: Request) -> Response:
        body = await read_json(request)
        method = str(body.get("method", "*"))
        if method.lower() not in self._methods:
            there = "it is one of /local/methods, download, or * for all"
            raise PageError(f"{method} is no method here: {there}.")
        add_fault(self._controls.faults, body)
        return await self._show_faults(request)

    async def _clear_faults(self, request: Request) -> Response:
        self._controls.faults.clear()
        return await self._show_faults(request)

    async def _show_requests(self, request: Request) -> Response:
        latest = list(self._controls.requests)[-_MAX_SHOWN:]
        shown = [{"method": each.method, "fields": _shown_fields(each.fields)} for each in latest]
        return JSONResponse({"requests": shown})

    async def _change_bot(self, request: Request) -> Response:
        body = await read_json(request)
        names = {name: str(body[name]) for name in ("first_name", "username") if body.get(name)}
        if names:
            await self._chats.rename_bot(names)
        if "privacy_mode" in body:
            self._controls.privacy_mode = bool(body["privacy_mode"])
        return JSONResponse({"bot": self._chats.bot, "privacy_mode": self._controls.privacy_mode})


def add_fault(faults: Faults, body: Json) -> None:
    """Let something go wrong, as a tester's JSON says: `kind`, `method`, and what that kind needs.

    Raises:
        PageError: If there is no such fault.
    """
    kind = body.get("kind", "error")
    if kind not in KINDS:
        raise PageError(f"A fault is one of {', '.join(KINDS)}.")
    if unknown := body.keys() - _KNOWN:
        raise PageError(f"A fault has no {', '.join(sorted(unknown))}: it has {', '.join(sorted(_KNOWN))}.")
    if kind in _OF_UPDATES:
        _spoil_updates(faults, kind, body)
        return
    method, times, chat_id = str(body.get("method", "*")), _whole(body, "times", 1), body.get("chat_id")
    if kind == "unknown":
        faults.unknown(method)
    elif kind == "delay":
        faults.delay(method, seconds(body, "seconds", 1.0), times, chat_id=number(chat_id))
    elif kind == "drop":
        faults.drop(method, times, processed=body.get("processed") is True, chat_id=number(chat_id))
    elif kind == "html":
        faults.html(method, times, status=_status(body, 502), chat_id=number(chat_id))
    else:
        faults.add(
            method,
            status=_status(body, 429),
            retry_after=_whole(body, "retry_after", 1),
            times=times,
            description=body.get("description"),
            chat_id=number(chat_id),
        )


def _spoil_updates(faults: Faults, kind: str, body: Json) -> None:
    if kind == "repeat_updates":
        faults.repeat_updates(_whole(body, "times", 1), after_s=seconds(body, "after_s", 0.0))
    elif kind == "shuffle_updates":
        faults.shuffle_updates()
    else:
        faults.expire_callbacks()


def _status(body: Json, default: int) -> int:
    status = _whole(body, "status", default)
    if status not in _STATUSES:
        raise PageError(f"{status} is no status of HTTP: give one from 200 to 599.")
    return status


def _whole(body: Json, name: str, default: int) -> int:
    found = number(body.get(name, default))
    if found is None or found < 0:
        raise PageError(f"{name} is a whole number, not {body[name]!r}.")
    return found


def _shown_fields(fields: dict[str, Any]) -> Json:
    return {n: f"file {v.name}" if isinstance(v, Upload) else v for n, v in fields.items()}
