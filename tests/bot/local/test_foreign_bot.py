"""`python -m bot.local` and the README's bot, which uses nothing of ours, each in a process of its own."""

import ast
import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.local.person.tester_api import KINDS
from tests.bot.local.any_bot import people_of
from tests.bot.local.conftest import picture
from tests.bot.local_chat import LocalChat
from tests.bot.page_client import plain_http

ROOT = Path(__file__).parents[3]
README = ROOT / "bot" / "local" / "README.md"
ADDRESS = "http://127.0.0.1:8300"
TOKEN = "123:any"
START_S = 60

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends processes with POSIX signals")


def readme_bot() -> str:
    """The README's first program in Python."""
    (code, *_) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return str(code)


def server_process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "bot.local", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process, ended for good in the end."""
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the server is, by its own words."""
    with running(server_process("--port", "0")) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None, said
        yield found[0]


@pytest.fixture(scope="module")
def log(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the running bot writes."""
    folder = tmp_path_factory.mktemp("foreign")
    code = readme_bot()
    assert ADDRESS in code
    (folder / "bot.py").write_text(code.replace(ADDRESS, url), encoding="utf-8")
    with (folder / "log").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "bot.py"], cwd=folder, stdout=output, stderr=output, text=True
        )
        with running(process):
            yield folder / "log"


@pytest.fixture
async def chat(url: str, log: Path) -> AsyncIterator[LocalChat]:
    async with people_of(url, TOKEN) as chat:
        yield chat


async def spoil(url: str, **fault: Any) -> None:
    async with plain_http(url) as client:
        (await client.post(f"/chat/{TOKEN}/local/faults", json=fault)).raise_for_status()


def test_it_is_a_bot_of_some_twenty_lines_that_uses_nothing_of_ours() -> None:
    code = readme_bot()
    assert 15 <= sum(bool(line.strip()) for line in code.splitlines()) <= 30
    modules = {node.module for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)}
    assert modules == {"telegram", "telegram.ext"}
    assert not any(isinstance(node, ast.Import) for node in ast.walk(ast.parse(code)))


async def test_a_message_and_its_button_are_answered(chat: LocalChat) -> None:
    sent = await chat.send_text("good morning")
    answer = await chat.wait_for(after=sent, timeout_s=START_S)
    assert answer["text"] == "You wrote good morning"
    query_id = await chat.press(answer, "Again")
    told = await chat.wait_for_event("callback_answer", lambda e: e["callback_query_id"] == query_id)
    assert told["text"] == "Here you are"
    await chat.wait_for_event("edited", lambda event: event["message"]["text"] == "Again!")


async def test_a_photo_comes_back_with_its_weight(chat: LocalChat) -> None:
    (photo,) = await chat.send_photos([picture()])
    answer = await chat.wait_for(lambda message: "photo" in message, after=photo, timeout_s=START_S)
    content = await chat.file(photo["photo"][-1]["file_id"])
    assert answer["caption"] == f"{len(content)} bytes"


async def test_faults_are_felt(url: str, log: Path, chat: LocalChat) -> None:
    first = await chat.send_text("first, so that it runs")
    await chat.wait_for(after=first, timeout_s=START_S)
    await spoil(url, method="sendMessage", status=429, retry_after=3)
    await chat.send_text("lost")
    await spoil(url, method="getUpdates", kind="html")
    await spoil(url, method="getUpdates", kind="drop")
    for number in range(3):  # each answer is followed by a call of getUpdates, which meets the next fault
        sent = await chat.send_text(f"after {number}")
        answer = await chat.wait_for(after=sent, timeout_s=START_S)
        assert answer["text"] == f"You wrote after {number}"
    assert "You wrote lost" not in [message.get("text") for message in await chat.messages()]
    written = await asyncio.to_thread(log.read_text)
    for complaint in ("RetryAfter: Flood control exceeded", "Bad Gateway (502)", "RemoteProtocolError"):
        assert complaint in written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    with running(server_process("--port", "0", "--data", str(tmp_path / "kept"))) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[5]
        async with plain_http(url) as client:
            poll = asyncio.create_task(client.get(f"/bot{TOKEN}/getUpdates", params={"timeout": 25}))
            async with client.stream("GET", f"/chat/{TOKEN}/local/events") as events:
                await anext(events.aiter_lines())  # the bot is there, and a stream is open as well
                process.send_signal(number)
                assert (await poll).json() == {"ok": True, "result": []}
        _, complaints = await asyncio.to_thread(process.communicate, timeout=20)
        assert (process.returncode, complaints) == (0, "")
    assert list((tmp_path / "kept").glob("123-*/chat.sqlite3"))


def test_what_has_to_be_put_right_is_said_in_one_sentence(url: str, tmp_path: Path) -> None:
    port = url.rpartition(":")[2]
    (tmp_path / "file").write_text("no folder")
    for arguments, sentence in (
        (("--port", port), f"Port {port} is in use. Choose another port.\n"),
        (("--port", "0", "--data", str(tmp_path / "file")), "The local chat cannot start with its data in"),
    ):
        with running(server_process(*arguments)) as process:
            said, complaints = process.communicate(timeout=START_S)
            assert (process.returncode, said) == (2, "")
            assert complaints.startswith(sentence)
            assert len(complaints.splitlines()) == 1


def test_the_readme_names_every_fault_option_and_framework() -> None:
    text = README.read_text(encoding="utf-8")
    table = text.split("| kind | what happens |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| ([^|]+) \|", table, re.M)))) == set(KINDS)
    helped = subprocess.run(
        [sys.executable, "-m", "bot.local", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"--[a-z]+", helped.stdout)) - {"--help"}
    assert options == {"--port", "--data", "--token", "--host"}
    assert all(option in text for option in options)
    assert "from aiogram import" in text
