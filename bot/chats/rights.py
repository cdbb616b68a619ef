"""Rights: who may change the settings of a chat, and where the bot itself may not write."""

import re

from telegram import Chat
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

_MUTED = re.compile(
    r"not enough rights|have no rights|need administrator rights|_FORBIDDEN|CHAT_RESTRICTED|TOPIC_CLOSED",
    re.IGNORECASE,
)


_NO_MEDIA = re.compile(
    r"not enough rights to send (?!text|message|a message)|CHAT_SEND_(?!PLAIN)\w+_FORBIDDEN", re.IGNORECASE
)


async def may_manage(chat: Chat, sender: int) -> bool:
    """Tell whether somebody may change a chat's settings: in a group, its administrators.

    Args:
        sender: Number of who wrote or pressed. An administrator who hides writes in the name of the group.

    Raises:
        TelegramError: If the server cannot be asked.
    """
    if chat.type == ChatType.PRIVATE or sender == chat.id:
        return True
    return sender > 0 and await is_administrator(chat, sender)


async def is_administrator(chat: Chat, user_id: int) -> bool:
    """Ask whether a person owns or administers a group."""
    try:
        member = await chat.get_member(user_id)
    except BadRequest:  # somebody who is not there
        return False
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


def is_closed(error: TelegramError) -> bool:
    """Tell whether an error means that the bot can put nothing into a chat, or that there is no such chat."""
    return is_muted(error) or "chat not found" in error.message.lower()


def lacks_media(error: TelegramError) -> bool:
    """Tell whether an error means that the bot may write in a chat, but send no pictures or files."""
    return isinstance(error, BadRequest) and _NO_MEDIA.search(error.message) is not None


def is_muted(error: TelegramError) -> bool:
    """Tell whether an error means that the bot may not write there, which no repetition mends."""
    return isinstance(error, Forbidden) or (
        isinstance(error, BadRequest) and _MUTED.search(error.message) is not None
    )
