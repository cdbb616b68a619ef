"""Access: who may use the bot, asked before anything is done that costs something."""

import logging
import time
from typing import Literal

from cachetools import TTLCache

from bot.messages.incoming import Arrival
from bot.settings import Settings

logger = logging.getLogger(__name__)

Verdict = Literal["welcome", "refused", "banned"]

TELL_EVERY_S = 3600.0
TOLD_MOST = 10_000


class Access:
    """The lists of the settings, and whom they were told of.

    Args:
        settings: With `allowed_chats` and `banned_chats`; the owner and the storage chat are always allowed.
    """

    def __init__(self, settings: Settings) -> None:
        own = {number for number in (settings.owner_id, settings.storage_chat) if number is not None}
        self._allowed = set(settings.allowed_chats | own) if settings.allowed_chats else None
        self._banned = settings.banned_chats - own
        self._told = TTLCache[int, bool](TOLD_MOST, ttl=TELL_EVERY_S, timer=time.monotonic)

    def verdict(self, arrival: Arrival) -> Verdict:
        """Tell whether what came is from a chat that may; where there is none, as inline, from a person."""
        chat, user = arrival.place, arrival.person
        numbers = {who.id for who in (chat, user) if who is not None}
        if numbers & self._banned:
            return "banned"
        if self._allowed is None or not numbers:
            return "welcome"
        self._follow_migration(arrival)
        place = chat if chat is not None else user
        return "welcome" if place is not None and place.id in self._allowed else "refused"

    def is_to_be_told(self, chat_id: int) -> bool:
        """Tell whether a refused chat is to hear of it: once an hour at most, and note that it is."""
        is_new = chat_id not in self._told
        if is_new:
            self._told[chat_id] = True
        return is_new

    def _follow_migration(self, arrival: Arrival) -> None:
        """Let an allowed group in under its new number, which it gets when it becomes a supergroup."""
        if self._allowed is None or arrival.message is None:
            return
        message = arrival.message.message
        old, new = message.chat.id, message.migrate_to_chat_id
        if new is None and message.migrate_from_chat_id is not None:
            old, new = message.migrate_from_chat_id, message.chat.id
        if new is not None and old in self._allowed and new not in self._allowed:
            self._allowed.add(new)
            logger.warning("The group %d is now %d: write the new number into ALLOWED_CHATS", old, new)
