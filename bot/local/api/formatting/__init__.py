"""Text as Telegram keeps it: plain, with entities whose offsets count UTF-16 units."""

from bot.local.api.formatting.entities import Formatted, checked_entities, finish, utf16_length
from bot.local.api.formatting.html import parse_html
from bot.local.errors import bad_request

__all__ = ["Formatted", "checked_entities", "finish", "parse", "parse_html", "utf16_length"]


def parse(text: str, parse_mode: str | None) -> Formatted:
    """Read a bot's text in its parse mode, and find links, mentions and commands in it.

    Raises:
        ApiError: If the markup is wrong, in Telegram's words.
    """
    if not parse_mode:
        return finish(text, [])
    if parse_mode.lower() != "html":
        # The bot writes HTML only; Markdown is left to Telegram's own server.
        raise bad_request("unsupported parse_mode")
    return finish(*parse_html(text.replace("\r", "")))
