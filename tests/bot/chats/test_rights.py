import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from bot.chats.rights import is_muted


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("Forbidden: bot was kicked from the group chat"),
        BadRequest("Not enough rights to send text messages to the chat"),
        BadRequest("Not enough rights to send photos to the chat"),
        BadRequest("Have no rights to send a message"),
        BadRequest("Chat_write_forbidden"),
        BadRequest("TOPIC_CLOSED"),
    ],
)
def test_where_the_bot_may_not_write_it_is_muted(error: TelegramError) -> None:
    assert is_muted(error)


@pytest.mark.parametrize(
    "error", [BadRequest("Message is too long"), BadRequest("Chat not found"), NetworkError("Forbidden")]
)
def test_other_errors_are_errors(error: TelegramError) -> None:
    assert not is_muted(error)
