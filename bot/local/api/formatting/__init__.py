"""Text as Telegram keeps it: plain, with entities whose offsets count UTF-16 units."""

from bot.local.api.formatting.entities import Formatted, checked_entities, finish, utf16_length
from bot.local.api.formatting.html import parse_html
from bot.local.api.formatting.markdown import parse_markdown, parse_markdown_v2
from bot.local.errors import bad_request

__all__ = ["Formatted", "checked_entities", "finish", "parse", "parse_html", "utf16_length"]

_READERS = {"html": parse_html, "markdown": parse_markdown, "markdownv2": parse_markdown_v2}


def parse(text: str, parse_mode: str | None) -> Formatted:
    """A bot's text, read in its parse mode, with the links, mentions and commands in it.

    Raises:
        ApiError: If the markup is wrong, in Telegram's words.
    """
    if not parse_mode:
        return finish(text, [])
    reader = _READERS.get(parse_mode.lower())
    if reader is None:
        raise bad_request("unsupported parse_mode")
    return finish(*reader(text.replace("\r", "")))
