"""Alive or ended, never in between, whatever a server does to a bot that begins, asks or stops."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from telegram.error import BadRequest

from bot.app import ALLOWED_UPDATES, Parts, build_application, build_parts
from bot.delivery.connection import connect
from bot.delivery.inbox import InboxError
from bot.delivery.running import AnyApplication, live
from bot.delivery.updates import PatientUpdater
from bot.local.api.faults import Faults
from bot.settings import Secret, SettingsError
from onenet.engine import Engine
from onenet.errors import TryAgainError
from tests.bot.conftest import settings_for, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat
from tests.bot.test_health import free_port, look

pytestmark = pytest.mark.usefixtures("menus")

MOST_S = 10.0
ALWAYS = 10**6
METHODS = ("getMe", "deleteWebhook", "setMyCommands", "setMyDescription", "getUpdates", "setWebhook")
FAULTS: dict[str, Callable[[Faults, str, int], None]] = {
    "401": lambda faults, method, times: faults.add(method, status=401, times=times),
    "404": lambda faults, method, times: faults.add(method, status=404, times=times),
    "409": lambda faults, method, times: faults.add(method, status=409, times=times),
    "429": lambda faults, method, times: faults.add(method, status=429, retry_after=1, times=times),
    "500": lambda faults, method, times: faults.add(method, status=500, times=times),
    "502": lambda faults, method, times: faults.add(method, status=502, times=times),
    "a web page": lambda faults, method, times: faults.html(method, times),
    "a web page, well": lambda faults, method, times: faults.html(method, times, status=200),
    "a web page, not found": lambda faults, method, times: faults.html(method, times, status=404),
    "broken off": lambda faults, method, times: faults.drop(method, times),
    "a timeout": lambda faults, method, times: faults.delay(method, 30.0, times),
}
REFUSED = {("getMe", "401"), ("getMe", "404"), ("getMe", "a web page, not found")}


@dataclass
class Life:
    """A bot that lives as in a program of its own, with a signal that can be set."""

    parts: Parts
    application: AnyApplication
    told: asyncio.Event
    task: asyncio.Task[None]

    async def end(self) -> None:
        """Tell it to end; raises what it ended of."""
        self.told.set()
        async with asyncio.timeout(MOST_S):
            await self.task

    def is_closed(self) -> bool:
        """Whether nothing of it keeps a process from ending."""
        return not self.parts.worker.is_alive and self.parts.database._open_connection is None


@asynccontextmanager
async def living(
    chat: LocalChat, data_dir: Path, *, webhook: bool = False, **changes: Any
) -> AsyncIterator[Life]:
    """It is told to end after the block; what it ended of is left to the test."""
    where = {"bot_token": Secret(chat.server.token), "bot_api_url": chat.server.url}
    settings = settings_for(data_dir, **(where | changes))
    parts = build_parts(settings, cast(Engine, FakeEngine()), local=True)
    application = build_application(parts, connect(settings, limited=False, retry_delays_s=(0.01,)))
    told, others = asyncio.Event(), asyncio.all_tasks()

    async def listen(updater: PatientUpdater) -> None:
        if not webhook:
            await updater.listen(allowed_updates=ALLOWED_UPDATES, timeout_s=1)
            return
        here: dict[str, Any] = {"listen": "127.0.0.1", "port": free_port(), "url_path": "hook"}
        url = f"http://127.0.0.1:{here['port']}/hook"
        await updater.receive(webhook_url=url, allowed_updates=ALLOWED_UPDATES, **here)

    life = Life(parts, application, told, asyncio.create_task(live(application, listen, told)))
    try:
        yield life
    finally:
        told.set()
        async with asyncio.timeout(MOST_S):
            await asyncio.wait([life.task])
        for task in asyncio.all_tasks() - others:  # as at the end of a program
            task.cancel()
        assert life.is_closed()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.patience.FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr("bot.delivery.patience.LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr("bot.delivery.connection.REFUSED_PAUSES_S", (0.02, 0.02))
    monkeypatch.setattr("bot.delivery.connection.QUICK_S", 0.5)
    monkeypatch.setattr("bot.app.PRESENT_S", 0.2)


def asked(chat: LocalChat, method: str) -> int:
    return sum(name == method for name, _ in list(chat.server.requests))


async def serves(chat: LocalChat, life: Life) -> bool:
    """Whether it answers; it may have ended instead."""
    sent = await chat.send_text("/about")
    answer = asyncio.create_task(chat.wait_for(after=sent, timeout_s=60))
    await asyncio.wait((answer, life.task), timeout=MOST_S, return_when=asyncio.FIRST_COMPLETED)
    answer.cancel()
    return answer.done() and not life.task.done()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", METHODS)
async def test_after_a_fault_it_serves_again(
    chat: LocalChat, tmp_path: Path, method: str, fault: str
) -> None:
    FAULTS[fault](chat.server.faults, method, 1)
    async with living(chat, tmp_path / "data", webhook=method == "setWebhook") as life:
        assert await serves(chat, life)
        assert not chat.server.faults.waiting()
        if method == "getUpdates":  # and in the middle of its life
            FAULTS[fault](chat.server.faults, method, 2)
            assert await serves(chat, life)
        await life.end()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", METHODS)
async def test_during_a_fault_it_ends_when_told_to(
    chat: LocalChat, tmp_path: Path, method: str, fault: str
) -> None:
    FAULTS[fault](chat.server.faults, method, ALWAYS)
    async with living(chat, tmp_path / "data", webhook=method == "setWebhook") as life:
        await until(lambda: asked(chat, method) > 0 or life.task.done())
        await asyncio.sleep(0.1)
        begun = asyncio.get_running_loop().time()
        try:
            await life.end()
        except SettingsError:  # a token that is refused at the start, again and again
            assert (method, fault) in REFUSED
        assert asyncio.get_running_loop().time() - begun < 4.0


async def test_a_pause_and_a_hanging_server_do_not_hold_it(chat: LocalChat, tmp_path: Path) -> None:
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
        chat.server.faults.add("getUpdates", status=429, retry_after=600)
        before = asked(chat, "getUpdates")
        await until(lambda: asked(chat, "getUpdates") > before)
        chat.server.faults.delay("getUpdates", 30.0, ALWAYS)
        await life.end()


async def test_a_token_refused_for_long_ends_it_and_says_so(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.delivery.updates.GIVE_UP_S", 0.5)
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
        FAULTS["401"](chat.server.faults, "getUpdates", 3)
        assert await serves(chat, life)  # that was not for long
        FAULTS["401"](chat.server.faults, "getUpdates", ALWAYS)
        with pytest.raises(TryAgainError, match=rf"{chat.server.url} has refused BOT_TOKEN for"):
            async with asyncio.timeout(MOST_S):
                await life.task
    pauses = [record.args[-1] for record in caplog.records if "next try in" in record.message]  # type: ignore[index]
    assert sorted(set(pauses))[:3] == [0.02, 0.03, 0.045]
    assert chat.server.token.partition(":")[2] not in caplog.text


async def test_it_is_not_well_while_nobody_asks_for_updates(chat: LocalChat, tmp_path: Path) -> None:
    port = free_port()
    async with living(chat, tmp_path / "data", metrics_port=port) as life:

        async def health() -> tuple[int, str]:
            answer = await look(port, "/healthz")
            return answer.status_code, answer.text

        assert await serves(chat, life)
        assert await health() == (200, "ok\n")
        for fault, said in (("401", "Unauthorized"), ("404", "Not Found"), ("409", "Conflict")):
            FAULTS[fault](chat.server.faults, "getUpdates", ALWAYS)
            await until(lambda: life.application.bot.refusal != "")
            code, text = await health()
            assert (code, text.startswith("The server gives no updates: ")) == (503, True)
            assert said in text
            chat.server.faults.clear()
            await until(lambda: life.application.bot.refusal == "")
            assert await health() == (200, "ok\n")


async def test_it_is_not_well_while_a_webhook_is_in_the_way(chat: LocalChat, tmp_path: Path) -> None:
    port = free_port()
    FAULTS["502"](chat.server.faults, "deleteWebhook", ALWAYS)
    async with living(chat, tmp_path / "data", metrics_port=port):
        await until(lambda: asked(chat, "deleteWebhook") > 1)
        assert (await look(port, "/healthz")).text == "No updates are taken.\n"


@pytest.mark.parametrize(
    "error", [RuntimeError("unforeseen"), InboxError("in use"), sqlite3.OperationalError("disk I/O error")]
)
async def test_an_update_that_could_not_be_stored_is_asked_for_again(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
        keep, failures = life.parts.inbox.keep, iter([error] * 2)

        async def fail_first(update: Any) -> bool:
            for failure in failures:
                raise failure
            return await keep(update)

        monkeypatch.setattr(life.parts.inbox, "keep", fail_first)
        assert await serves(chat, life)


async def test_a_question_that_fails_of_our_own_fault_is_repeated_with_pauses(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
        times = asked(chat, "getUpdates")

        def fail(payload: bytes) -> None:
            raise ZeroDivisionError("of our own fault")

        with monkeypatch.context() as patch:
            patch.setattr("bot.delivery.connection.UpdatesRequest.parse_json_payload", staticmethod(fail))
            await until(lambda: "of our own fault" in caplog.text)
            await asyncio.sleep(0.5)
            assert asked(chat, "getUpdates") - times < 10
        assert await serves(chat, life)


def parts_to_stop(life: Life) -> dict[str, tuple[object, str]]:
    """By name, where each thing that is stopped has its method."""
    parts, application = life.parts, life.application
    return {
        "updater": (application.updater, "stop"),
        "answers": (application, "stop"),
        "uploads": (parts.uploads, "stop"),
        "memory": (parts.memory_keeper, "stop"),
        "connection": (application.bot, "shutdown"),
        "left out": (parts.left_out, "stop"),
        "gallery": (parts.gallery, "stop"),
        "inbox": (parts.inbox, "note"),
    }


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize(
    "part", ["updater", "answers", "uploads", "memory", "connection", "left out", "gallery", "inbox"]
)
async def test_what_fails_while_it_stops_does_not_keep_the_rest_open(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, *, hangs: bool
) -> None:
    monkeypatch.setattr("bot.delivery.running.TALK_S", 0.5)
    monkeypatch.setattr("bot.delivery.running.CLOSE_S", 0.5)
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
        place, method = parts_to_stop(life)[part]

        async def fail(*_: object, **__: object) -> None:
            if hangs:
                await asyncio.sleep(60)
            raise ZeroDivisionError("while it stops")

        with monkeypatch.context() as patch:
            patch.setattr(type(place), method, fail)
            await life.end()
        assert life.is_closed()
        await life.application.bot.shutdown()


@pytest.mark.parametrize(
    "part", ["database.open", "memory.load", "gallery.start", "worker.background", "memory_keeper.start"]
)
async def test_what_fails_at_the_start_ends_it_and_leaves_nothing_open(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with living(chat, tmp_path / "data") as life:
        owner, _, method = part.partition(".")
        monkeypatch.setattr(getattr(life.parts, owner), method, fail)
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            async with asyncio.timeout(MOST_S):
                await life.task


async def test_an_address_that_cannot_be_a_webhook_ends_it(chat: LocalChat, tmp_path: Path) -> None:
    chat.server.faults.add("setWebhook", status=400, description="Bad Request: bad webhook: no such host")
    async with living(chat, tmp_path / "data", webhook=True) as life:
        with pytest.raises(BadRequest, match="no such host"):
            async with asyncio.timeout(MOST_S):
                await life.task


async def test_told_to_end_before_it_has_begun(chat: LocalChat, tmp_path: Path) -> None:
    for pause_s in (0.0, 0.01, 0.05, 0.1):
        async with living(chat, tmp_path / f"data{pause_s}") as life:
            await asyncio.sleep(pause_s)
            await life.end()


async def test_what_the_server_says_is_logged_without_tracebacks(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)  # as bot.logs does
    for method in METHODS:
        for fault in FAULTS:
            if fault != "a timeout" and (method, fault) not in REFUSED:
                FAULTS[fault](chat.server.faults, method, 1)
    async with living(chat, tmp_path / "data") as life:
        assert await serves(chat, life)
    assert "Traceback" not in caplog.text
