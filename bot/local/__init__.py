"""The local chat: a server on this computer that speaks Telegram's Bot API and serves a chat page.

The bot talks to it exactly as it talks to Telegram; a person talks to the bot on the page.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.local.api.faults import Faults
    from bot.local.person.gallery import GalleryControl
    from bot.local.server import LocalServer

__all__ = ["Faults", "GalleryControl", "LocalServer"]

_PLACES = {"Faults": "api.faults", "GalleryControl": "person.gallery", "LocalServer": "server"}


def __getattr__(name: str) -> object:
    if name in _PLACES:  # only then packages are needed, and `python -m bot.local` can say which is missing
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
