"""What requests of the page have in common: who acts, in which chat, with which values."""

import json
import math
from typing import Any

from starlette.requests import Request

from bot.local.api.chats import Chats
from bot.local.errors import ApiError, PageError
from bot.local.store.people import ME
from bot.local.store.records import Json, Room


def room_of(chats: Chats, request: Request) -> Room:
    """The chat that the address names."""
    return known_room(chats, request.path_params["chat_id"])


def known_room(chats: Chats, chat_id: Any) -> Room:
    """The chat with this id.

    Raises:
        PageError: 404 if there is none.
    """
    room = chats.people.room(number(chat_id))
    if room is None:
        raise PageError("There is no such chat.", status=404)
    return room


def known_user(chats: Chats, user_id: Any) -> Json:
    """The User with this id, the bot included.

    Raises:
        PageError: 404 if there is none.
    """
    user = chats.people.user(number(user_id))
    if user is None:
        raise PageError("There is no such person.", status=404)
    return user


def actor_in(chats: Chats, room: Room, user_id: Any) -> Json:
    """Who acts: the one named, else whose private chat it is, else the page's person.

    Raises:
        PageError: If there is no such person, or it is the bot, which acts by itself.
    """
    named = user_id is not None and user_id != ""
    user = known_user(chats, user_id if named else room.id if room.is_private else ME["id"])
    if user["id"] == chats.bot["id"]:
        raise PageError("The bot acts by itself.", status=403)
    return user


async def read_json(request: Request) -> Json:
    """The JSON object that was posted.

    Raises:
        PageError: If it is none.
    """
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise PageError("The page sent something that cannot be read.")
    return body


def sentence(error: ApiError) -> PageError:
    """The refusal of an upload in words for the page."""
    if error.code == 413:
        return PageError("This file is over 50 MB: choose a smaller one.", status=413)
    return PageError("The page sent something that cannot be read.", status=error.code)


def number(value: Any) -> int | None:
    """A whole number that the database can hold, or None."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < 2**63 else None


def seconds(body: Json, name: str, default: float) -> float:
    """A length of time.

    Raises:
        PageError: If it is none.
    """
    found = body.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
        raise PageError(f"{name} is a number of seconds, not {found!r}.")
    return float(found)
