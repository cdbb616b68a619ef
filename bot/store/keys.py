"""Keys: what the database knows chats and answers by."""

from dataclasses import dataclass
from typing import NamedTuple


class ChatKey(NamedTuple):
    """A chat as one bot knows it."""

    bot_id: int
    chat_id: int


@dataclass(frozen=True)
class AnswerKey:
    """Names a message of ours whose buttons need to know what was answered.

    Attributes:
        part: Number of the photo in an album, from 1, if there is an answer for each; else 0.
    """

    bot_id: int
    chat_id: int
    message_id: int
    part: int = 0
