"""A person in the local chat, for tests: starts the server, writes, presses buttons, waits for answers.

async with local_chat(tmp_path) as chat:
    ...  # run the bot with chat.server.token against f"{chat.server.url}/bot"
    photo, = await chat.send_photos([jpeg], caption="/caption")
    answer = await chat.wait_for(lambda message: "reply_markup" in message, after=photo)
    await chat.press(answer, "Another caption")
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from bot.local import LocalServer

PRIVATE = 1001
GROUP = -1002000000001
_POLL_S = 0.03

Json = dict[str, Any]
Predicate = Callable[[Json], bool]


@asynccontextmanager
async def local_chat(data_dir: Path, **options: Any) -> AsyncIterator["LocalChat"]:
    """A LocalServer on a free port, and a person at its page; `options` go to the server."""
    with LocalServer(data_dir, **options) as server:
        async with LocalChat(server) as chat:
            yield chat


class LocalChat:
    """The person. `events` holds everything the page was told of so far."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.events: list[Json] = []
        self._client = httpx.AsyncClient(base_url=server.url, timeout=30)
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "LocalChat":
        hello = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(hello))
        await asyncio.wait_for(hello.wait(), 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listening is not None
        self._listening.cancel()
        with suppress(asyncio.CancelledError, httpx.HTTPError):
            await self._listening
        await self._client.aclose()

    async def send_text(
        self, text: str, *, chat_id: int = PRIVATE, reply_to: Json | int | None = None
    ) -> Json:
        """Write a message."""
        return (await self._send(chat_id, {"text": text}, [], reply_to))[-1]

    async def send_photos(
        self,
        photos: Sequence[bytes],
        *,
        caption: str = "",
        chat_id: int = PRIVATE,
        reply_to: Json | int | None = None,
    ) -> list[Json]:
        """Drop pictures into the chat; several are an album."""
        files = [("photo", (f"photo{n}.jpg", photo, "image/jpeg")) for n, photo in enumerate(photos)]
        return await self._send(chat_id, {"caption": caption}, files, reply_to)

    async def send_document(
        self,
        content: bytes,
        name: str = "file.jpg",
        *,
        caption: str = "",
        chat_id: int = PRIVATE,
        reply_to: Json | int | None = None,
    ) -> Json:
        """Send a file as a file."""
        files = [("document", (name, content, "application/octet-stream"))]
        return (await self._send(chat_id, {"caption": caption}, files, reply_to))[-1]

    async def press(self, message: Json, button: str) -> str:
        """Press the button with this text as the message is now; the callback_query_id."""
        current = await self.message(message)
        rows = current["reply_markup"]["inline_keyboard"]
        texts = {each["text"]: each for row in rows for each in row}
        assert button in texts, f"no button {button!r} among {list(texts)}"
        body = {"message_id": message["message_id"], "data": texts[button]["callback_data"]}
        answer = await self._client.post(f"/local/chats/{message['chat']['id']}/callback", json=body)
        return str(self._checked(answer)["callback_query_id"])

    async def messages(self, chat_id: int = PRIVATE) -> list[Json]:
        """The latest messages of a chat, oldest first."""
        answer = await self._client.get(f"/local/chats/{chat_id}/messages", params={"limit": 200})
        messages: list[Json] = self._checked(answer)["messages"]
        return messages

    async def message(self, message: Json) -> Json:
        """A message as it is now."""
        messages = await self.messages(message["chat"]["id"])
        return next(each for each in messages if each["message_id"] == message["message_id"])

    async def file(self, file_id: str) -> bytes:
        """The bytes of a photo or document as the page gets them."""
        answer = await self._client.get(f"/local/files/{file_id}")
        assert answer.status_code == 200, answer.text
        return answer.content

    async def state(self) -> Json:
        """What the page loads first."""
        return self._checked(await self._client.get("/local/state"))

    async def wait_for(
        self,
        predicate: Predicate = lambda message: True,
        timeout_s: float = 10,
        *,
        chat_id: int | None = None,
        after: Json | None = None,
    ) -> Json:
        """The first message of the bot (after one, if given) for which the predicate holds."""
        messages = await self.wait_for_all(predicate, 1, timeout_s, chat_id=chat_id, after=after)
        return messages[0]

    async def wait_for_all(
        self,
        predicate: Predicate,
        count: int,
        timeout_s: float = 10,
        *,
        chat_id: int | None = None,
        after: Json | None = None,
    ) -> list[Json]:
        """As many messages of the bot for which the predicate holds, as soon as there are that many."""
        chat_id = chat_id or (after["chat"]["id"] if after else PRIVATE)
        first = after["message_id"] if after else 0
        deadline = time.monotonic() + timeout_s
        while True:
            messages = await self.messages(chat_id)
            answers = [
                m for m in messages if m["from"]["is_bot"] and m["message_id"] > first and predicate(m)
            ]
            if len(answers) >= count:
                return answers
            seen = [m.get("text", m.get("caption", list(m))) for m in messages[-8:]]
            assert time.monotonic() < deadline, (
                f"{len(answers)} of {count} came in {timeout_s} s; last: {seen}"
            )
            await asyncio.sleep(_POLL_S)

    async def wait_for_event(
        self, kind: str, predicate: Predicate = lambda event: True, timeout_s: float = 10
    ) -> Json:
        """The first event of a kind for which the predicate holds, as soon as there is one."""
        deadline = time.monotonic() + timeout_s
        while True:
            for event in self.events:
                if event["kind"] == kind and predicate(event):
                    return event
            kinds = [event["kind"] for event in self.events[-8:]]
            assert time.monotonic() < deadline, f"no {kind} event in {timeout_s} s; last: {kinds}"
            await asyncio.sleep(_POLL_S)

    async def _send(
        self, chat_id: int, fields: dict[str, str], files: list[Any], reply_to: Json | int | None
    ) -> list[Json]:
        if reply_to is not None:
            message_id = reply_to if isinstance(reply_to, int) else reply_to["message_id"]
            fields = {**fields, "reply_to_message_id": str(message_id)}
        path = f"/local/chats/{chat_id}/messages"
        messages: list[Json] = self._checked(await self._client.post(path, data=fields, files=files))[
            "messages"
        ]
        return messages

    @staticmethod
    def _checked(answer: httpx.Response) -> Json:
        body: Json = answer.json()
        assert answer.is_success, f"{answer.status_code}: {body.get('error')}"
        return body

    async def _listen(self, hello: asyncio.Event) -> None:
        async with self._client.stream("GET", "/local/events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    hello.set()
