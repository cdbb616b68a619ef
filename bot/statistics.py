"""Statistics: what has happened since the start, in numbers."""

import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

LATEST = 10_000  # answers of which the latency is known
ANSWERS = ("send", "edit", "answer", "copy")

_answering: ContextVar["set[str] | None"] = ContextVar("answering", default=None)


def note_request(method: str) -> None:
    """Note that a Bot API method is called: an update for which nothing is said has no latency."""
    methods = _answering.get()
    if methods is not None and method.startswith(ANSWERS) and method != "sendChatAction":
        methods.add(method)


class Statistics:
    """Counts updates and measures answers, from the beginning of the work to its end.

    Attributes:
        updates: Updates handled.
        answers: Those of them for which something was said.
    """

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self.updates = 0
        self.answers = 0
        self._latencies_s: deque[float] = deque(maxlen=LATEST)

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begun

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count the update that is handled in the block, and measure it if something is said."""
        self.updates += 1
        begun, methods = time.monotonic(), set[str]()
        token = _answering.set(methods)
        try:
            yield
        finally:
            _answering.reset(token)
            if methods:
                self.answers += 1
                self._latencies_s.append(time.monotonic() - begun)

    def latencies_s(self, *shares: float) -> list[float]:
        """Give the latencies that these shares of the latest answers did not exceed; 0 for no answers."""
        return percentiles(self._latencies_s, shares)


def percentiles(values: Sequence[float], shares: Sequence[float]) -> list[float]:
    """Give for each share, above 0 and up to 1, the smallest value that so many do not exceed; 0 for none."""
    ordered = sorted(values)
    return [ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0 for share in shares]
