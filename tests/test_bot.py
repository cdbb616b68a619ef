"""`python bot.py` as a person runs it: a process of its own, with a network of random weights."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from onenet.network.checkpoint import save_checkpoint
from onenet.network.config import ModelConfig
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from tests.bot.conftest import jpeg
from tests.bot.local_chat import PRIVATE
from tests.processes import process

TOKEN = "78:AAH-secret_of_the_process"
WORDS = ["a", "dog", "dogs", "cat", "man", "men", "woman", "in", "the", "snow"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("network") / "random.safetensors"
    model = OneNet(ModelConfig("efficientnet_lite0", 1280, len(Vocabulary(WORDS)), hidden_size=32)).eval()
    save_checkpoint(path, model, Vocabulary(WORDS), {"encoder": "efficientnet_lite0"})
    return path


def ended(**environ: str | Path) -> tuple[int, str]:
    """Exit code and output of a bot that does not begin."""
    with process(**environ) as bot:
        return bot.end(), bot.text


def say(url: str, text: str) -> str:
    """Write to the bot on its page and return what it answers."""
    messages = f"{url}/local/chats/{PRIVATE}/messages"
    sent = httpx.post(messages, data={"text": text}).json()["messages"][-1]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for message in httpx.get(messages).json()["messages"]:
            if message["message_id"] > sent["message_id"] and message["from"]["is_bot"]:
                return str(message.get("text"))
        time.sleep(0.05)
    raise AssertionError("no answer")


def test_wrong_settings_are_all_named_and_no_traceback(tmp_path: Path) -> None:
    code, text = ended(DATA_DIR=tmp_path, BOT_TOKEN="hunter2", THREADS="many", MATCHES="0")
    assert code == 2
    assert [line.split("=")[0].split(" ")[0] for line in text.splitlines()] == [
        "BOT_TOKEN",
        "THREADS",
        "MATCHES",
    ]
    assert "hunter2" not in text


@pytest.mark.parametrize("content", [None, b"", b"damaged" * 100])
def test_a_missing_or_damaged_network_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "net.safetensors").write_bytes(content)
    code, text = ended(DATA_DIR=tmp_path, CHECKPOINT=tmp_path / "net.safetensors")
    assert code == 2
    assert "Traceback" not in text
    assert "net.safetensors" in text.splitlines()[-1]


def test_a_data_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, text = ended(DATA_DIR=tmp_path / "file")
    assert (code, "Traceback" in text) == (2, False)
    assert "set DATA_DIR" in text


def test_a_port_for_the_figures_that_is_in_use_is_a_sentence(tmp_path: Path, checkpoint: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, text = ended(DATA_DIR=tmp_path, CHECKPOINT=checkpoint, METRICS_PORT=str(port))
    assert (code, "Traceback" in text) == (2, False)
    assert text.splitlines()[-1].startswith(f"METRICS_PORT {port} is in use")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_local_chat_lives_and_ends_within_seconds(
    tmp_path: Path, checkpoint: Path, how: signal.Signals
) -> None:
    (tmp_path / "gallery").mkdir()
    for colour in ("red", "green"):
        (tmp_path / "gallery" / f"{colour}.jpg").write_bytes(jpeg(colour))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ: dict[str, Any] = {
        "DATA_DIR": tmp_path,
        "CHECKPOINT": checkpoint,
        "METRICS_PORT": str(port),
    }
    with process(forked=how != signal.SIGINT, **environ) as bot:
        url = bot.wait_for(r"The chat is at (http://127\.0\.0\.1:\d+)").group(1)
        assert say(url, "/similar dog").startswith("Closest to dog:")
        bot.wait_for("has 2 photos")
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok\n"
        code, text = ended(**environ)
        assert code == 2
        assert "is running with the data in" in text.splitlines()[-1]
        before = time.monotonic()
        assert bot.end(how) == 0
        assert time.monotonic() - before < 8
        assert "Traceback" not in bot.text
    assert "1:local-" not in bot.text
    with process(**environ) as bot:  # the lock is gone, and so is nothing else
        url = bot.wait_for(r"The chat is at (http://127\.0\.0\.1:\d+)").group(1)
        messages = httpx.get(f"{url}/local/chats/{PRIVATE}/messages").json()["messages"]
        assert next(message["text"] for message in messages) == "/similar dog"


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp437"])
def test_a_terminal_that_lacks_signs_does_not_end_it(tmp_path: Path, checkpoint: Path, encoding: str) -> None:
    with process(forked=False, DATA_DIR=tmp_path, CHECKPOINT=checkpoint, PYTHONIOENCODING=encoding) as bot:
        assert bot.text.startswith("One Network is loading ...") or bot.wait_for(r"loading \.\.\.")
        bot.wait_for(r"The chat is at http://127\.0\.0\.1:\d+")


def test_a_port_in_use_is_replaced_and_said(tmp_path: Path, checkpoint: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with process(DATA_DIR=tmp_path, CHECKPOINT=checkpoint, LOCAL_PORT=str(port)) as bot:
            bot.wait_for(rf"Port {port} is in use, so the chat is at port \d+")
            bot.wait_for(r"The chat is at http://127\.0\.0\.1:\d+")


class OtherServer(ThreadingHTTPServer):
    """A Bot API server of another make: it knows three methods and speaks of no more."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), OtherServerHandler)
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.seen if name == method]


class OtherServerHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, OtherServer)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        token, method = self.path.removeprefix("/bot").split("/")
        fields = dict(httpx.QueryParams(body))
        self.server.seen.append((method, fields))
        bot = {"id": 78, "is_bot": True, "first_name": "Other", "username": "other_bot"}
        chat = {"id": 5, "type": "private", "first_name": "You"}
        message = {"message_id": 2, "date": 1, "chat": chat, "from": bot, "text": "x"}
        known: dict[str, Any] = {"getMe": bot, "setWebhook": True, "sendMessage": message}
        if token != TOKEN:
            self._answer(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        elif method in known:
            self._answer(200, {"ok": True, "result": known[method]})
        else:
            self._answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def other_server() -> Iterator[OtherServer]:
    with OtherServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_refused_token_is_a_sentence(tmp_path: Path, checkpoint: Path, other_server: OtherServer) -> None:
    code, text = ended(
        DATA_DIR=tmp_path, CHECKPOINT=checkpoint, BOT_TOKEN="78:another_token", BOT_API_URL=other_server.url
    )
    assert code == 2
    assert text.splitlines()[-1].startswith(f"{other_server.url} does not accept BOT_TOKEN")
    assert "Traceback" not in text
    assert "another_token" not in text


def test_a_webhook_brings_messages_to_those_who_know_the_secret(
    tmp_path: Path, checkpoint: Path, other_server: OtherServer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ: dict[str, str | Path] = {
        "DATA_DIR": tmp_path,
        "CHECKPOINT": checkpoint,
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": other_server.url,
        "WEBHOOK_URL": "https://example.org/hook",
        "WEBHOOK_PORT": str(port),
        "WEBHOOK_SECRET": "sesame",
    }
    chat = {"id": 5, "type": "private", "first_name": "You"}
    message = {"message_id": 1, "date": 1, "chat": chat, "text": "/similar dog"}
    update = {"update_id": 1, "message": {**message, "from": {"id": 5, "is_bot": False, "first_name": "You"}}}
    with process(**environ) as bot:
        bot.wait_for("Application started")
        [hook] = other_server.calls("setWebhook")
        assert (hook["url"], hook["secret_token"]) == ("https://example.org/hook", "sesame")
        url, header = f"http://127.0.0.1:{port}/hook", "X-Telegram-Bot-Api-Secret-Token"
        assert httpx.post(url, json=update, headers={header: "open"}).status_code == 403
        assert httpx.post(url, json=update, headers={header: "sesame"}).status_code == 200
        deadline = time.monotonic() + 20
        while not other_server.calls("sendMessage"):
            assert time.monotonic() < deadline, bot.text
            time.sleep(0.02)
        [answer] = other_server.calls("sendMessage")
        assert answer["text"].startswith("Closest to <b>dog</b>:")
        assert bot.end(signal.SIGTERM) == 0
        assert "Traceback" not in bot.text
        assert "secret_of_the_process" not in bot.text
        assert "sesame" not in bot.text


def test_no_pytorch_is_needed_to_look_at_a_photo(tmp_path: Path, checkpoint: Path) -> None:
    """To import it would take seconds and hundreds of megabytes."""
    without = tmp_path / "without"
    without.mkdir()
    for name in ("torch", "torchvision"):
        (without / f"{name}.py").write_text(f"raise ModuleNotFoundError(name='{name}')")
    environ = {"DATA_DIR": tmp_path, "CHECKPOINT": checkpoint, "PYTHONPATH": str(without)}
    with process(forked=False, **environ) as bot:
        url = bot.wait_for(r"The chat is at (http://127\.0\.0\.1:\d+)").group(1)
        messages = f"{url}/local/chats/{PRIVATE}/messages"
        httpx.post(messages, files={"photo": ("red.jpg", jpeg("red"), "image/jpeg")}).raise_for_status()
        assert say(url, "/find a dog in the snow")
        deadline, told = time.monotonic() + 20, list[Any]()
        while len(told) < 2:  # the caption may come later: a photo might have been one of an album
            assert time.monotonic() < deadline, bot.text
            time.sleep(0.02)
            told = [each for each in httpx.get(messages).json()["messages"] if each["from"]["is_bot"]]
        assert "went wrong" not in json.dumps(told)
        assert "Traceback" not in bot.text
