"""A thread dies without which the bot is no bot: the process ends, to be started anew."""

import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.inference.worker import Worker
from bot.local.serving import ServerThread
from tests.bot.conftest import is_text, jpeg, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.inference.test_worker import RED
from tests.bot.local_chat import PRIVATE, LocalChat, passing_server
from tests.processes import process
from tests.test_bot import TOKEN, checkpoint

__all__ = ["checkpoint"]  # a fixture

pytestmark = pytest.mark.slow


def read_no_photo() -> None:
    """The network's thread dies of the first photo, as no question's error could make it."""

    def die(*_: object) -> None:
        raise SystemExit

    Worker._read_batch = die  # type: ignore[method-assign]


def stop_the_loop_when_told() -> None:
    """The server's event loop stops under it when there is a file `now` in the data folder."""
    start = ServerThread.start

    def start_and_wait(thread: ServerThread) -> None:
        start(thread)
        assert thread._loop is not None
        threading.Thread(target=stop, args=(thread,), daemon=True).start()

    def stop(thread: ServerThread) -> None:
        while not Path(os.environ["DATA_DIR"], "now").exists():
            time.sleep(0.01)
        assert thread._loop is not None
        thread._loop.call_soon_threadsafe(thread._loop.stop)

    ServerThread.start = start_and_wait  # type: ignore[method-assign]


def test_without_its_network_the_local_chat_ends(tmp_path: Path, checkpoint: Path) -> None:
    with process(before=read_no_photo, DATA_DIR=tmp_path, CHECKPOINT=checkpoint) as bot:
        url = bot.wait_for(r"The chat is at (http://127\.0\.0\.1:\d+)").group(1)
        bot.wait_for("Application started")
        files = {"photo": ("a.jpg", jpeg("red"))}
        httpx.post(f"{url}/local/chats/{PRIVATE}/messages", files=files).raise_for_status()
        assert bot.end() == 1
        assert bot.text.splitlines()[-1] == (
            "The thread of the network has ended; the log says why. The bot ends, to be started anew."
        )
        assert "The network's thread ends of a fault" in bot.text


def test_without_its_server_the_local_chat_ends(tmp_path: Path, checkpoint: Path) -> None:
    with process(before=stop_the_loop_when_told, DATA_DIR=tmp_path, CHECKPOINT=checkpoint) as bot:
        bot.wait_for("Application started")
        (tmp_path / "now").touch()
        assert bot.end() == 1
        assert bot.text.splitlines()[-1] == (
            "The server of the local chat has ended; the log says why. The bot ends, to be started anew."
        )
        assert "The local chat stopped" in bot.text
    with process(DATA_DIR=tmp_path, CHECKPOINT=checkpoint) as bot:  # and can be started anew
        bot.wait_for("Application started")
        assert bot.end(signal.SIGTERM) == 0


async def test_without_its_network_the_bot_of_a_server_ends_and_can_be_started_anew(
    tmp_path: Path, checkpoint: Path
) -> None:
    environ = {"BOT_TOKEN": TOKEN, "DATA_DIR": tmp_path / "data", "CHECKPOINT": checkpoint}
    (tmp_path / "data" / "gallery").mkdir(parents=True)
    with passing_server(tmp_path / "server", token=TOKEN) as server:
        async with LocalChat(server) as chat:
            with process(before=read_no_photo, BOT_API_URL=server.url, **environ) as bot:
                bot.wait_for("Application started")
                [photo] = await chat.send_photos([jpeg("red")])
                assert bot.end() == 1
            with process(BOT_API_URL=server.url, **environ) as bot:
                bot.wait_for("Application started")
                await chat.wait_for(is_text, after=photo, timeout_s=60)
                assert bot.end(signal.SIGTERM) == 0


async def test_who_waits_for_a_thread_that_dies_hears_of_it() -> None:
    from bot.inference.errors import StoppedError

    engine = FakeEngine()
    worker = Worker(engine)
    worker.start()
    worker._observe_batch = lambda size: (_ for _ in ()).throw(SystemExit)  # type: ignore[assignment]
    with pytest.raises(StoppedError):
        await worker.read(RED)
    await until(lambda: worker.has_died and not worker.is_alive)
    for asked in (worker.background(str), worker.call(str)):
        with pytest.raises(StoppedError):
            await asked
    await worker.stop()
