"""Menus: which commands a messenger shows where, and what it says of the bot, in every language."""

from collections.abc import Iterable, Mapping, Sequence

from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    Chat,
)
from telegram.constants import ChatType

from bot.language import DEFAULT_LANGUAGE, LANGUAGES, phrases, speaking, translations_for
from bot.language.network import Multilingual
from bot.routing.feature import Command


async def set_menus(
    bot: Bot, commands: Sequence[Command], owner: Sequence[Command], owner_id: int | None
) -> None:
    """Tell the server the menus: of private chats, groups, their administrators, and the owner.

    An app shows that of its own language, or the English one. A server that knows no languages or no scopes
    keeps the last menu, so that the English one of private chats comes last.

    Args:
        commands: Of everyone; each says where it is shown.
        owner: Commands of the owner's private chat.
        owner_id: The owner, if there is one.
    """
    private = _in_menus(commands, "private")
    menus: list[tuple[Sequence[Command], BotCommandScope]] = [
        (_in_menus(commands, "group"), BotCommandScopeAllGroupChats()),
        (_in_menus(commands, "group", "admins"), BotCommandScopeAllChatAdministrators()),
        (private, BotCommandScopeAllPrivateChats()),
    ]
    if owner_id is not None:
        menus.insert(0, ((*private, *owner), BotCommandScopeChat(owner_id)))
    for shown, scope in menus:
        for language in sorted(LANGUAGES, key=lambda language: language == DEFAULT_LANGUAGE):
            code = None if language == DEFAULT_LANGUAGE else language
            await _set(bot, shown, scope, language, code)


async def set_descriptions(bot: Bot, network: Multilingual) -> None:
    """Tell the server what people read of the bot before they talk with it, in every language.

    The name is left alone: whoever runs the bot chose it.
    """
    for language in LANGUAGES:
        code = None if language == DEFAULT_LANGUAGE else language
        with speaking(translations_for(language)):
            await bot.set_my_description(phrases.description(network), language_code=code)
            await bot.set_my_short_description(phrases.short_description(), language_code=code)


async def set_menu_of(chat: Chat, commands: Iterable[Command], language: str) -> None:
    """Set the menus of one chat in a language; "": leave them to each person's app."""
    commands = tuple(commands)
    menus: list[tuple[Sequence[Command], BotCommandScope]] = [
        (_in_menus(commands, "private"), BotCommandScopeChat(chat.id))
    ]
    if chat.type != ChatType.PRIVATE:
        menus = [
            (_in_menus(commands, "group"), BotCommandScopeChat(chat.id)),
            (_in_menus(commands, "group", "admins"), BotCommandScopeChatAdministrators(chat.id)),
        ]
    for shown, scope in menus:
        if language:
            await _set(chat.get_bot(), shown, scope, language)
        else:
            await chat.get_bot().delete_my_commands(scope)


def examples_by_language(commands: Mapping[str, Command]) -> dict[str, list[str]]:
    """Give what an empty chat offers to try, each as one would type it, by the language of its reader."""
    found = {}
    for language in LANGUAGES:
        with speaking(translations_for(language)):
            firsts = [phrases.examples_of(commands[name])[0] for name in ("similar", "analogy", "find")]
            found[language] = [*(example.typed for example in firsts), "/help"]
    return found


def _in_menus(commands: Iterable[Command], *menus: str) -> list[Command]:
    return [command for command in commands if command.menus & {*menus}]


async def _set(
    bot: Bot, commands: Iterable[Command], scope: BotCommandScope, language: str, code: str | None = None
) -> None:
    with speaking(translations_for(language)):
        await bot.set_my_commands(phrases.menu(commands), scope=scope, language_code=code)
