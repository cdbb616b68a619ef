"""Context: what every handler is given besides the update."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.ext import Application, CallbackContext, ExtBot

from bot.albums import Albums
from bot.chats import Chats
from bot.connection import Connection
from bot.database import AnswerKey, Database
from bot.finder import Finder
from bot.gallery import Gallery
from bot.memory import Memory
from bot.memory_keeper import MemoryKeeper
from bot.seen_before import SeenBefore
from bot.settings import Settings
from bot.worker import Worker
from onenet.engine import Engine

SHOW_EVERY_S = 4.0  # Telegram shows an action for five seconds


@dataclass(frozen=True)
class Services:
    """Everything that lives as long as the bot.

    Attributes:
        local: Whether the bot talks in the local chat.
        commands: By name, in the order of /help.
        pressed: Answers one of whose buttons is being worked on.
    """

    settings: Settings
    engine: Engine
    database: Database
    worker: Worker
    gallery: Gallery
    albums: Albums
    chats: Chats
    memory: Memory
    memory_keeper: MemoryKeeper
    finder: Finder
    seen_before: SeenBefore
    commands: "dict[str, Command]"
    local: bool = False
    pressed: set[AnswerKey] = field(default_factory=set)

    @contextlib.contextmanager
    def pressing(self, key: AnswerKey) -> Iterator[bool]:
        """Give True to the first press of a button, False to those that come before it is done."""
        if key in self.pressed:
            yield False
            return
        self.pressed.add(key)
        try:
            yield True
        finally:
            self.pressed.discard(key)


class BotContext(CallbackContext[ExtBot[int], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The context of a handler; `args` are the words behind a command."""

    @property
    def services(self) -> Services:
        """What lives as long as the bot."""
        return cast(Services, self.application.bot_data["services"])

    @property
    def words(self) -> list[str]:
        """The words behind the command."""
        return self.args or []

    @contextlib.asynccontextmanager
    async def showing(self, message: Message, action: ChatAction) -> AsyncIterator[None]:
        """Show “typing” or “sends a photo” while the work goes on."""
        task = asyncio.create_task(_show(message, action))
        try:
            yield
        finally:
            task.cancel()


Handler = Callable[[Update, BotContext], Coroutine[Any, Any, None]]
BotApplication = Application[Connection, BotContext, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]


@dataclass(frozen=True)
class Command:
    """A command of the bot: the one place that names it.

    Attributes:
        name: Without the slash.
        description: One line for the menu and /help.
        handler: Answers it.
        examples: Each as one would type it; the first explains the command.
    """

    name: str
    description: str
    handler: Handler
    examples: tuple[str, ...] = ()


def message_of(update: Update) -> Message:
    """Return the message an update is about: handlers are only called with one."""
    message = update.effective_message
    assert message is not None
    return message


async def _show(message: Message, action: ChatAction) -> None:
    while True:
        await message.reply_chat_action(action)
        await asyncio.sleep(SHOW_EVERY_S)
