"""Starting, stopping, restarting, being killed; and the faults that tests can ask for."""

import asyncio
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bot.local import LocalServer
from onenet.errors import OneNetError
from tests.bot.local.conftest import Api, picture
from tests.bot.local_chat import PRIVATE, LocalChat, local_chat

_KILLED = """
import sys, pathlib, httpx, os, signal
from bot.local import LocalServer
server = LocalServer(pathlib.Path(sys.argv[1]), token="42:secret")
server.start()
for number in range(20):
    data = {"text": str(number)}
    httpx.post(f"{server.url}/local/chats/1001/messages", data=data).raise_for_status()
photo = {"photo": ("a.jpg", pathlib.Path(sys.argv[2]).read_bytes())}
httpx.post(f"{server.url}/local/chats/1001/messages", files=photo).raise_for_status()
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    commands = [{"command": "find", "description": "Search"}]
    async with local_chat(tmp_path, token="42:secret") as chat, bot_api(chat.server) as api:
        sent = await chat.send_text("unheard")
        (photo,) = await chat.send_photos([picture()])
        answer = await api("sendMessage", text="answer", reply_markup=one_button())
        await chat.press(answer, "More")
        await api("setMyCommands", commands=commands)
        seq = (await chat.state())["seq"]
    async with local_chat(tmp_path, token="42:secret") as chat, bot_api(chat.server) as api:
        assert await chat.messages() == [sent, photo, answer]
        assert await chat.file(photo["photo"][0]["file_id"])
        state = await chat.state()
        assert state["commands"] == commands
        assert state["seq"] > seq, "a page that reconnects learns that it missed something"
        updates = await api("getUpdates")
        assert [update["message"] for update in updates[:2]] == [sent, photo]
        assert await api("answerCallbackQuery", callback_query_id=updates[2]["callback_query"]["id"])
        await api("getUpdates", offset=updates[-1]["update_id"] + 1)
        assert (await chat.send_text("next"))["message_id"] > answer["message_id"]
        (later,) = await api("getUpdates")
        assert later["update_id"] > updates[-1]["update_id"]


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_everything_survives_a_kill(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture())
    command = [sys.executable, "-c", _KILLED, str(tmp_path), str(tmp_path / "a.jpg")]
    root = Path(__file__).parents[3]
    killed = await asyncio.to_thread(subprocess.run, command, cwd=root, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    async with local_chat(tmp_path, token="42:secret") as chat, bot_api(chat.server) as api:
        messages = await chat.messages()
        assert [message.get("text") for message in messages] == [*map(str, range(20)), None]
        assert await chat.file(messages[-1]["photo"][0]["file_id"])
        assert [update["message"] for update in await api("getUpdates")] == messages


async def test_stopping_is_quick_with_polls_and_pages_open(tmp_path: Path) -> None:
    server = LocalServer(tmp_path)
    server.start()
    threads = threading.active_count()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        poll = asyncio.create_task(client.get(f"/bot{server.token}/getUpdates", params={"timeout": 25}))
        server.faults.delay("getMe", 20)
        late = asyncio.create_task(client.get(f"/bot{server.token}/getMe"))
        async with client.stream("GET", "/local/events") as stream:
            await anext(stream.aiter_lines())
            await asyncio.sleep(0.1)
            began = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - began < 2
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


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\x00" + b"\xff" * 5000])
async def test_a_damaged_database_is_moved_aside(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "chat.sqlite3").write_bytes(damage)
    async with local_chat(tmp_path) as chat:
        await chat.send_text("a fresh start")
    (aside,) = (tmp_path / "local").glob("chat.sqlite3.damaged-*")
    assert aside.read_bytes() == damage
    assert "is damaged; moved it to" in caplog.text


async def test_a_database_of_a_later_version_is_not_touched_but_moved(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    database = sqlite3.connect(tmp_path / "local" / "chat.sqlite3")
    database.execute("PRAGMA user_version = 99")
    database.close()
    async with local_chat(tmp_path) as chat:
        assert await chat.messages() == []
    assert list((tmp_path / "local").glob("chat.sqlite3.damaged-*"))


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


async def test_too_many_requests(server: LocalServer, api: Api) -> None:
    server.faults.add("getMe", retry_after=7, times=2)
    for _ in range(2):
        assert await api.post("getMe") == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        }
    assert await api("getMe")


@pytest.mark.parametrize("status", [403, 500, 502, 504])
async def test_errors_of_the_server(server: LocalServer, api: Api, status: int) -> None:
    server.faults.add("*", status=status)
    answer = await api.post("getMe")
    assert (answer["error_code"], "parameters" in answer) == (status, False)
    assert await api("getMe")


async def test_dropped_connections(server: LocalServer, api: Api, chat: LocalChat) -> None:
    server.faults.drop("sendMessage")
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="never arrives")
    assert await chat.messages() == []
    server.faults.drop("sendMessage", processed=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="arrives, but the answer does not")
    assert len(await chat.messages()) == 1
    assert await api("sendMessage", text="well again")


async def test_dropped_downloads(
    server: LocalServer, api: Api, chat: LocalChat, http: httpx.AsyncClient
) -> None:
    (message,) = await chat.send_photos([picture()])
    file = await api("getFile", file_id=message["photo"][0]["file_id"])
    address = f"/file/bot{server.token}/{file['file_path']}"
    server.faults.drop("download")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get(address)
    server.faults.add("download", status=500)
    assert (await http.get(address)).status_code == 500
    assert (await http.get(address)).is_success


async def test_slow_answers(server: LocalServer, api: Api) -> None:
    server.faults.delay("getMe", 0.3)
    began = time.monotonic()
    await api("getMe")
    assert time.monotonic() - began >= 0.3


async def test_faults_of_one_chat(server: LocalServer, api: Api, chat: LocalChat) -> None:
    person = await chat.new_person()
    server.faults.add("sendMessage", retry_after=9, times=2, chat_id=person)
    assert await api("sendMessage", text="elsewhere")
    assert (await api.post("sendMessage", chat_id=person, text="x"))["parameters"] == {"retry_after": 9}
    assert await api("getMe"), "a call about no chat"
    server.faults.drop("*", chat_id=PRIVATE)
    assert (await api.post("sendMessage", chat_id=person, text="x"))["error_code"] == 429
    assert await api("sendMessage", chat_id=person, text="x")
    with pytest.raises(httpx.RemoteProtocolError):
        await api("sendMessage", text="dropped")
    server.faults.delay("sendMessage", 0.3, chat_id=person)
    began = time.monotonic()
    await api("sendMessage", text="at once")
    at_once_s = time.monotonic() - began
    await api("sendMessage", chat_id=person, text="late")
    assert time.monotonic() - began - at_once_s >= 0.3
    server.faults.add("sendMessage", chat_id=person)
    server.faults.clear()
    assert await api("sendMessage", chat_id=person, text="well again")


async def test_expired_callbacks_and_unknown_methods(server: LocalServer, api: Api, chat: LocalChat) -> None:
    message = await api("sendMessage", text="choose", reply_markup=one_button())
    server.faults.expire_callbacks()
    query_id = await chat.press(message, "More")
    error = await api.error("answerCallbackQuery", callback_query_id=query_id)
    assert error == "Bad Request: query is too old and response timeout expired or query ID is invalid"
    server.faults.unknown("sendChatAction")
    assert (await api.post("sendChatAction", action="typing"))["error_code"] == 404
    server.faults.clear()
    assert await api("answerCallbackQuery", callback_query_id=query_id)
    assert await api("sendChatAction", action="typing")


def one_button() -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}


class bot_api:
    """The bot's side of a server, for a while."""

    def __init__(self, server: LocalServer) -> None:
        self._client = httpx.AsyncClient(base_url=server.url, timeout=30)
        self._api = Api(self._client, server.token)

    async def __aenter__(self) -> Api:
        return self._api

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
