"""Dispatch: updates get their turns in fair shares, each noted as answered and written down in one line."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.delivery.inbox import MOST_OPEN, Inbox, UpdateQueue
from bot.delivery.turn import Turn, begin_turn
from bot.messages.incoming import Arrival, Press, read_update

logger = logging.getLogger(__name__)

AT_ONCE = 256
AT_ONCE_PER_CHAT = 8
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0

_current: "ContextVar[Arrival | None]" = ContextVar("arrival", default=None)

Observe = Callable[[str, str, float], None]
ObserveWay = Callable[[Mapping[str, float]], None]


class _ChatPlaces(NamedTuple):
    """Names the places of a chat: its presses have others than its messages, whose work they may be about."""

    chat_id: int
    is_press: bool


class _Place:
    """A place among those that are handled at once, for one update or the parts of an album."""

    def __init__(self) -> None:
        self.holders = 0
        self.is_taken = False
        self.taking = asyncio.Lock()
        self.stack = AsyncExitStack()


class Dispatcher(BaseUpdateProcessor):
    """Lets a number of updates be handled at once, few of them of one chat.

    Pressed buttons have as many places of their own: what they are about may be what takes all the others.

    Args:
        inbox: Knows how far each answer is.
        queue: Takes back what could not be answered, for later.
        prepare: Is called with what came in, in its own task, before it is handled.
        observe: Is told of each update its kind, outcome and seconds.
        observe_way: Is told of each photo that was answered the seconds of its stages.
        is_urgent: Tells which pressed buttons wait for no place at all, such as those that stop something.
        at_once: Updates in all.
        at_once_per_chat: Updates of one chat; its others wait without taking a place from other chats.
        first_pause_s: Until an answer is tried again that could not be sent; doubled each time.
    """

    def __init__(
        self,
        inbox: Inbox,
        queue: UpdateQueue,
        *,
        prepare: Callable[[Arrival], Awaitable[None]] | None = None,
        observe: Observe = lambda kind, outcome, seconds: None,
        observe_way: ObserveWay = lambda seconds: None,
        is_urgent: Callable[[Press], bool] = lambda press: False,
        at_once: int = AT_ONCE,
        at_once_per_chat: int = AT_ONCE_PER_CHAT,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        super().__init__(MOST_OPEN)  # the places are counted here
        self._inbox = inbox
        self._queue = queue
        self._prepare = prepare
        self._observe = observe
        self._observe_way = observe_way
        self._is_urgent = is_urgent
        self._places = {is_press: asyncio.Semaphore(at_once) for is_press in (False, True)}
        self._at_once_per_chat = at_once_per_chat
        self._chat_places: dict[_ChatPlaces, asyncio.Semaphore] = {}
        self._in_chat: Counter[_ChatPlaces] = Counter()
        self._shared: dict[object, _Place] = {}
        self._first_pause_s = first_pause_s
        self._waiting: set[asyncio.Task[Any]] = set()
        self._working: set[asyncio.Task[Any]] = set()
        self._later: set[asyncio.TimerHandle] = set()
        self._closing = False

    async def initialize(self) -> None:
        """Take updates from now on."""
        self._closing = False

    async def shutdown(self) -> None:
        """Hold nothing."""

    async def drain(self, timeout_s: float) -> None:
        """Begin nothing new and end what was begun; the rest is in the inbox for the next start.

        Args:
            timeout_s: What takes longer is broken off.
        """
        self._closing = True
        for handle in self._later:
            handle.cancel()
        for task in self._waiting:
            task.cancel()
        begun = set(self._working)
        if begun:
            _, late = await asyncio.wait(begun, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            logger.info("Stopping: %d answers were ended, %d broken off", len(begun) - len(late), len(late))
        if self._inbox.open_updates:
            logger.info("%d updates are left for the next start", self._inbox.open_updates)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update when it is its turn."""
        try:
            if not isinstance(update, Update):
                await coroutine
            elif not self._closing:
                await self._process_in_turn(update, coroutine)
        finally:
            if asyncio.iscoroutine(coroutine):
                coroutine.close()  # of one that never began, too

    async def _process_in_turn(self, update: Update, coroutine: Awaitable[Any]) -> None:
        turn = self._inbox.turn(update)
        arrival = _understood(update)
        if arrival is None:
            await turn.finish()
            return
        album = arrival.message.album if arrival.message is not None else ""
        sharing = album or update.update_id
        whose = _ChatPlaces(turn.chat_id, is_press=arrival.press is not None)
        is_urgent = arrival.press is not None and self._is_urgent(arrival.press)
        place = self._at_once() if is_urgent else self._waiting_for((turn.chat_id, sharing), whose)
        async with place:
            await self._process(update, arrival, turn, coroutine)

    @asynccontextmanager
    async def _at_once(self) -> AsyncIterator[None]:
        """Wait for nobody."""
        task = asyncio.current_task()
        assert task is not None
        self._working.add(task)
        try:
            yield
        finally:
            self._working.discard(task)

    @asynccontextmanager
    async def _waiting_for(self, sharing: object, whose: _ChatPlaces) -> AsyncIterator[None]:
        """Wait for a place, then hold it.

        Args:
            sharing: Those for whom this is the same share one place: the parts of an album, which wait
                for each other.
            whose: Whose place it is.
        """
        task = asyncio.current_task()
        assert task is not None
        place = self._shared.setdefault(sharing, _Place())
        place.holders += 1
        self._waiting.add(task)
        try:
            async with place.taking:
                if not place.is_taken:
                    await place.stack.enter_async_context(self._place_of_chat(whose))
                    await place.stack.enter_async_context(self._places[whose.is_press])
                    place.is_taken = True
            self._waiting.discard(task)
            self._working.add(task)
            yield
        finally:
            self._waiting.discard(task)
            self._working.discard(task)
            place.holders -= 1
            if not place.holders:
                del self._shared[sharing]
                await place.stack.aclose()

    @asynccontextmanager
    async def _place_of_chat(self, whose: _ChatPlaces) -> AsyncIterator[None]:
        self._in_chat[whose] += 1
        places = self._chat_places.setdefault(whose, asyncio.Semaphore(self._at_once_per_chat))
        try:
            async with places:
                yield
        finally:
            self._in_chat[whose] -= 1
            if not self._in_chat[whose]:
                del self._in_chat[whose], self._chat_places[whose]

    async def _process(self, update: Update, arrival: Arrival, turn: Turn, coroutine: Awaitable[Any]) -> None:
        begun = time.monotonic()
        turn.is_unheard = turn.is_handed_over = False
        turn.error = ""
        turn.trace.begin()
        begin_turn(turn)
        _current.set(arrival)
        was_interrupted = turn.state == "answering"
        await self._handle(arrival, turn, coroutine)
        outcome = "interrupted" if was_interrupted else _outcome(turn)
        if turn.is_unheard:
            outcome = "unheard"
            self._again(update, turn)
        elif not turn.is_handed_over:
            await turn.finish()
        self._report(arrival, turn, outcome, time.monotonic() - begun)

    async def _handle(self, arrival: Arrival, turn: Turn, coroutine: Awaitable[Any]) -> None:
        """Handle an update; what fails before any feature sees it ends it, for it would fail again."""
        try:
            if self._prepare is not None:
                await self._prepare(arrival)
            await coroutine
        except Exception as error:
            turn.error = type(error).__name__
            logger.exception("An update could not be handled")

    def _again(self, update: Update, turn: Turn) -> None:
        """Queue an update again later: nobody has heard of it."""
        pause_s = min(self._first_pause_s * 2**turn.failures, LONGEST_PAUSE_S)
        turn.failures += 1

        def put() -> None:
            self._later.discard(handle)
            self._queue.put_nowait(update)

        handle = asyncio.get_running_loop().call_later(pause_s, put)
        self._later.add(handle)

    def _report(self, arrival: Arrival, turn: Turn, outcome: str, seconds: float) -> None:
        kind, chat = arrival.kind, arrival.place
        self._observe(kind, outcome, seconds)
        if stages := turn.trace.seconds:
            self._observe_way(stages)
        logger.info(
            "update=%d kind=%s chat=%s chat_id=%d outcome=%s ms=%d",
            *(arrival.update_id, kind, chat.type if chat else "none", turn.chat_id, outcome, seconds * 1000),
        )


def arrival_of(update: Update) -> Arrival:
    """Give what an update was read as when its task began; one that came past the dispatcher is read now."""
    arrival = _current.get()
    if arrival is None or arrival.update_id != update.update_id:
        arrival = read_update(update)
        _current.set(arrival)
    return arrival


def _understood(update: Update) -> Arrival | None:
    """Read an update; None if it is none that a Bot API server should send."""
    try:
        return read_update(update)
    except Exception:
        logger.exception("An update could not be understood")
        return None


def _outcome(turn: Turn) -> str:
    if turn.is_handed_over and not turn.error:
        return "handed_over"
    return turn.error or ("answered" if turn.state == "answered" else "silent")
