"""Forgettings: what was asked to be forgotten lately, so that an answer under way keeps nothing of it."""

import time
from collections.abc import Callable, Collection
from typing import NamedTuple

Chat = tuple[int, int]  # a bot and a chat, as `bot.store.keys.ChatKey` has them

REMEMBERED_S = 2 * 24 * 3600.0  # what waits for its answer lies no longer in the inbox


class Forgetting(NamedTuple):
    """What was asked to be forgotten.

    Attributes:
        chat: Where.
        at: When, on the monotonic clock.
        messages: Those with the photos; None: all.
        user_id: Of whom; None: of all.
    """

    chat: Chat
    at: float
    messages: frozenset[int] | None
    user_id: int | None


class Forgettings:
    """The wishes to forget of the last two days.

    What is forgotten is deleted at once; but a photo that is being read at that moment, or a question about
    it, has left nothing yet, and would be kept when it is answered. Whoever keeps something of a photo asks
    here first, in the same transaction.

    Args:
        asked_at: Tells when that came for which something is about to be kept, on the monotonic clock.
    """

    def __init__(self, asked_at: Callable[[], float] = time.monotonic) -> None:
        self._asked_at = asked_at
        self._wishes: list[Forgetting] = []

    def note(
        self,
        chat: Chat,
        *,
        messages: Collection[int] | None = None,
        user_id: int | None = None,
        ago_s: float = 0.0,
    ) -> None:
        """Note a wish, before anything is deleted: of messages, of a person, or of a whole chat.

        Args:
            ago_s: How long ago it came, where an earlier process heard it.
        """
        now = time.monotonic()
        self._wishes = [wish for wish in self._wishes if now - wish.at < REMEMBERED_S]
        named = None if messages is None else frozenset(messages)
        self._wishes.append(Forgetting(chat, now - ago_s, named, user_id))

    def came_since(self, chat: Chat) -> bool:
        """Tell whether anything of a chat was to be forgotten since that was asked which is answered now."""
        asked_at = self._asked_at()
        return any(wish.chat == chat and wish.at > asked_at for wish in self._wishes)

    def cover(self, chat: Chat, *, message_id: int, user_id: int) -> bool:
        """Tell whether something of a person's message was to be forgotten since it was asked about.

        Args:
            message_id: With the photo; 0: it is about none.
            user_id: Who sent the photo, or asked.
        """
        asked_at = self._asked_at()
        return any(
            wish.chat == chat
            and wish.at > asked_at
            and (wish.messages is None or message_id in wish.messages)
            and wish.user_id in (None, user_id)
            for wish in self._wishes
        )
