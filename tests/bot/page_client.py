"""The local chat's page as tests see it: what is in the chats, what is told, and waiting for it."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import httpx

from bot.local import LocalServer

PRIVATE = 1001
GROUP = -1002000000001
_LOOK_AGAIN_S = 0.5
_TOGETHER_S = 0.005  # what comes together is looked at together
_AT_ONCE = 16

Json = dict[str, Any]
Predicate = Callable[[Json], bool]


def plain_http(url: str) -> httpx.AsyncClient:
    """A client for a server of this computer; certificates, which take long to load, are left out."""
    return httpx.AsyncClient(base_url=url, timeout=60, verify=False)


class PageClient:
    """An open page. `events` holds everything that it was told of so far."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.events: list[Json] = []
        self._client = plain_http(server.url)
        # The client's own queue is slow when hundreds of people act at once.
        self._acting = asyncio.Semaphore(_AT_ONCE)
        self._listening: asyncio.Task[None] | None = None
        self._news: dict[int | None, asyncio.Event] = defaultdict(asyncio.Event)

    async def __aenter__(self) -> Self:
        hello = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(hello))
        await asyncio.wait_for(hello.wait(), 60)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listening is not None
        self._listening.cancel()
        with suppress(asyncio.CancelledError, httpx.HTTPError):
            await self._listening
        await self._client.aclose()

    async def messages(self, chat_id: int = PRIVATE, *, after: int = 0) -> list[Json]:
        """The latest messages of a chat, oldest first; only those after a message id, if given."""
        params = {"limit": 200, "after": after}
        messages: list[Json] = (await self._get(f"/local/chats/{chat_id}/messages", **params))["messages"]
        return messages

    async def message(self, message: Json) -> Json:
        """A message as it is now."""
        messages = await self.messages(message["chat"]["id"], after=message["message_id"] - 1)
        if len(messages) == 200:  # so many came after it that the page does not show it at once
            messages = await self._before(message["chat"]["id"], message["message_id"] + 1)
        return next(each for each in messages if each["message_id"] == message["message_id"])

    async def file(self, file_id: str) -> bytes:
        """The bytes of a photo or document as the page gets them."""
        answer = await self._client.get(f"/local/files/{file_id}")
        assert answer.status_code == 200, answer.text
        return answer.content

    async def undelivered(self) -> int:
        """How many updates the bot has not taken yet."""
        answer = await self._client.get(f"/bot{self.server.token}/getWebhookInfo")
        return int(answer.json()["result"]["pending_update_count"])

    async def state(self) -> Json:
        """What the page loads first."""
        return await self._get("/local/state")

    async def wait_for(
        self,
        predicate: Predicate = lambda message: True,
        timeout_s: float = 60,
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
        timeout_s: float = 60,
        *,
        chat_id: int | None = None,
        after: Json | None = None,
    ) -> list[Json]:
        """As many messages of the bot for which the predicate holds, as soon as there are that many."""
        chat_id = chat_id or (after["chat"]["id"] if after else PRIVATE)
        deadline = time.monotonic() + timeout_s
        while True:
            self._news[chat_id].clear()
            messages = await self.messages(chat_id, after=after["message_id"] if after else 0)
            answers = [message for message in messages if message["from"]["is_bot"] and predicate(message)]
            if len(answers) >= count:
                return answers
            seen = [m.get("text", m.get("caption", list(m))) for m in messages[-8:]]
            assert time.monotonic() < deadline, (
                f"{len(answers)} of {count} came in {timeout_s} s; last: {seen}"
            )
            await self._until_news(chat_id)

    async def wait_for_event(
        self, kind: str, predicate: Predicate = lambda event: True, timeout_s: float = 60
    ) -> Json:
        """The first event of a kind for which the predicate holds, as soon as there is one."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._news[None].clear()
            for event in self.events:
                if event["kind"] == kind and predicate(event):
                    return event
            kinds = [event["kind"] for event in self.events[-8:]]
            assert time.monotonic() < deadline, f"no {kind} event in {timeout_s} s; last: {kinds}"
            await self._until_news(None)

    async def _before(self, chat_id: int, message_id: int) -> list[Json]:
        path = f"/local/chats/{chat_id}/messages"
        messages: list[Json] = (await self._get(path, limit=1, before=message_id))["messages"]
        return messages

    async def _get(self, path: str, **params: Any) -> Json:
        async with self._acting:
            return self._checked(await self._client.get(path, params=params))

    async def _post(self, path: str, **body: Any) -> Json:
        """Post JSON without the values that are None."""
        known = {name: value for name, value in body.items() if value is not None}
        async with self._acting:
            return self._checked(await self._client.post(path, json=known))

    @staticmethod
    def _checked(answer: httpx.Response) -> Json:
        body: Json = answer.json()
        assert answer.is_success, f"{answer.status_code}: {body.get('error')}"
        return body

    async def _until_news(self, chat_id: int | None) -> None:
        """Return when something happened in a chat (in any, if None), or after a moment."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news[chat_id].wait(), _LOOK_AGAIN_S)
            await asyncio.sleep(_TOGETHER_S)

    async def _listen(self, hello: asyncio.Event) -> None:
        with suppress(httpx.HTTPError):  # the server has stopped
            while True:
                after = {"after": self.events[-1]["seq"]} if self.events else {}
                async with self._client.stream("GET", "/local/events", params=after, timeout=None) as stream:
                    async for line in stream.aiter_lines():
                        if line.startswith("data: "):
                            self._take(json.loads(line.removeprefix("data: ")))
                            hello.set()

    def _take(self, event: Json) -> None:
        self.events.append(event)
        message = event.get("message") or {}
        for chat_id in {None, event.get("chat_id"), message.get("chat", {}).get("id")}:
            self._news[chat_id].set()
