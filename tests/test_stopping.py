"""`python bot.py` stopped in the middle of its work: politely, and not."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.chats.chats import Chats
from bot.store.database import Database
from tests.bot.conftest import is_text, jpeg, remember_nothing, until
from tests.bot.database_file import locked
from tests.bot.local_chat import LocalChat, passing_server
from tests.processes import Process
from tests.test_bot import TOKEN, checkpoint

__all__ = ["checkpoint"]  # a fixture

MOST_S = 10.0

pytestmark = pytest.mark.slow


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[LocalChat]:
    with passing_server(tmp_path / "server", token=TOKEN) as server:
        async with LocalChat(server) as chat:
            yield chat


class Running:
    """A bot of its own process, at the test's server."""

    def __init__(self, chat: LocalChat, data_dir: Path, checkpoint: Path, **environ: str) -> None:
        self.data_dir = data_dir
        self._chat = chat
        self._processes: list[Process] = []
        self._environ = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": chat.server.url,
            "DATA_DIR": str(data_dir),
            "CHECKPOINT": str(checkpoint),
            **environ,
        }
        data_dir.mkdir(exist_ok=True)
        (data_dir / "gallery").mkdir(exist_ok=True)

    async def start(self) -> Process:
        process = Process(self._environ)
        self._processes.append(process)
        await asyncio.to_thread(process.wait_for, "Application started")
        return process

    def end(self) -> None:
        for process in self._processes:
            process.end(signal.SIGKILL)

    def states(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.data_dir / "bot.sqlite3")) as database:
            query = "SELECT state, count(*) FROM inbox GROUP BY state"
            return dict(database.execute(query).fetchall())

    def requests(self, method: str) -> int:
        return sum(name == method for name, _ in list(self._chat.server.requests))


@pytest.fixture
async def running(chat: LocalChat, tmp_path: Path, checkpoint: Path) -> AsyncIterator[Running]:
    running = Running(chat, tmp_path / "data", checkpoint)
    database = Database(running.data_dir / "bot.sqlite3")
    await database.open()
    await remember_nothing(Chats(database), chat.bot_id)  # each photo then has just one answer
    await database.close()
    yield running
    running.end()


async def stopped(process: Process) -> float:
    """Send SIGTERM; the seconds it takes, once it ended well."""
    begun = time.monotonic()
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0, process.text
    assert "Traceback" not in process.text
    return time.monotonic() - begun


async def killed(process: Process) -> None:
    assert await asyncio.to_thread(process.end, signal.SIGKILL) == -signal.SIGKILL


async def answers(chat: LocalChat) -> list[str]:
    return [m["text"] for m in await chat.messages() if m["from"]["is_bot"] and is_text(m)]


async def test_many_that_wait_are_ended_or_left_for_the_next_start(chat: LocalChat, running: Running) -> None:
    process = await running.start()
    sent = [(await chat.send_photos([jpeg("red")]))[0] for _ in range(30)]
    await chat.wait_for(after=sent[0], timeout_s=60)
    assert await stopped(process) < MOST_S
    assert set(running.states()) <= {"waiting", "answered"}  # none was cut off in the middle
    process = await running.start()
    try:
        await chat.wait_for_all(is_text, 30, timeout_s=60, after=sent[0])
        after = await chat.send_text("/about")
        await chat.wait_for(lambda m: m["text"].startswith("One Network"), after=after)
    finally:
        await stopped(process)
    assert len(await answers(chat)) == 31
    replied = {m["reply_to_message"]["message_id"] for m in await chat.messages() if "reply_to_message" in m}
    asked = [photo["message_id"] for photo in sent]
    assert replied in ({*asked}, {*asked[:-1]})  # what answers the last message may quote nothing


async def test_a_hanging_network_does_not_hold_the_bot(chat: LocalChat, running: Running) -> None:
    process = await running.start()
    chat.server.faults.delay("sendMessage", 30.0, times=100)
    await chat.send_photos([jpeg("red")])
    await chat.send_text("/about")
    await until(lambda: running.requests("sendMessage") >= 2, timeout_s=30)
    chat.server.faults.delay("getUpdates", 30.0, times=100)
    assert await stopped(process) < MOST_S
    assert running.states() == {"answering": 2}
    chat.server.faults.clear()
    process = await running.start()
    await chat.wait_for_all(lambda m: "I was interrupted" in m["text"], 2, timeout_s=30)
    await stopped(process)
    assert len(await answers(chat)) == 2
    assert running.states() == {"answered": 2}


async def test_a_locked_database_does_not_hold_the_bot(chat: LocalChat, running: Running) -> None:
    process = await running.start()
    chat.server.faults.delay("getFile", 1.0, times=5)
    sent = [(await chat.send_photos([jpeg("red")]))[0] for _ in range(3)]
    await until(lambda: running.requests("getFile") >= 3, timeout_s=30)
    async with locked(running.data_dir / "bot.sqlite3"):
        assert await stopped(process) < MOST_S
    process = await running.start()
    await chat.wait_for_all(is_text, 3, timeout_s=60, after=sent[0])
    await stopped(process)
    assert running.states() == {"answered": 3}


async def test_killed_and_started_again_it_answers_the_unanswered_alone(
    chat: LocalChat, running: Running
) -> None:
    process = await running.start()
    first = await chat.send_text("/similar dog")
    await chat.wait_for(after=first, timeout_s=30)
    await until(lambda: running.states() == {"answered": 1})
    chat.server.faults.delay("getFile", 30.0)
    [photo] = await chat.send_photos([jpeg("red")])
    await until(lambda: running.requests("getFile") == 1, timeout_s=30)
    await killed(process)
    assert running.states() == {"answered": 1, "waiting": 1}
    late = await chat.send_text("/analogy man men woman")  # while nobody is there
    process = await running.start()
    await chat.wait_for_all(is_text, 2, timeout_s=60, after=photo)
    after = await chat.send_text("/about")
    await chat.wait_for(lambda m: m["text"].startswith("One Network"), after=after)
    await stopped(process)
    assert late["message_id"] < after["message_id"]
    assert len(await answers(chat)) == 4
    assert running.states() == {"answered": 4}


async def test_kills_at_any_moment_lose_nothing(chat: LocalChat, running: Running) -> None:
    """Every photo has an answer or an apology, and none two answers."""
    sent = []
    for pause_s in (0.0, 0.15, 0.4):
        process = await running.start()
        sent += [(await chat.send_photos([jpeg("red")]))[0] for _ in range(5)]
        await asyncio.sleep(pause_s)
        await killed(process)
    process = await running.start()
    await until(lambda: running.states().get("answered") == 15, timeout_s=60)
    await stopped(process)
    found: dict[int, list[str]] = {photo["message_id"]: [] for photo in sent}
    said = [message for message in await chat.messages() if message["from"]["is_bot"]]
    for message in said:
        if "reply_to_message" in message:
            found[message["reply_to_message"]["message_id"]].append(message["text"])
    for message in said:  # what answers the last message may quote nothing
        if "reply_to_message" not in message:
            earlier = [number for number in found if number < message["message_id"] and not found[number]]
            found[max(earlier)].append(message["text"])
    for texts in found.values():
        assert texts
        assert sum("I was interrupted" not in text for text in texts) <= 1
        assert sum("I was interrupted" in text for text in texts) <= 1
