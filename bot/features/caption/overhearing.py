"""Overhearing: which photos that nobody asked the bot about it captions."""

from datetime import datetime

from bot.chats.chats import ChatSettings
from bot.messages.incoming import Incoming


def should_caption(seen: Incoming, settings: ChatSettings, now: datetime) -> bool:
    """Tell whether a photo that nobody asked the bot about is captioned.

    Only where the chat wants every photo captioned, outside its quiet hours. Never one with a command for
    another bot, nor one that this bot offered itself.

    Args:
        seen: Holds the photo; in an album, any part.
        settings: Of the chat.
        now: In UTC.
    """
    if seen.has_command or seen.is_own_offer:
        return False
    return settings.captions == "every" and not settings.is_quiet(now)
