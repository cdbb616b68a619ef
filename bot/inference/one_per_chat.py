"""One a chat: work that takes long and is done for a chat only once at a time, until somebody stops it."""

import contextlib
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from bot.store.keys import ChatKey


class Stoppable(Protocol):
    """Work that may be given up."""

    def stop(self) -> None:
        """Let the work end at its next step."""
        ...


T = TypeVar("T", bound=Stoppable)


class OnePerChat(Generic[T]):
    """The work that is in the making, one piece a chat; that begun first comes first."""

    def __init__(self) -> None:
        self._works: dict[ChatKey, T] = {}

    def __len__(self) -> int:
        return len(self._works)

    def __iter__(self) -> Iterator[T]:
        return iter(self._works.values())

    @contextlib.contextmanager
    def holding(self, chat: ChatKey, work: T) -> Iterator[bool]:
        """Begin a chat's work, which is stopped at the end of the block; False if it has some already."""
        if chat in self._works:
            yield False
            return
        self._works[chat] = work
        try:
            yield True
        finally:
            work.stop()
            del self._works[chat]

    def stop(self, chat: ChatKey) -> bool:
        """Stop the work that is in the making for a chat; False if there is none."""
        work = self._works.get(chat)
        if work is not None:
            work.stop()
        return work is not None
