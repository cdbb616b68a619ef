"""Signals, to a bot in a process of its own: each ends it within seconds, whatever it is in the middle of."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from bot.local.api.faults import Faults
from onenet.process import leave
from tests.bot import killed_bot
from tests.bot.conftest import until
from tests.bot.local_chat import LocalChat
from tests.processes import fork

pytestmark = pytest.mark.slow

MOST_S = 10.0
ALWAYS = 10**6
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STATES: dict[str, tuple[str, Callable[[Faults], None]]] = {
    "it is not known who it is": ("getMe", lambda faults: faults.delay("getMe", 60.0, ALWAYS)),
    "the webhook stays": ("deleteWebhook", lambda faults: faults.drop("deleteWebhook", ALWAYS)),
    "the menus hang": ("setMyCommands", lambda faults: faults.delay("setMyCommands", 60.0, ALWAYS)),
    "refused": ("getUpdates", lambda faults: faults.add("getUpdates", status=401, times=ALWAYS)),
    "updates hang": ("getUpdates", lambda faults: faults.delay("getUpdates", 60.0, ALWAYS)),
    "all is well": ("getUpdates", lambda faults: None),
}


def ignore_hangup_and_run(url: str, token: str, folder: str) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    killed_bot.main(url, token, folder)


def run_where_names_are_not_found(url: str, token: str, folder: str) -> None:
    def hang(*_: object, **__: object) -> None:
        Path(folder, "asked").touch()
        time.sleep(60)

    Path(folder).mkdir()
    socket.getaddrinfo = hang  # type: ignore[assignment]
    killed_bot.main("http://nowhere.invalid", token, folder)
    leave(0)


async def ended(process: ForkServerProcess, how: signal.Signals) -> tuple[int | None, float]:
    """The exit code of a process that is sent a signal, and the seconds it takes."""
    begun = time.monotonic()
    assert process.pid is not None
    os.kill(process.pid, how)
    await asyncio.to_thread(process.join, MOST_S)
    return process.exitcode, time.monotonic() - begun


@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("state", STATES)
async def test_each_signal_ends_it(chat: LocalChat, tmp_path: Path, state: str, how: signal.Signals) -> None:
    method, spoil = STATES[state]
    spoil(chat.server.faults)
    process = fork(killed_bot.main, chat.server.url, chat.server.token, str(tmp_path / "data"))
    try:
        await until(lambda: any(name == method for name, _ in list(chat.server.requests)))
        code, seconds = await ended(process, how)
        assert (code, seconds < MOST_S) == (0, True)
    finally:
        process.kill()


async def test_under_nohup_a_hangup_does_not_end_it(chat: LocalChat, tmp_path: Path) -> None:
    arguments = (chat.server.url, chat.server.token, str(tmp_path / "data"))
    process = fork(ignore_hangup_and_run, *arguments)
    try:
        await chat.wait_for(after=await chat.send_text("/about"), timeout_s=60)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGHUP)
        await chat.wait_for(after=await chat.send_text("/about"), timeout_s=60)
        assert (await ended(process, signal.SIGTERM))[0] == 0
    finally:
        process.kill()


async def test_a_name_that_is_looked_up_for_ever_does_not_hold_it(chat: LocalChat, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = fork(run_where_names_are_not_found, chat.server.url, chat.server.token, str(data))
    try:
        await until((data / "asked").exists)
        code, seconds = await ended(process, signal.SIGTERM)
        assert (code, seconds < MOST_S) == (0, True)
    finally:
        process.kill()
