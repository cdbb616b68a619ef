"""The Bot API methods by name, and those that neither send nor edit."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.local import editing, sending, webhook
from bot.local.chats import CHATS, ME, PRIVATE_CHAT, Chats
from bot.local.contents import read_chat_id
from bot.local.errors import bad_request
from bot.local.parameters import Parameters
from bot.local.store import Json

Method = Callable[[Chats, Parameters], Awaitable[Any]]

_MAX_POLL_S = 50
_MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


async def get_me(chats: Chats, parameters: Parameters) -> Json:
    """The bot's User, with what only getMe tells."""
    told = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}
    return {**chats.bot, **told}


async def get_updates(chats: Chats, parameters: Parameters) -> list[Json]:
    """A long poll."""
    await chats.updates.allow(parameters.array("allowed_updates", "allowed updates"))
    limit = min(max(parameters.integer("limit") or 100, 1), 100)
    timeout_s = min(max(parameters.integer("timeout") or 0, 0), _MAX_POLL_S)
    return await chats.updates.poll(offset=parameters.integer("offset"), limit=limit, timeout_s=timeout_s)


async def set_my_commands(chats: Chats, parameters: Parameters) -> bool:
    """Keep the command list of a scope and language."""
    commands = parameters.array("commands", "commands") or []
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    await _keep_commands(chats, parameters, [_command(command) for command in commands])
    return True


async def get_my_commands(chats: Chats, parameters: Parameters) -> list[Json]:
    """The command list of a scope and language."""
    lists: dict[str, list[Json]] = await chats.store.setting("commands", {})
    return lists.get(_scope(parameters), [])


async def delete_my_commands(chats: Chats, parameters: Parameters) -> bool:
    """Forget the command list of a scope and language."""
    await _keep_commands(chats, parameters, [])
    return True


async def get_file(chats: Chats, parameters: Parameters) -> Json:
    """Where to download a file."""
    file_id = parameters.text("file_id")
    if file_id is None:
        raise bad_request("file_id not specified")
    return await chats.files.file(file_id)


async def get_chat(chats: Chats, parameters: Parameters) -> Json:
    """The ChatFullInfo."""
    chat = CHATS[read_chat_id(parameters)]
    return {**chat, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


async def get_chat_member(chats: Chats, parameters: Parameters) -> Json:
    """The person owns the group, the bot is a member."""
    chat_id, user_id = read_chat_id(parameters), parameters.integer("user_id")
    if user_id == ME["id"]:
        owner = {"status": "creator", "user": ME, "is_anonymous": False}
        return owner if chat_id != PRIVATE_CHAT["id"] else {"status": "member", "user": ME}
    if user_id == chats.bot["id"]:
        return {"status": "member", "user": chats.bot}
    raise bad_request("invalid user_id specified")


async def confirm(chats: Chats, parameters: Parameters) -> bool:
    """Methods that have nothing to do here."""
    return True


async def shown_commands(chats: Chats) -> list[Json]:
    """The commands the page shows: the private chat's if there are any, else the default ones."""
    lists: dict[str, list[Json]] = await chats.store.setting("commands", {})
    return lists.get("all_private_chats/") or lists.get("default/") or []


async def _keep_commands(chats: Chats, parameters: Parameters, commands: list[Json]) -> None:
    lists = await chats.store.setting("commands", {})
    lists[_scope(parameters)] = commands
    await chats.store.set_setting("commands", {scope: kept for scope, kept in lists.items() if kept})
    chats.events.publish("commands", commands=await shown_commands(chats))


def _scope(parameters: Parameters) -> str:
    scope = parameters.mapping("scope", "BotCommandScope") or {}
    chat = f":{scope['chat_id']}" if "chat_id" in scope else ""
    return f"{scope.get('type', 'default')}{chat}/{parameters.text('language_code') or ''}"


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


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.get_webhook_info,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": editing.answer_callback_query,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "logOut": confirm,
    "close": confirm,
}
