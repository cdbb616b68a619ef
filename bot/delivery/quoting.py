"""Quoting: whether an answer has to show which message it is for."""

from telegram import Message
from telegram.constants import ChatType

from bot.delivery.turn import current_turn


def is_to_be_quoted(message: Message) -> bool:
    """Tell whether it would not be plain else what an answer is for.

    In private it is where a new message is the only one that waits for an answer. What was edited, and what
    is ours, may stand far above.
    """
    turn = current_turn()
    if message.chat.type != ChatType.PRIVATE or turn is None or not turn.is_alone:
        return True
    is_ours = message.from_user is not None and message.from_user.id == message.get_bot().id
    return is_ours or message.edit_date is not None
