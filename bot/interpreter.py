"""Interpreter: which language an update is answered in, and the command menu in every language."""

import logging
import sqlite3
from collections.abc import Iterable

from telegram import Bot, BotCommandScopeChat, Chat, Update
from telegram.constants import ChatType

from bot import replies
from bot.chats import Chats
from bot.context import BotContext
from bot.language import DEFAULT_LANGUAGE, LANGUAGES, known_language, speak, speaking, translations_for

logger = logging.getLogger(__name__)


async def interpret(update: Update, context: BotContext) -> None:
    """Let all handlers of an update, and what tells of their errors, speak its language."""
    speak(translations_for(await language_of(update, context.services.chats, context.bot.id)))


async def language_of(update: Update, chats: Chats, bot_id: int) -> str:
    """Give the code of the language that an update is answered in.

    It is the group's if its admins chose one, else what the person chose, else what their Telegram
    speaks, else English. Without its database the bot goes on in the third.
    """
    chosen = ""
    try:
        chosen = await _chosen_language(update, chats, bot_id)
    except sqlite3.Error:
        logger.warning("The language that was chosen could not be read", exc_info=True)
    user = update.effective_user
    app_language = (user.language_code if user is not None else None) or ""
    return known_language(chosen) or known_language(app_language) or DEFAULT_LANGUAGE


async def translate_menu(bot: Bot, commands: Iterable[replies.CommandText]) -> None:
    """Set the command menu in every language; an app shows that of its own, or the English one."""
    commands = tuple(commands)
    for language in LANGUAGES:
        with speaking(translations_for(language)):
            code = None if language == DEFAULT_LANGUAGE else language
            await bot.set_my_commands(replies.menu(commands), language_code=code)


async def translate_menu_of(chat: Chat, commands: Iterable[replies.CommandText], language: str) -> None:
    """Set the command menu of one chat in a language; "": leave it to each person's app."""
    scope = BotCommandScopeChat(chat.id)
    if not language:
        await chat.get_bot().delete_my_commands(scope)
        return
    with speaking(translations_for(language)):
        await chat.get_bot().set_my_commands(replies.menu(commands), scope)


async def _chosen_language(update: Update, chats: Chats, bot_id: int) -> str:
    chat, user = update.effective_chat, update.effective_user
    language = ""
    if chat is not None and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
        language = (await chats.settings(bot_id, chat.id)).language
    if not language and user is not None:
        language = await chats.language_of(bot_id, user.id)
    return language
