"""What a person does in a chat, as JSON or a form: write, forward, edit, delete, press a button."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.local.api.chats import Chats
from bot.local.api.contents import CONTENT
from bot.local.errors import PageError
from bot.local.person.composing import caption_contents, contents_of, read_form, text_contents
from bot.local.person.requests import actor_in, known_room, number, read_json, room_of
from bot.local.store.records import GONE, Json, Room

_WORDS = ("text", "entities", "caption", "caption_entities")


class PersonApi:
    """Lets people act; each may be named as `sender`, else it is the chat's own person."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def routes(self) -> list[Route]:
        """Every address."""
        acts = {
            "messages": self._send,
            "callback": self._press,
            "forward": self._forward,
            "edit": self._edit,
            "delete": self._delete,
        }
        return [
            Route(f"/local/chats/{{chat_id}}/{name}", act, methods=["POST"]) for name, act in acts.items()
        ]

    async def _send(self, request: Request) -> Response:
        room = room_of(self._chats, request)
        form = await read_form(request)
        contents = await contents_of(form, self._chats.files)
        reply = await self._reply(room, number(form.fields.get("reply_to_message_id")))
        return await self._post(room, form.fields.get("sender"), [{**reply, **each} for each in contents])

    async def _forward(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        source = known_room(self._chats, body.get("from_chat_id"))
        ids = body.get("message_ids")
        messages = [await self._message(source, each) for each in (ids if isinstance(ids, list) else [])]
        if not messages:
            raise PageError("There is nothing to forward.")
        hidden = bool(body.get("hidden"))
        return await self._post(room, body.get("sender"), _forwarded(messages, hidden=hidden))

    async def _edit(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        message = await self._message(room, body.get("message_id"))
        author = message["from"]["id"]
        if actor_in(self._chats, room, body.get("sender", author))["id"] != author:
            raise PageError("Only the one who wrote a message can edit it.", status=403)
        kept = {name: value for name, value in message.items() if name not in _WORDS}
        edited = await self._chats.edit_as_person(kept, _new_words(message, body))
        return JSONResponse({"message": edited})

    async def _delete(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        message = await self._message(room, body.get("message_id"))
        return JSONResponse({"deleted": await self._chats.delete(room.id, message["message_id"])})

    async def _press(self, request: Request) -> Response:
        room, body = room_of(self._chats, request), await read_json(request)
        if "message_id" not in body or "data" not in body:
            raise PageError("A pressed button needs a message_id and data.")
        data = str(body["data"])
        message = await self._chats.message(room.id, number(body["message_id"]))
        rows = message.get("reply_markup", {}).get("inline_keyboard", []) if message else []
        if message is None or data not in [button.get("callback_data") for row in rows for button in row]:
            raise PageError("This button is gone.", status=404)
        sender = actor_in(self._chats, room, body.get("sender"))
        return JSONResponse({"callback_query_id": await self._chats.press(message, data, sender)})

    async def _post(self, room: Room, sender_id: Any, contents: list[Json]) -> Response:
        """Post as someone; whoever was not in the chat is from now on, without a word."""
        if room.migrated_to is not None:
            raise PageError("This group is a supergroup now.", status=409)
        sender = actor_in(self._chats, room, sender_id)
        if self._chats.people.status(room, sender["id"]) in GONE:
            await self._chats.people.set_status(room.id, sender["id"], "member")
        return JSONResponse({"messages": await self._chats.post_as_person(room.id, sender, contents)})

    async def _message(self, room: Room, message_id: Any) -> Json:
        message = await self._chats.message(room.id, number(message_id))
        if message is None:
            raise PageError("This message is gone.", status=404)
        return message

    async def _reply(self, room: Room, message_id: int | None) -> Json:
        if message_id is None:
            return {}
        message = await self._chats.reply_to(room.id, message_id)
        if message is None:
            raise PageError("The message you reply to is gone.", status=404)
        return {"reply_to_message": message}


def _new_words(message: Json, body: Json) -> Json:
    if "text" in body and "text" in message:
        contents = text_contents(str(body["text"]))
        if len(contents) == 1:
            return contents[0]
    elif "caption" in body and "text" not in message:
        return caption_contents(str(body["caption"]).strip()) if body["caption"] else {}
    raise PageError("An edited message needs the text, or the caption, that it has.")


def _forwarded(messages: list[Json], *, hidden: bool) -> list[Json]:
    """Contents that say where they come from; an album stays one, under another id."""
    groups: dict[str, str] = {}
    contents = []
    for message in messages:
        content = {name: message[name] for name in CONTENT if name in message and name != "reply_markup"}
        content["forward_origin"] = message.get("forward_origin") or _origin(message, hidden=hidden)
        if "media_group_id" in message and len(messages) > 1:
            group_id = groups.setdefault(message["media_group_id"], str(secrets.randbits(53)))
            content["media_group_id"] = group_id
        contents.append(content)
    return contents


def _origin(message: Json, *, hidden: bool) -> Json:
    sender, date = message["from"], message["date"]
    if hidden:
        return {"type": "hidden_user", "date": date, "sender_user_name": sender["first_name"]}
    return {"type": "user", "date": date, "sender_user": sender}
