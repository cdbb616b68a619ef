"""What makes people and chats, for tests: new ones, who is in them, and what people ask in inline mode."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.local.api.chats import Chats
from bot.local.api.methods.commands import shown_commands
from bot.local.api.methods.inline import result_content
from bot.local.api.methods.membership import migrate, set_status
from bot.local.errors import PageError
from bot.local.person.requests import actor_in, known_user, read_json, room_of, seconds
from bot.local.store.people import ME
from bot.local.store.records import Json

_STATUSES = ("administrator", "member", "left", "kicked")
_KINDS = ("group", "supergroup")
_MAX_QUERY = 256
_MAX_WAIT_S = 60.0


class PeopleApi:
    """Makes people and chats, and lets them change."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def routes(self) -> list[Route]:
        """Every address."""
        return [
            Route("/local/people", self._add_person, methods=["POST"]),
            Route("/local/groups", self._add_group, methods=["POST"]),
            Route("/local/chats/{chat_id}/members", self._change_member, methods=["POST"]),
            Route("/local/chats/{chat_id}/migrate", self._migrate, methods=["POST"]),
            Route("/local/chats/{chat_id}/commands", self._commands, methods=["GET"]),
            Route("/local/chats/{chat_id}/chosen", self._choose, methods=["POST"]),
            Route("/local/inline", self._ask, methods=["POST"]),
        ]

    async def _add_person(self, request: Request) -> Response:
        body = await read_json(request)
        details = {name: _word(body, name) for name in ("first_name", "username", "language")}
        return JSONResponse({"user": await self._chats.people.add_person(**details)})

    async def _add_group(self, request: Request) -> Response:
        """A group of the page's person, who owns it; the bot is added last, if it is."""
        body = await read_json(request)
        kind = body.get("kind", "supergroup")
        if kind not in _KINDS:
            raise PageError(f"A chat is one of {', '.join(_KINDS)}.")
        members = dict.fromkeys(self._ids(body, "members"), "member")
        members |= dict.fromkeys(self._ids(body, "admins"), "administrator")
        people = self._chats.people
        room = await people.add_group(_word(body, "title") or "Group", kind, {**members, ME["id"]: "creator"})
        if body.get("with_bot", True):
            await set_status(self._chats, room, self._chats.bot, "member", actor=self._chats.people.me)
        return JSONResponse({"chat": room.chat})

    async def _change_member(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        if body.get("status") not in _STATUSES:
            raise PageError(f"A member is one of {', '.join(_STATUSES)}.")
        user = known_user(self._chats, body.get("user_id"))
        actor = actor_in(self._chats, room, body.get("actor"))
        await set_status(self._chats, room, user, body["status"], actor=actor)
        return JSONResponse({"status": body["status"]})

    async def _migrate(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        if room.chat["type"] != "group" or room.migrated_to is not None:
            raise PageError("Only a group can become a supergroup, and only once.", status=409)
        actor = actor_in(self._chats, room, body.get("actor"))
        return JSONResponse({"chat_id": await migrate(self._chats, room, actor=actor)})

    async def _commands(self, request: Request) -> Response:
        room = room_of(self._chats, request)
        user = actor_in(self._chats, room, request.query_params.get("sender"))
        return JSONResponse({"commands": await shown_commands(self._chats, room, user)})

    async def _ask(self, request: Request) -> Response:
        """Ask in inline mode and wait for the bot's answer."""
        body = await read_json(request)
        sender = known_user(self._chats, body.get("sender", ME["id"]))
        details = {"offset": str(body.get("offset", "")), "chat_type": str(body.get("chat_type", "sender"))}
        query = str(body.get("query", ""))[:_MAX_QUERY]
        asked = await self._chats.ask_inline(sender, query, **details)
        wait_s = min(seconds(body, "timeout_s", 10.0), _MAX_WAIT_S)
        try:
            answer = await asyncio.wait_for(asyncio.shield(asked.answer), wait_s)
        except TimeoutError:
            raise PageError(f"The bot did not answer the inline query in {wait_s:g} s.", status=504) from None
        return JSONResponse({**answer, "inline_query_id": asked.id})

    async def _choose(self, request: Request) -> Response:
        """Send one of the results of an answered query."""
        room, body = room_of(self._chats, request), await read_json(request)
        asked = self._chats.inline.find(str(body.get("inline_query_id")))
        results = asked.answer.result()["results"] if asked and asked.answer.done() else []
        result = next((each for each in results if each["id"] == body.get("result_id")), None)
        if asked is None or result is None:
            raise PageError("There is no such result.", status=404)
        content = await result_content(self._chats, result)
        return JSONResponse({"message": await self._chats.choose(asked, result["id"], content, room.id)})

    def _ids(self, body: Json, name: str) -> list[int]:
        listed = body.get(name, [])
        users = [known_user(self._chats, each) for each in (listed if isinstance(listed, list) else [None])]
        return [user["id"] for user in users]


def _word(body: Json, name: str) -> Any:
    value = body.get(name)
    return str(value) if value else None
