"""Turn: one update from its arrival to its answer, known to all that is done for it."""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Literal, NamedTuple

State = Literal["waiting", "answering", "answered"]

_current: "ContextVar[Turn | None]" = ContextVar("turn", default=None)


class UpdateKey(NamedTuple):
    """Names an update; each bot counts its own."""

    bot_id: int
    update_id: int


class Turn:
    """An update and how far its answer is; it is `waiting` again when nothing of an answer went out.

    Args:
        key: Of the update.
        mark: Notes a new state of updates where a restart finds it, of all or of none.
        chat_id: The chat it came from, or the person where there is none.
        user_id: Who sent it: a person, or the chat that it was sent for; 0 if nobody.
        state: As it was found.
        is_alone: Tells whether no other update of its chat is open, and none has come since.

    Attributes:
        error: Name of the error that the answer failed with, "" if none.
        failures: How often neither an answer nor an apology could be sent.
        is_unheard: Whether this is so now.
        is_counted: Whether it counts in its minute, see bot.inference.quotas.
        is_handed_over: Whether somebody else will `finish` it, later than its feature is done with it.
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


def begin_turn(turn: Turn | None) -> None:
    """Do the rest of this task, and the tasks it starts, for a turn; None: for no one's."""
    _current.set(turn)
