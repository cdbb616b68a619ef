"""Starting, stopping, restarting."""

import asyncio
import logging
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.local import LocalServer
from onenet.errors import OneNetError
from tests.bot.conftest import until
from tests.bot.local.conftest import bot_api
from tests.bot.local_chat import local_chat
from tests.bot.page_client import plain_http


async def test_stopping_is_quick_with_polls_and_pages_open(tmp_path: Path) -> None:
    server = LocalServer(tmp_path)
    server.start()
    threads = threading.active_count()
    async with plain_http(server.url) as client:
        poll = asyncio.create_task(client.get(f"/bot{server.token}/getUpdates", params={"timeout": 25}))
        server.faults.delay("getMe", 20)
        late = asyncio.create_task(client.get(f"/bot{server.token}/getMe"))
        async with client.stream("GET", "/local/events") as stream:
            await anext(stream.aiter_lines())
            await until(lambda: {"getUpdates", "getMe"} <= {method for method, _ in list(server.requests)})
            began = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - began < 10
        assert (await poll).json() == {"ok": True, "result": []}
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
    deadline = time.monotonic() + 5  # the database's thread may end a moment later
    while threading.active_count() >= threads:
        assert time.monotonic() < deadline, threading.enumerate()
        await asyncio.sleep(0.01)
    server.stop()  # harmless


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with LocalServer(tmp_path / "one") as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OneNetError, match=f"Port {port} is in use"):
            LocalServer(tmp_path / "two", port=port).start()
        with LocalServer(tmp_path / "two", port=port, busy_port_ok=True) as second:
            assert second.url != first.url


def test_a_server_can_start_again_at_the_same_address(tmp_path: Path) -> None:
    server = LocalServer(tmp_path)
    with server:
        url = server.url
    with server:
        assert server.url == url
        assert httpx.get(f"{url}/local/state").is_success


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "local").write_text("a file where the folder belongs")
    with pytest.raises(OneNetError, match="cannot start with its data in"):
        LocalServer(tmp_path).start()


async def test_the_token_is_in_no_log_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    async with local_chat(tmp_path, token="42:verysecret") as chat, bot_api(chat.server) as api:
        await api("getMe")
        await api.post("nonsense")
        chat.server.faults.drop("getMe")
        with pytest.raises(httpx.HTTPError):
            await api("getMe")
    assert "verysecret" not in caplog.text


def test_tokens_are_random() -> None:
    tokens = {LocalServer(Path()).token for _ in range(3)}
    assert len(tokens) == 3
    assert all(token.startswith("1:") for token in tokens)
