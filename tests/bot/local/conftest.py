"""A running server, the bot's and the person's side of it."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.local import LocalServer
from tests.bot.local import schema
from tests.bot.local_chat import PRIVATE, LocalChat
from tests.bot.page_client import plain_http


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path, token="42:secret") as server:
        yield server


@pytest.fixture
async def chat(server: LocalServer) -> AsyncIterator[LocalChat]:
    async with LocalChat(server) as chat:
        yield chat


@pytest.fixture
async def http(server: LocalServer) -> AsyncIterator[httpx.AsyncClient]:
    async with plain_http(server.url) as client:
        yield client


class Api:
    """The bot's side: calls methods and checks what comes back."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token

    async def __call__(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> Any:
        """The result of a call that succeeds."""
        answer = await self.post(method, files, **fields)
        assert answer["ok"], answer
        if schema.is_available():
            schema.check_result(method, answer["result"])
        return answer["result"]

    async def error(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> str:
        """The description of a call that fails with 400."""
        answer = await self.post(method, files, **fields)
        assert answer["ok"] is False, answer
        assert answer["error_code"] == 400
        return str(answer["description"])

    async def post(self, method: str, files: dict[str, Any] | None = None, **fields: Any) -> Any:
        fields.setdefault("chat_id", PRIVATE) if method.startswith(("send", "edit", "delete")) else None
        data = {name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()}
        answer = await self.client.post(f"/bot{self.token}/{method}", data=data, files=files)
        body = answer.json()
        assert answer.status_code == body.get("error_code", 200)
        return body


@pytest.fixture
async def api(http: httpx.AsyncClient, server: LocalServer) -> Api:
    return Api(http, server.token)


def picture(
    width: int = 640, height: int = 480, kind: str = "JPEG", color: Any = "teal", mode: str = "RGB"
) -> bytes:
    """An image file of one colour."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), color).save(buffer, kind)
    return buffer.getvalue()


def one_button() -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}


class bot_api:
    """The bot's side of a server, for a while."""

    def __init__(self, server: LocalServer) -> None:
        self._client = plain_http(server.url)
        self._api = Api(self._client, server.token)

    async def __aenter__(self) -> Api:
        return self._api

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
