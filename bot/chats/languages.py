"""Interpreter: which language an update is answered in."""

import logging
import sqlite3

from telegram import Update
from telegram.constants import ChatType

from bot.chats.chats import Chats
from bot.language import DEFAULT_LANGUAGE, known_language, speak, translations_for

logger = logging.getLogger(__name__)


async def interpret(chats: Chats, update: Update) -> None:
    """Let the rest of the task, which handles an update and tells of errors, speak its language."""
    speak(translations_for(await language_of(update, chats, update.get_bot().id)))


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


async def _chosen_language(update: Update, chats: Chats, bot_id: int) -> str:
    chat, user = update.effective_chat, update.effective_user
    language = ""
    if chat is not None and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
        language = (await chats.settings(bot_id, chat.id)).language
    if not language and user is not None:
        language = await chats.language_of(bot_id, user.id)
    return language
