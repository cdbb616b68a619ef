"""A server for any bot, and the people in the chats of one of its bots."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.bot.local_chat import LocalChat


class ChatsOf(NamedTuple):
    """What a client needs of a server, for the chats of one bot."""

    url: str
    token: str


@asynccontextmanager
async def people_of(url: str, token: str) -> AsyncIterator[LocalChat]:
    """The people in a bot's chats."""
    chats: Any = ChatsOf(f"{url}/chat/{token}", token)
    async with LocalChat(chats) as chat:
        yield chat
