"""The local chat: a server on this computer that speaks Telegram's Bot API and serves a chat page.

The bot talks to it exactly as it talks to Telegram; a person talks to the bot on the page.
"""

from bot.local.api.faults import Faults
from bot.local.person.gallery import GalleryControl
from bot.local.server import LocalServer

__all__ = ["Faults", "GalleryControl", "LocalServer"]
