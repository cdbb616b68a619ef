"""The addressee: which messages are meant for the bot."""

import re

from telegram import Message
from telegram.constants import ChatType

from bot.messages.command import looks_like_command

_PAUSES = ",:;!，：；！、،؛"  # noqa: RUF001 - behind a name, in all scripts


def is_addressed(message: Message) -> bool:
    """Tell whether a message is said to the bot: in private, in reply to it, or by its name; no command."""
    if looks_like_command(message) or is_own_offer(message):
        return False
    if message.chat.type == ChatType.PRIVATE:
        return True
    answered = replied_to(message)
    author = answered.from_user if answered is not None else None
    return (author is not None and author.id == message.get_bot().id) or is_named(message)


def is_named(message: Message) -> bool:
    """Tell whether a text or caption calls the bot by its name."""
    return _name_pattern(message).search(message.text or message.caption or "") is not None


def replied_to(message: Message) -> Message | None:
    """Return the message of the same chat that somebody replied to.

    Whatever is written into a forum topic comes as a reply to the topic's first message, although nobody
    replied to that: it is none.
    """
    answered = message.reply_to_message
    if answered is not None and message.is_topic_message and answered.message_id == message.message_thread_id:
        return None
    return answered


def is_own_offer(message: Message) -> bool:
    """Tell whether a message was chosen from what this bot offered in inline mode."""
    return message.via_bot is not None and message.via_bot.id == message.get_bot().id


def text_without_name(message: Message) -> str:
    """Return the text or caption without the bot's name."""
    text = message.text or message.caption or ""
    return " ".join(_name_pattern(message).sub(" ", text).split())


def _name_pattern(message: Message) -> re.Pattern[str]:
    """Match @username anywhere, and the first name at the start: it may be an everyday word."""
    bot = message.get_bot()
    # No \b behind the names: one may end in an emoji.
    patterns = [rf"\A\s*{re.escape(bot.first_name)}(?!\w)[\s{_PAUSES}]*"]
    if bot.username:  # not every server gives one
        # No \w beside it: Chinese is written without spaces.
        patterns.append(rf"(?<![A-Za-z0-9_])@{re.escape(bot.username)}(?![A-Za-z0-9_])")
    return re.compile("|".join(patterns), re.IGNORECASE)
