"""Languages: which one an update is answered in, and by whose clock."""

import logging
import sqlite3
from datetime import tzinfo

from telegram.constants import ChatType

from bot.chats.chats import Chats
from bot.chats.clock import go_by
from bot.language import DEFAULT_LANGUAGE, known_language, speak, translations_for
from bot.messages.incoming import Arrival

logger = logging.getLogger(__name__)


async def interpret(chats: Chats, arrival: Arrival) -> None:
    """Let the rest of the task, which answers what came in and tells of errors, speak its language.

    It tells days by its chat's clock.
    """
    speak(translations_for(await language_of(arrival, chats)))
    go_by(await _clock_of(arrival, chats))


async def language_of(arrival: Arrival, chats: Chats) -> str:
    """Give the code of the language that is answered in.

    It is the group's if its admins chose one, else what the person chose, else what their Telegram
    speaks, else English. Without its database the bot goes on in the third.
    """
    chosen = ""
    try:
        chosen = await _chosen_language(arrival, chats)
    except sqlite3.Error:
        logger.warning("The language that was chosen could not be read", exc_info=True)
    user = arrival.person
    app_language = (user.language_code if user is not None else None) or ""
    return known_language(chosen) or known_language(app_language) or DEFAULT_LANGUAGE


async def _clock_of(arrival: Arrival, chats: Chats) -> tzinfo | None:
    if arrival.place is None:
        return None
    try:
        return (await chats.settings(arrival.bot.id, arrival.place.id)).clock
    except sqlite3.Error:
        logger.warning("The time zone that was chosen could not be read", exc_info=True)
        return None


async def _chosen_language(arrival: Arrival, chats: Chats) -> str:
    chat, user, bot_id = arrival.place, arrival.person, arrival.bot.id
    language = ""
    if chat is not None and chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
        language = (await chats.settings(bot_id, chat.id)).language
    if not language and user is not None:
        language = await chats.language_of(bot_id, user.id)
    return language
