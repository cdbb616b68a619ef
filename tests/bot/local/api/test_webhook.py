"""Updates posted to the bot instead of asked for."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.local import LocalServer
from tests.bot.local.conftest import Api
from tests.bot.local_chat import LocalChat, local_chat


class Receiver:
    """A bot that listens; `status` is what it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.seen: asyncio.Queue[tuple[bytes, dict[str, Any]]] = asyncio.Queue()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
        body = json.loads(await reader.readexactly(int(fields[b"content-length"])))
        self.seen.put_nowait((fields.get(b"x-telegram-bot-api-secret-token", b""), body))
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def next(self) -> tuple[bytes, dict[str, Any]]:
        return await asyncio.wait_for(self.seen.get(), 5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with await asyncio.start_server(receiver.serve, "127.0.0.1", 0) as listener:
        receiver.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
        yield receiver


async def test_updates_are_posted_in_order_with_the_secret(
    api: Api, chat: LocalChat, receiver: Receiver
) -> None:
    await chat.send_text("before")
    await api("setWebhook", url=receiver.url, secret_token="s3cret", allowed_updates=["message"])
    await chat.send_text("after")
    posted = [await receiver.next(), await receiver.next()]
    assert [secret for secret, _ in posted] == [b"s3cret"] * 2
    assert [update["message"]["text"] for _, update in posted] == ["before", "after"]
    assert (await api("getWebhookInfo"))["url"] == receiver.url


async def test_an_update_that_is_refused_is_posted_again(
    api: Api, chat: LocalChat, receiver: Receiver
) -> None:
    receiver.status = 500
    await api("setWebhook", url=receiver.url)
    await chat.send_text("again and again")
    first = await receiver.next()
    assert (await api("getWebhookInfo"))["pending_update_count"] == 1
    receiver.status = 200
    assert await receiver.next() == first


async def test_nobody_can_poll_while_there_is_a_webhook(api: Api, chat: LocalChat) -> None:
    await api("setWebhook", url="http://127.0.0.1:9/nobody")
    await chat.send_text("kept")
    answer = await api.post("getUpdates")
    assert answer["error_code"] == 409
    assert "while webhook is active" in answer["description"]
    await api("deleteWebhook")
    assert len(await api("getUpdates")) == 1
    await api("deleteWebhook", drop_pending_updates=True)
    assert await api("getUpdates") == []
    await api("setWebhook", url="")
    assert (await api("getWebhookInfo"))["url"] == ""


async def test_a_webhook_survives_a_restart(tmp_path: Any, receiver: Receiver) -> None:
    async with local_chat(tmp_path) as chat:
        address = f"/bot{chat.server.token}/setWebhook"
        answer = await chat._client.post(address, data={"url": receiver.url})
        assert answer.is_success
    async with local_chat(tmp_path) as chat:
        await chat.send_text("hello")
        assert (await receiver.next())[1]["message"]["text"] == "hello"


async def test_a_webhook_gets_them_twice_and_out_of_order_too(
    server: LocalServer,
    api: Api,
    chat: LocalChat,
    receiver: Receiver,
) -> None:
    words = [str(number) for number in range(9)]
    for word in words:
        await chat.send_text(word)
    server.faults.repeat_updates(9)
    server.faults.shuffle_updates(gather_s=0)
    await api("setWebhook", url=receiver.url)
    posted = [(await receiver.next())[1] for _ in range(18)]
    texts = [update["message"]["text"] for update in posted]
    assert sorted(texts) == sorted(words * 2)
    assert texts != sorted(words * 2)
    assert (await api("getWebhookInfo"))["pending_update_count"] == 0


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"url": "http://example.org/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "https://example.org/", "secret_token": "ü"}, "secret token contains unallowed characters"),
    ],
)
async def test_webhooks_that_telegram_refuses(
    api: Api, server: LocalServer, fields: dict[str, str], description: str
) -> None:
    assert await api.error("setWebhook", **fields) == f"Bad Request: {description}"
