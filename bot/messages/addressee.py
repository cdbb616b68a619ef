"""Addressing: which messages are meant for the bot, and which command they hold."""

import re
from datetime import datetime

from telegram import Message
from telegram.constants import ChatType
from telegram.ext.filters import MessageFilter

from bot.chats.chats import ChatSettings
from bot.photos.fetching import photo_of

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


def is_addressed(message: Message) -> bool:
    """Tell whether a message is said to the bot: in private, in reply to it, or by its name; no command."""
    text = message.text or message.caption or ""
    if _COMMAND.match(text.strip()) or _is_own_offer(message):
        return False
    if is_private(message):
        return True
    answered = message.reply_to_message
    author = answered.from_user if answered is not None else None
    if author is not None and author.id == message.get_bot().id:
        return True
    return _name_pattern(message).search(text) is not None


def should_caption(message: Message, settings: ChatSettings, now: datetime) -> bool:
    """Tell whether a photo that nobody asked the bot about is captioned.

    Only where the chat wants every photo captioned, outside its quiet hours. Never one with a command for
    another bot, nor one that this bot offered itself.

    Args:
        message: Holds the photo; in an album, any part.
        settings: Of the chat.
        now: In UTC.
    """
    if _COMMAND.match((message.caption or "").strip()) or _is_own_offer(message):
        return False
    return settings.captions == "every" and not settings.is_quiet(now.hour)


def _is_own_offer(message: Message) -> bool:
    """Tell whether a message was chosen from what this bot offered in inline mode."""
    return message.via_bot is not None and message.via_bot.id == message.get_bot().id


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


class HoldsPicture(MessageFilter):
    """Lets through whatever carries a picture: photos, image files, stickers, and what can be played."""

    def filter(self, message: Message) -> bool:
        """See the class."""
        return photo_of(message) is not None


class HoldsPhoto(MessageFilter):
    """Lets through photos and image files, which people send to be looked at; no stickers, no GIFs."""

    def filter(self, message: Message) -> bool:
        """See the class."""
        photo = photo_of(message)
        return photo is not None and photo.kind in ("photo", "file")


class IsInAlbum(MessageFilter):
    """Lets through the parts of albums, said to the bot or not: only one of them has the caption."""

    def filter(self, message: Message) -> bool:
        """See the class."""
        return message.media_group_id is not None


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
        return is_addressed(message)


def _name_pattern(message: Message) -> re.Pattern[str]:
    """Match @username anywhere, and the first name at the start: it may be an everyday word."""
    bot = message.get_bot()
    patterns = [rf"\A\s*{re.escape(bot.first_name)}\b[\s,:;!]*"]
    if bot.username:  # not every server gives one
        patterns.append(rf"(?<!\w)@{re.escape(bot.username)}\b")
    return re.compile("|".join(patterns), re.IGNORECASE)
