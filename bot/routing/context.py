"""Context: what every handler is given besides the update."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from telegram import Message, Update
from telegram.constants import ChatAction
from telegram.ext import Application, CallbackContext, ExtBot

from bot.chats.access import Access
from bot.chats.chats import Chats
from bot.delivery.answered import Answered
from bot.delivery.connection import Connection
from bot.delivery.inbox import Inbox
from bot.features.dream.service import Dreams
from bot.features.game.service import Games
from bot.features.inline.service import Inline, Latest
from bot.features.inside.service import Insides
from bot.features.map.service import Maps
from bot.features.mix.service import Mixes
from bot.features.owner.broadcasts import Broadcasts
from bot.gallery.gallery import Gallery
from bot.gallery.uploads import Uploads
from bot.inference.quotas import LeftOut
from bot.inference.worker import Worker
from bot.memory.keeper import MemoryKeeper
from bot.memory.memory import Memory
from bot.memory.seen_before import SeenBefore
from bot.metrics import Metrics
from bot.photos.album_in import AlbumBuffer
from bot.search.album_out import Albums
from bot.search.finder import Finder
from bot.search.sheets import Sheets
from bot.settings import Settings
from bot.store.database import AnswerKey, Database
from onenet.engine import Engine

SHOW_EVERY_S = 4.0  # Telegram shows an action for five seconds


@dataclass(frozen=True)
class Services:
    """Everything that lives as long as the bot.

    Attributes:
        local: Whether the bot talks in the local chat.
        commands: By name, in the order of /help.
        latest: What each person asks in inline mode.
        pressed: Answers one of whose buttons is being worked on.
        interrupted_albums: Those that the bot has apologised for, by chat and media_group_id.
    """

    settings: Settings
    engine: Engine
    database: Database
    chats: Chats
    worker: Worker
    gallery: Gallery
    albums: Albums
    memory: Memory
    memory_keeper: MemoryKeeper
    finder: Finder
    games: Games
    seen_before: SeenBefore
    access: Access
    broadcasts: Broadcasts
    uploads: Uploads
    inline: Inline
    commands: "dict[str, Command]"
    sheets: Sheets
    mixes: Mixes
    answered: Answered
    incoming: AlbumBuffer
    inbox: Inbox
    insides: Insides
    left_out: LeftOut
    dreams: Dreams
    maps: Maps
    metrics: Metrics
    local: bool = False
    latest: Latest = field(default_factory=Latest)
    pressed: set[AnswerKey] = field(default_factory=set)
    interrupted_albums: set[tuple[int, str]] = field(default_factory=set)

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


Menu = Literal["private", "group", "admins"]
Handler = Callable[[Update, BotContext], Coroutine[Any, Any, None]]
BotApplication = Application[Connection, BotContext, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]


@dataclass(frozen=True)
class Command:
    """A command of the bot: the one place that names it.

    Attributes:
        name: Without the slash.
        description: One line for the menu and /help, in English: `python -m bot.language` looks for it here.
        handler: Answers it.
        examples: Each as one would type it; the first explains the command.
        menus: Where a messenger offers it: "private", "group" (everyone's) or "admins" (a group's).
    """

    name: str
    description: str
    handler: Handler
    examples: tuple[str, ...] = ()
    menus: frozenset[Menu] = frozenset({"private", "group"})


def message_of(update: Update) -> Message:
    """Return the message an update is about: handlers are only called with one."""
    message = update.effective_message
    assert message is not None
    return message


def key_of(message: Message, part: int = 0) -> AnswerKey:
    """Return what the database knows an answer of ours by, or a part of it."""
    return AnswerKey(message.get_bot().id, message.chat_id, message.message_id, part)


async def _show(message: Message, action: ChatAction) -> None:
    while True:
        await message.reply_chat_action(action)
        await asyncio.sleep(SHOW_EVERY_S)
