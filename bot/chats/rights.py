"""Rights: who may change the settings of a chat, and where the bot itself may not write."""

import re

from telegram import Chat, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

_MUTED = re.compile(
    r"not enough rights|have no rights|need administrator rights|_FORBIDDEN|CHAT_RESTRICTED|TOPIC_CLOSED",
    re.IGNORECASE,
)


async def may_manage(update: Update) -> bool:
    """Tell whether whoever wrote or pressed may change the chat's settings: in a group, its administrators.

    Raises:
        TelegramError: If the server cannot be asked.
    """
    chat, message, user = update.effective_chat, update.effective_message, update.effective_user
    if chat is None:
        return False
    if chat.type == ChatType.PRIVATE:
        return True
    is_pressed = update.callback_query is not None
    # An administrator who hides writes in the name of the group; who presses a button is always named.
    if not is_pressed and message is not None and message.sender_chat is not None:
        return message.sender_chat.id == chat.id
    return user is not None and await is_administrator(chat, user.id)


async def is_administrator(chat: Chat, user_id: int) -> bool:
    """Ask whether a person owns or administers a group."""
    try:
        member = await chat.get_member(user_id)
    except BadRequest:  # somebody who is not there
        return False
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


def is_muted(error: TelegramError) -> bool:
    """Tell whether an error means that the bot may not write there, which no repetition mends."""
    return isinstance(error, Forbidden) or (
        isinstance(error, BadRequest) and _MUTED.search(error.message) is not None
    )
