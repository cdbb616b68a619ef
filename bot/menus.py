"""Menus: which commands a messenger shows where."""

from collections.abc import Iterable, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)

from bot.context import Command


async def set_menus(
    bot: Bot, commands: Sequence[Command], owner: Sequence[Command], owner_id: int | None
) -> None:
    """Tell the server the menus: of private chats, groups, their administrators, and the owner.

    Args:
        commands: Of everyone; each says where it is shown.
        owner: Commands of the owner's private chat.
        owner_id: The owner, if there is one.
    """
    # A server that knows no scopes keeps the last menu, so that of private chats comes last.
    groups = [command for command in commands if "group" in command.menus]
    administrators = [command for command in commands if {"group", "admins"} & command.menus]
    private = [command for command in commands if "private" in command.menus]
    await _set(bot, groups, BotCommandScopeAllGroupChats())
    await _set(bot, administrators, BotCommandScopeAllChatAdministrators())
    if owner_id is not None:
        await _set(bot, (*private, *owner), BotCommandScopeChat(owner_id))
    await _set(bot, private, BotCommandScopeAllPrivateChats())


async def _set(bot: Bot, commands: Iterable[Command], scope: BotCommandScope) -> None:
    await bot.set_my_commands([BotCommand(each.name, each.description) for each in commands], scope=scope)
