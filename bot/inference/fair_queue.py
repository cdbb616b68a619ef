"""Fair queue: whoever was served longest ago is served next, however much the others ask."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from cachetools import FIFOCache

T = TypeVar("T")

REMEMBERED = 10_000  # chats whose last time is known


class FairQueue(Generic[T]):
    """Things that wait, each for a chat; a chat's own keep their order.

    Changes need a lock around them; the counts may be asked for from any thread.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, deque[T]] = {}
        self._served = FIFOCache[int, int](REMEMBERED)  # by chat: its last time
        self._time = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def count(self, chat: int) -> int:
        """Tell how many wait for a chat."""
        return len(self._waiting.get(chat, ()))

    def add(self, chat: int, thing: T) -> None:
        """Let something wait."""
        self._waiting.setdefault(chat, deque()).append(thing)
        self._length += 1

    def take(self) -> T | None:
        """Take the first thing of the chat that was served longest ago; None if nothing waits."""
        chat = next(self._chats(), None)
        return None if chat is None else self._take_from(chat, 0)

    def take_each(self, count: int, is_wanted: Callable[[T], bool]) -> list[T]:
        """Take up to `count` things of a kind, wherever they stand: one a chat, then another one a chat."""
        taken: list[T] = []
        while len(taken) < count:
            before = len(taken)
            for chat in list(self._chats()):
                place = next((i for i, thing in enumerate(self._waiting[chat]) if is_wanted(thing)), None)
                if place is not None and len(taken) < count:
                    taken.append(self._take_from(chat, place))
            if len(taken) == before:
                break
        return taken

    def clear(self) -> list[T]:
        """Take everything."""
        everything = [thing for things in self._waiting.values() for thing in things]
        self._waiting.clear()
        self._length = 0
        return everything

    def _chats(self) -> Iterator[int]:
        """Give the chats for which something waits, those served longest ago first."""
        return iter(sorted(self._waiting, key=lambda chat: self._served.get(chat, 0)))

    def _take_from(self, chat: int, place: int) -> T:
        things = self._waiting[chat]
        thing = things[place]
        del things[place]
        self._length -= 1
        if not things:
            del self._waiting[chat]
        self._time += 1
        self._served[chat] = self._time
        return thing
