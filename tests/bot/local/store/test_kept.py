"""What outlives a restart, a kill, damage and earlier versions."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiosqlite
import pytest

from bot.local import LocalServer
from bot.local.store.files import write_whole
from bot.local.store.migrations import MIGRATIONS
from onenet.errors import OneNetError
from tests.bot.database_file import execute
from tests.bot.full_disk import ROOM_BYTES, full_disk
from tests.bot.local.conftest import Api, bot_api, one_button, picture
from tests.bot.local_chat import PRIVATE, local_chat

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


async def test_everybody_survives_a_restart(tmp_path: Path) -> None:
    async with local_chat(tmp_path, token="42:secret") as chat:
        person = await chat.new_person("Bo", language="de")
        group = await chat.new_group("Crew", kind="group", admins=(person,))
        new = await chat.migrate(group)
        other = await chat.new_group()
        await chat.remove_bot(other)
    async with local_chat(tmp_path, token="42:secret") as chat:
        api = Api(chat._client, "42:secret")
        assert (await api("getChatMember", chat_id=new, user_id=person))["status"] == "administrator"
        assert (await api.post("getChat", chat_id=group))["parameters"] == {"migrate_to_chat_id": new}
        assert (await api.post("getChat", chat_id=other))["error_code"] == 403
        assert await chat.new_person() > person
        assert await chat.new_group(kind="group") < group
        assert (await chat.send_text("x", chat_id=person))["from"]["language_code"] == "de"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_everything_survives_a_kill(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture())
    command = [sys.executable, "-c", _KILLED, str(tmp_path), str(tmp_path / "a.jpg")]
    root = Path(__file__).parents[4]
    killed = await asyncio.to_thread(subprocess.run, command, cwd=root, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    async with local_chat(tmp_path, token="42:secret") as chat, bot_api(chat.server) as api:
        messages = await chat.messages()
        assert [message.get("text") for message in messages] == [*map(str, range(20)), None]
        assert await chat.file(messages[-1]["photo"][0]["file_id"])
        assert [update["message"] for update in await api("getUpdates")] == messages


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


async def test_a_database_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async with local_chat(tmp_path) as chat:
        await chat.send_text("before")
    path = tmp_path / "local" / "chat.sqlite3"
    await execute(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    known = len(MIGRATIONS)
    with pytest.raises(OneNetError, match=f"they are of version 99, and this one knows {known} at most"):
        LocalServer(tmp_path).start()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == ["chat.sqlite3"]
    await execute(path, f"PRAGMA user_version = {known}")
    async with local_chat(tmp_path) as chat:
        assert [message["text"] for message in await chat.messages()] == ["before"]


async def test_after_a_repair_no_number_comes_again(tmp_path: Path) -> None:
    seen: list[int] = []
    for _ in range(3):
        async with local_chat(tmp_path, token="42:secret") as chat, bot_api(chat.server) as api:
            numbers = [(await chat.send_text("a"))["message_id"] for _ in range(10)]
            numbers += [update["update_id"] for update in await api("getUpdates")]
            assert not set(numbers) & set(seen)
            assert max(numbers) < 2**31
            seen += numbers
        (tmp_path / "local" / "chat.sqlite3").write_bytes(b"no database at all")


async def test_a_file_of_the_first_version_keeps_its_messages(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    photo = {"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 1}
    message = {
        "message_id": 7,
        "date": 1,
        "chat": {"id": PRIVATE, "type": "private", "first_name": "You"},
        "from": {"id": PRIVATE, "is_bot": False, "first_name": "You", "language_code": "en"},
        "photo": [photo],
    }
    document = {"file_id": "d", "file_unique_id": "v", "file_size": 1}
    files = [("p", "1", "p.jpg", 1, json.dumps(photo)), ("d", None, "d.txt", 1, json.dumps(document))]
    async with aiosqlite.connect(tmp_path / "local" / "chat.sqlite3") as database:
        await database.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
        await database.execute("INSERT INTO messages VALUES (?, ?, ?)", (PRIVATE, 7, json.dumps(message)))
        await database.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?)", files)
        await database.commit()
    async with local_chat(tmp_path, token="42:secret") as chat:
        assert await chat.messages() == [message]
        api = Api(chat._client, "42:secret")
        assert (await api("sendPhoto", photo="p"))["message_id"] == 8
        assert (await api("sendDocument", document="d"))["message_id"] == 9
    assert not list((tmp_path / "local").glob("*.damaged-*"))


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(OSError, match="File too large"):
        write_whole(tmp_path / "photo.jpg", bytes(2 * ROOM_BYTES))
    assert list(tmp_path.iterdir()) == []
