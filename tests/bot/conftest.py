"""A bot with the fake engine, talking to a person in the local chat over HTTP."""

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from bot.app import ALLOWED_UPDATES, BotApplication, Parts, build_application, build_parts
from bot.chats.chats import Chats
from bot.delivery.connection import connect
from bot.delivery.updates import PatientUpdater
from bot.features.map import service as map_service
from bot.settings import Secret, Settings
from onenet.engine import Engine
from tests.bot.fake_engine import FakeEngine, map_fake_words
from tests.bot.local_chat import PRIVATE, LocalChat, passing_server

map_service.map_words = map_fake_words

# The library warns of its own next version whenever a server answers 429; this is its way to say "known".
os.environ["PTB_TIMEDELTA"] = "1"

TOKEN = "77:AAH-secret_of_the_tests"

COLOURS = {
    "red": (255, 0, 0),
    "dark red": (120, 47, 0),  # not a copy of red: a cosine of 0.93
    "pink": (255, 120, 120),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "violet": (200, 0, 255),
    "white": (255, 255, 255),
}


def jpeg(colour: str, size: tuple[int, int] = (64, 48), image_format: str = "JPEG") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(content, image_format)
    return content.getvalue()


@dataclass
class Bot:
    """The bot under test and the person who talks to it."""

    chat: LocalChat
    engine: Any
    services: Parts
    application: BotApplication

    @property
    def gallery(self) -> Path:
        return self.services.gallery.folder

    def requests(self, method: str) -> list[dict[str, Any]]:
        return [dict(fields) for name, fields in list(self.chat.server.requests) if name == method]

    async def fill_gallery(self, *colours: str) -> None:
        self.gallery.mkdir(parents=True, exist_ok=True)
        for colour in colours:
            (self.gallery / f"{colour}.jpg").write_bytes(jpeg(colour))
        self.services.gallery.wake()
        count = len(list(self.gallery.iterdir()))
        await until(lambda: self.services.gallery.state().photos == count)


async def until(condition: Callable[[], bool | Awaitable[Any]], timeout_s: float = 60.0) -> None:
    """Wait until a condition, or what comes of it, holds."""
    deadline = time.monotonic() + timeout_s
    while True:
        holds = condition()
        if await holds if isinstance(holds, Awaitable) else holds:
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def all_answered(bot: Bot) -> None:
    """Wait until whatever was said has come to the bot, and none of it waits for an answer any more."""

    async def is_done() -> bool:
        if await bot.chat.undelivered():
            return False
        await bot.application.update_queue.join()
        return bot.services.inbox.open_updates == 0

    await until(is_done)


async def greeted_group(bot: Bot, title: str = "Group", **details: Any) -> int:
    """A new group, once the bot has said hello to it; else that would come between a test's messages."""
    group = await bot.chat.new_group(title, **details)
    await bot.chat.wait_for(is_text, chat_id=group)
    return group


async def forget_answers(bot: "Bot") -> None:
    """Delete the answers with buttons; the last one may be seen a moment before it is kept."""
    await until(lambda: bot.services.database.write("DELETE FROM answers", ()))


async def remember_nothing(chats: Chats, bot_id: int) -> None:
    """Turn memory off in the private chat."""
    await chats.meet(bot_id, PRIVATE, "private")
    await chats.set(bot_id, PRIVATE, remembers=False)


def settings_for(data_dir: Path, **changes: Any) -> Settings:
    return replace(Settings.from_env({"DATA_DIR": str(data_dir)}), **changes)


@asynccontextmanager
async def running_bot(
    chat: LocalChat,
    data_dir: Path,
    engine: Any | None = None,
    *,
    local: bool = True,
    remembers: bool = False,
    **changes: Any,
) -> AsyncIterator[Bot]:
    """Run the real application against the local chat, in the test's loop.

    Args:
        remembers: Whether the private chat's photos are remembered, as they are by default; else only those
            of the gallery are found.
    """
    engine = engine or FakeEngine()
    settings = settings_for(
        data_dir, bot_token=Secret(chat.server.token), bot_api_url=chat.server.url, **changes
    )
    services = build_parts(settings, cast(Engine, engine), local=local)
    services.incoming.quiet_s = 0.3  # the parts of an album come closer together here
    connection = connect(settings, limited=False, retry_delays_s=(0.01, 0.02))
    application = build_application(services, connection)
    assert application.post_init is not None
    assert application.post_stop is not None
    assert application.post_shutdown is not None
    assert isinstance(application.updater, PatientUpdater)
    await application.initialize()
    await application.post_init(application)
    if not remembers:
        await remember_nothing(services.chats, application.bot.id)
    await application.updater.listen(allowed_updates=ALLOWED_UPDATES, timeout_s=2)
    await application.start()
    try:
        yield Bot(chat, engine, services, application)
    finally:
        await application.updater.stop()
        await application.stop()
        await application.post_stop(application)
        await application.shutdown()
        await application.post_shutdown(application)


# Pauses that the bot makes for a server of people far away; here what they wait for comes at once.
PAUSES = {
    "bot.features.membership.handlers.MOVE_S": 0.05,
    "bot.features.inline.handlers.TYPING_PAUSE_S": 0.0,
    "bot.gallery.uploads.PAUSE_S": 0.01,
    "bot.photos.fetching.RETRY_S": 0.05,
}


@pytest.fixture
def menus() -> None:
    """For tests of the menus: for all others the bot starts without them, which are twenty-five requests."""


@pytest.fixture(autouse=True)
def _in_haste(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what each start and each answer waits for and no test looks at."""
    for name, pause_s in PAUSES.items():
        monkeypatch.setattr(name, pause_s)
    if "menus" not in request.fixturenames:
        monkeypatch.setattr("bot.app.set_menus", no_menus)
        monkeypatch.setattr("bot.app.set_descriptions", no_menus)


async def no_menus(*_: object) -> None:
    """Set none."""


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[LocalChat]:
    with passing_server(tmp_path / "server", token=TOKEN) as server:
        async with LocalChat(server) as chat:
            yield chat


@pytest.fixture
def remembers() -> bool:
    """Whether the private chat's photos are remembered; modules about the memory say yes."""
    return False


@pytest.fixture
async def bot(chat: LocalChat, tmp_path: Path, remembers: bool) -> AsyncIterator[Bot]:
    async with running_bot(chat, tmp_path / "data", remembers=remembers) as bot:
        yield bot


def buttons(message: dict[str, Any]) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def offered(message: dict[str, Any]) -> list[str]:
    """The commands that its buttons give, whatever is written on them."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"].removeprefix("run:") for row in rows for button in row]


def is_photo(message: dict[str, Any]) -> bool:
    return "photo" in message


def is_text(message: dict[str, Any]) -> bool:
    return "text" in message


def shown(photos: list[dict[str, Any]]) -> list[str]:
    """Names of the gallery photos, from their captions."""
    return [photo["caption"].split(" ", 1)[1].removesuffix(".jpg") for photo in photos]


async def toast(chat: LocalChat, query_id: str) -> str:
    event = await chat.wait_for_event("callback_answer", lambda e: e["callback_query_id"] == query_id)
    return str(event.get("text") or "")


async def is_silent_about(bot: Bot, message: dict[str, Any]) -> bool:
    """Whether the bot says nothing to a message; a command after it shows that its turn has been."""
    chat_id = message["chat"]["id"]
    sent = await bot.chat.send_text("/about", chat_id=chat_id)
    await bot.chat.wait_for(lambda m: "One Network" in m.get("text", ""), after=sent)
    answers = [m for m in await bot.chat.messages(chat_id) if m["message_id"] > message["message_id"]]
    return [m for m in answers if m["from"]["is_bot"]] == [m for m in answers[1:] if m["from"]["is_bot"]][-1:]
