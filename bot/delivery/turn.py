"""Turn: one update from its arrival to its answer, known to all that is done for it."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, NamedTuple

State = Literal["waiting", "answering", "answered"]
# Of the way of a photo; the last one is all of it, from the arrival of its message to the answer.
Stage = Literal["arrival", "download", "decode", "queue", "encoder", "beam", "send", "whole"]
STAGES: tuple[Stage, ...] = ("arrival", "download", "decode", "queue", "encoder", "beam", "send", "whole")

_current: "ContextVar[Turn | None]" = ContextVar("turn", default=None)


class UpdateKey(NamedTuple):
    """Names an update; each bot counts its own."""

    bot_id: int
    update_id: int


class Trace:
    """When the stages of one turn began and ended; every method may be called from any thread.

    A stage that several photos of an album go through begins with the first and ends with the last.

    Args:
        arrived_at: When the update came, on the monotonic clock; None: now.

    Attributes:
        arrived_at: The same.
    """

    def __init__(self, arrived_at: float | None = None) -> None:
        self.arrived_at = time.monotonic() if arrived_at is None else arrived_at
        self._spans: dict[Stage, tuple[float, float]] = {}

    def begin(self) -> None:
        """Note that the turn begins; what was noted of an earlier try is forgotten."""
        self._spans = {"arrival": (self.arrived_at, time.monotonic())}

    def note(self, stage: Stage, begun: float, ended: float | None = None) -> None:
        """Note a stage, in seconds of the monotonic clock; None: it ends now."""
        ended = time.monotonic() if ended is None else ended
        first, last = self._spans.get(stage, (begun, ended))
        self._spans[stage] = min(first, begun), max(last, ended)

    def note_sent(self, begun: float) -> None:
        """Note that a message went out; the first one after the photo was read is the answer."""
        if "encoder" in self._spans and "send" not in self._spans:
            self.note("send", begun)
            self.note("whole", self.arrived_at)

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Note how long a block takes, unless it fails."""
        begun = time.monotonic()
        yield
        self.note(stage, begun)

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long each stage took; nothing unless a photo went all the way to its answer."""
        if "whole" not in self._spans:
            return {}
        return {stage: last - first for stage, (first, last) in self._spans.items()}


class Turn:
    """An update and how far its answer is; it is `waiting` again when nothing of an answer went out.

    Args:
        key: Of the update.
        mark: Notes a new state of updates where a restart finds it, of all or of none.
        chat_id: The chat it came from, or the person where there is none.
        user_id: Who sent it: a person, or the chat that it was sent for; 0 if nobody.
        state: As it was found.
        is_alone: Tells whether no other update of its chat is open, and none has come since.
        arrived_at: When it came, on the monotonic clock; None: now.

    Attributes:
        error: Name of the error that the answer failed with, "" if none.
        failures: How often neither an answer nor an apology could be sent.
        is_unheard: Whether this is so now.
        is_counted: Whether it counts in its minute, see bot.inference.quotas.
        is_handed_over: Whether somebody else will `finish` it, later than its feature is done with it.
        trace: How long the stages of its answer take.
    """

    def __init__(
        self,
        key: UpdateKey,
        mark: Callable[[Sequence[UpdateKey], State], Awaitable[None]],
        *,
        chat_id: int = 0,
        user_id: int = 0,
        state: State = "waiting",
        is_alone: Callable[[], bool] = lambda: False,
        arrived_at: float | None = None,
    ) -> None:
        self.key = key
        self.chat_id = chat_id
        self.user_id = user_id
        self.state = state
        self.error = ""
        self.failures = 0
        self.is_unheard = False
        self.is_counted = False
        self.is_handed_over = False
        self.trace = Trace(arrived_at)
        self._mark = mark
        self._is_alone = is_alone
        self._in_flight = 0
        self._included: list[Turn] = []

    @property
    def is_alone(self) -> bool:
        """Whether no other update of its chat is open, and none has come since."""
        return self._is_alone()

    async def sending(self) -> None:
        """Note that a message of the answer is about to go out."""
        self._in_flight += 1
        if self.state == "waiting":
            await self._become("answering")

    async def sent(self) -> None:
        """Note that a message of the answer went out."""
        self._in_flight -= 1
        if self.state != "answered":
            await self._become("answered")

    async def refused(self) -> None:
        """Note that a message surely did not go out. One that may have gone out is left `answering`."""
        self._in_flight -= 1
        if self.state == "answering" and not self._in_flight:
            await self._become("waiting")

    async def finish(self) -> None:
        """Note that nothing more is to be done."""
        if self.state != "answered":
            await self._become("answered")

    def include(self, other: "Turn") -> None:
        """Answer another update with this one, as the parts of an album: they are noted together."""
        if other is not self:
            other.state = self.state
            self._included.append(other)

    def hand_over(self) -> None:
        """Keep the update open when its feature is done with it; whoever calls this will `finish` it."""
        self.is_handed_over = True

    async def _become(self, state: State) -> None:
        turns = [self, *self._included]
        for turn in turns:
            turn.state = state
        await self._mark([turn.key for turn in turns], state)


def current_turn() -> Turn | None:
    """Give the turn that this is done for; None in the background."""
    return _current.get()


def current_trace() -> Trace:
    """Give the trace of the turn that this is done for; in the background one that nobody reads."""
    turn = _current.get()
    return Trace() if turn is None else turn.trace


def begin_turn(turn: Turn | None) -> None:
    """Do the rest of this task, and the tasks it starts, for a turn; None: for no one's."""
    _current.set(turn)
