"""The bot's command lists, by scope and language."""

import re
from typing import Any

from bot.local.api.chats import Chats
from bot.local.api.parameters import Parameters
from bot.local.errors import bad_request
from bot.local.store.people import ME
from bot.local.store.records import Json, Room

_MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}")


async def set_my_commands(chats: Chats, parameters: Parameters) -> bool:
    """`setMyCommands`: the list of a scope and language."""
    commands = parameters.array("commands", "commands") or []
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    await _keep(chats, parameters, [_command(command) for command in commands])
    return True


async def get_my_commands(chats: Chats, parameters: Parameters) -> list[Json]:
    """`getMyCommands`: the list of exactly this scope and language."""
    return (await _lists(chats)).get(_read_scope(parameters), [])


async def delete_my_commands(chats: Chats, parameters: Parameters) -> bool:
    """`deleteMyCommands`, those of a scope and language."""
    await _keep(chats, parameters, [])
    return True


async def shown_commands(chats: Chats, room: Room | None = None, user: Json | None = None) -> list[Json]:
    """The commands that someone is shown in a chat: those of the narrowest scope, in their language first.

    Args:
        room: The chat; the private one of the page's person if None.
        user: The page's person if None.
    """
    user = user or chats.people.me
    room = room or chats.people.rooms[ME["id"]]
    lists = await _lists(chats)
    for scope in _scopes(room, user["id"], chats.people.status(room, user["id"])):
        for language in (user.get("language_code", "")[:2], ""):
            if f"{scope}/{language}" in lists:
                return lists[f"{scope}/{language}"]
    return []


def _scopes(room: Room, user_id: int, status: str) -> list[str]:
    """Names of scopes, the narrowest first, in the order that the Bot API gives."""
    if room.is_private:
        return [f"chat:{room.id}", "all_private_chats", "default"]
    rules = status in ("creator", "administrator")
    ruling = [[f"chat_administrators:{room.id}"], ["all_chat_administrators"]] if rules else [[], []]
    return [
        f"chat_member:{room.id}:{user_id}",
        *ruling[0],
        f"chat:{room.id}",
        *ruling[1],
        "all_group_chats",
        "default",
    ]


async def _lists(chats: Chats) -> dict[str, list[Json]]:
    lists: dict[str, list[Json]] = await chats.store.setting("commands", {})
    return lists


async def _keep(chats: Chats, parameters: Parameters, commands: list[Json]) -> None:
    lists = {**await _lists(chats), _read_scope(parameters): commands}
    await chats.store.set_setting("commands", {scope: kept for scope, kept in lists.items() if kept})
    chats.events.publish("commands", commands=await shown_commands(chats))


def _read_scope(parameters: Parameters) -> str:
    """The scope and language of a call, as `lists` names them."""
    scope = parameters.mapping("scope", "BotCommandScope") or {}
    language = parameters.text("language_code") or ""
    if language and not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    details = "".join(f":{scope[name]}" for name in ("chat_id", "user_id") if name in scope)
    return f"{scope.get('type', 'default')}{details}/{language}"


def _command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name = str(command.get("command", "")).removeprefix("/")
    description = str(command.get("description", "")).strip()
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}
