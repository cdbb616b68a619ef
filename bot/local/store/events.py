"""What happens in the chat, as a numbered stream that several open pages can follow."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any

from bot.local.store.records import Json

HEARTBEAT_S = 15.0
_KEPT = 5000


class EventStream:
    """Publishes events and replays the latest to a page that lost its connection."""

    def __init__(self) -> None:
        # Milliseconds since 1970 to begin with: numbers go on growing when the server restarts.
        self.seq = time.time_ns() // 1_000_000
        self._first = self.seq
        self._kept: deque[Json] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._closed = False

    def publish(self, kind: str, **details: Any) -> None:
        """Tell every open page."""
        self.seq += 1
        self._kept.append({"seq": self.seq, "kind": kind, **details})
        self._wake()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._wake()

    async def follow(self, after: int | None) -> AsyncIterator[Json | None]:
        """Events after a number, first a "hello"; None now and then so that the connection stays open.

        `reset` in the "hello" says that events were missed and the page has to load its state again.
        The stream ends if whoever follows it falls behind the events that are kept.
        """
        oldest = self._kept[0]["seq"] - 1 if self._kept else self._first
        reset = after is not None and not oldest <= after <= self.seq
        seen = self.seq if after is None or reset else after
        yield {"seq": seen, "kind": "hello", "reset": reset}
        while not self._closed:
            news = self._news
            if self.seq - seen > len(self._kept):
                return  # too slow: events were lost, and who connects again learns of that
            for event in list(islice(reversed(self._kept), self.seq - seen))[::-1]:
                seen = event["seq"]
                yield event
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield None

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
