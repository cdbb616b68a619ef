"""Commands: the one at the start of a text or caption, and the words behind it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Message

from onenet.words import plain

# Not read from the entities: commands under photos count too, and not every server marks them.
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")
# Of all scripts, as `plain` leaves them; a hyphen within a word belongs to it.
_BETWEEN = re.compile(r"[-=]+>|[:,;=?!.→|、。،؛؟∶∷–—]+|(?<!\S)>+(?!\S)|(?<!\w)-+|-+(?!\w)")  # noqa: RUF001


@dataclass(frozen=True)
class CommandCall:
    """A command as somebody wrote it.

    Attributes:
        name: Without the slash, in small letters.
        words: Those behind it.
        names_bot: Whether it carries the name of the bot, as in /help@my_bot.
    """

    name: str
    words: tuple[str, ...]
    names_bot: bool


def command_in(message: Message) -> CommandCall | None:
    """Return the command at the start of a text or caption; None if there is none, or one for another bot."""
    text = (message.text or message.caption or "").strip()
    match = _COMMAND.match(text)
    if match is None:
        return None
    name, addressee = match.groups()
    if addressee and addressee.lower() != (message.get_bot().username or "").lower():
        return None
    return CommandCall(name.lower(), tuple(text[match.end() :].split()), bool(addressee))


def separated(words: Sequence[str]) -> list[str]:
    """Give words without the commas, arrows or question marks between them."""
    return _BETWEEN.sub(" ", plain(" ".join(words))).split()


def looks_like_command(message: Message) -> bool:
    """Tell whether a text or caption begins with a command, of this bot or of another."""
    return _COMMAND.match((message.text or message.caption or "").strip()) is not None
