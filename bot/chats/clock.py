"""The clock of an answer: by it all days are told that a chat reads, as its language is spoken."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo

_clock: ContextVar[tzinfo | None] = ContextVar("clock", default=None)


def go_by(clock: tzinfo | None) -> None:
    """Tell days by a time zone from here to the end of the task; None: by this computer's."""
    _clock.set(clock)


@contextmanager
def going_by(clock: tzinfo | None) -> Iterator[None]:
    """Tell days by a time zone for the block, and all that it awaits; None: by this computer's."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


def day_of(seconds: float) -> date:
    """Give the day of a moment, in seconds since 1970, by the clock of the chat that is answered."""
    return datetime.fromtimestamp(seconds, _clock.get()).date()
