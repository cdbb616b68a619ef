"""Addressing: which messages are meant for the bot, and which command they hold."""

import re

from telegram import Message
from telegram.constants import ChatType
from telegram.ext.filters import MessageFilter

from bot.photos import is_image_file

# Not read from the entities: commands under photos count too, and not every server marks them.
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")


def command_in(message: Message) -> tuple[str, list[str]] | None:
    """Return the command at the start of a text or caption and the words behind it; None if there is none.

    A command for another bot, such as /help@other_bot, is none.
    """
    text = (message.text or message.caption or "").strip()
    match = _COMMAND.match(text)
    if match is None:
        return None
    name, addressee = match.groups()
    if addressee and addressee.lower() != (message.get_bot().username or "").lower():
        return None
    return name.lower(), text[match.end() :].split()


def is_private(message: Message) -> bool:
    """Tell whether nobody else is in the chat."""
    return message.chat.type == ChatType.PRIVATE


def text_without_name(message: Message) -> str:
    """Return the text or caption without the bot's name."""
    text = message.text or message.caption or ""
    return " ".join(_name_pattern(message).sub(" ", text).split())


class IsCommand(MessageFilter):
    """Lets through one command, and gives the words behind it to the handler as `args`."""

    def __init__(self, command: str) -> None:
        super().__init__(name=f"/{command}", data_filter=True)
        self._command = command

    def filter(self, message: Message) -> dict[str, list[str]] | None:
        """See the class."""
        found = command_in(message)
        return {"args": found[1]} if found and found[0] == self._command else None


class IsOwner(MessageFilter):
    """Lets through what the owner writes in private; without an owner, nothing."""

    def __init__(self, owner_id: int | None) -> None:
        super().__init__()
        self._owner_id = owner_id

    def filter(self, message: Message) -> bool:
        """See the class."""
        user = message.from_user
        return user is not None and user.id == self._owner_id and message.chat.id == self._owner_id


class HoldsImageFile(MessageFilter):
    """Lets through files that call themselves images."""

    def filter(self, message: Message) -> bool:
        """See the class."""
        return is_image_file(message.document)


class IsUnknownCommand(MessageFilter):
    """Lets through anything that looks like a command to this bot: put it behind the known ones.

    In a group there are other bots: there it has to carry this one's name.
    """

    def filter(self, message: Message) -> bool:
        """See the class."""
        if command_in(message) is None:
            return False
        match = _COMMAND.match((message.text or message.caption or "").strip())
        return is_private(message) or (match is not None and match.group(2) is not None)


class IsAddressed(MessageFilter):
    """Lets through what is said to the bot: in private, in reply to it, or by its name; no command."""

    def filter(self, message: Message) -> bool:
        """See the class."""
        if _COMMAND.match((message.text or message.caption or "").strip()):
            return False
        if message.via_bot is not None and message.via_bot.id == message.get_bot().id:  # from inline mode
            return False
        if is_private(message):
            return True
        answered = message.reply_to_message
        author = answered.from_user if answered is not None else None
        if author is not None and author.id == message.get_bot().id:
            return True
        return _name_pattern(message).search(message.text or message.caption or "") is not None


def _name_pattern(message: Message) -> re.Pattern[str]:
    """Match @username anywhere, and the first name at the start: it may be an everyday word."""
    bot = message.get_bot()
    patterns = [rf"\A\s*{re.escape(bot.first_name)}\b[\s,:;!]*"]
    if bot.username:  # not every server gives one
        patterns.append(rf"(?<!\w)@{re.escape(bot.username)}\b")
    return re.compile("|".join(patterns), re.IGNORECASE)
