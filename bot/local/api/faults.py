"""Faults that real Telegram and the way to it show, on demand, for tests."""

import threading
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from bot.local.errors import ApiError

_DESCRIPTIONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}


@dataclass
class Fault:
    """One thing to go wrong, a number of times."""

    kind: Literal["error", "drop", "delay", "html"]
    times: int
    error: ApiError | None = None
    seconds: float = 0.0
    processed: bool = False
    chat_id: int | None = None

    def concerns(self, chat_id: int | None) -> bool:
        """Whether a call about this chat meets it."""
        return self.times > 0 and self.chat_id in (None, chat_id)


class Repeats(NamedTuple):
    """Updates to be delivered again: how many, and how long after the first delivery at the earliest."""

    times: int
    after_s: float


class Faults:
    """Faults by method name ("*" for every method) and, where given, by chat; callable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, list[Fault]] = {}
        self._unknown: set[str] = set()
        self._repeats = Repeats(0, 0.0)
        self.callbacks_expired = False
        self.updates_shuffled = False
        self.gather_s = 0.0

    def add(
        self,
        method: str,
        *,
        status: int = 429,
        retry_after: int = 1,
        times: int = 1,
        description: str | None = None,
        chat_id: int | None = None,
    ) -> None:
        """Answer the next calls with an error."""
        parameters = {"retry_after": retry_after} if status == 429 else {}
        if description is None:
            limit = f"Too Many Requests: retry after {retry_after}"
            description = limit if status == 429 else _DESCRIPTIONS.get(status, "Internal Server Error")
        error = ApiError(status, description, **parameters)
        self._add(method, Fault("error", times, error=error, chat_id=chat_id))

    def drop(
        self, method: str, times: int = 1, *, processed: bool = False, chat_id: int | None = None
    ) -> None:
        """Break the connection off before an answer; with `processed`, after the call took effect."""
        self._add(method, Fault("drop", times, processed=processed, chat_id=chat_id))

    def delay(self, method: str, seconds: float, times: int = 1, *, chat_id: int | None = None) -> None:
        """Answer the next calls late."""
        self._add(method, Fault("delay", times, seconds=seconds, chat_id=chat_id))

    def html(self, method: str, times: int = 1, *, status: int = 502, chat_id: int | None = None) -> None:
        """Answer the next calls with a web page, as a proxy on the way does."""
        error = ApiError(status, _DESCRIPTIONS.get(status, "Bad Gateway"))
        self._add(method, Fault("html", times, error=error, chat_id=chat_id))

    def repeat_updates(self, times: int = 1, *, after_s: float = 0.0) -> None:
        """Deliver each of the next updates a second time, though the bot has confirmed it.

        Args:
            times: How many updates.
            after_s: How long after the first delivery at the earliest.
        """
        with self._lock:
            self._repeats = Repeats(times, after_s)

    def shuffle_updates(self, *, gather_s: float = 0.2) -> None:
        """Deliver updates out of order.

        Args:
            gather_s: How long to wait after the first of them, to have some to mix.
        """
        self.gather_s = gather_s
        self.updates_shuffled = True

    def expire_callbacks(self) -> None:
        """Let every callback query, old or new, be too old to be answered."""
        self.callbacks_expired = True

    def unknown(self, method: str) -> None:
        """Be a server that does not know a method."""
        with self._lock:
            self._unknown.add(method.lower())

    def clear(self) -> None:
        """Be well again."""
        with self._lock:
            self._faults.clear()
            self._unknown.clear()
            self._repeats = Repeats(0, 0.0)
            self.callbacks_expired = False
            self.updates_shuffled = False

    def is_unknown(self, method: str) -> bool:
        """Whether this method shall be unknown."""
        return method.lower() in self._unknown

    def waiting(self) -> list[dict[str, Any]]:
        """The faults of calls that are still to come, by their methods in small letters."""
        with self._lock:
            unknown = [{"method": name, "kind": "unknown"} for name in sorted(self._unknown)]
            return unknown + [
                {
                    "method": method,
                    "kind": fault.kind,
                    "status": fault.error.code if fault.error else None,
                    "times": fault.times,
                    "chat_id": fault.chat_id,
                }
                for method, faults in self._faults.items()
                for fault in faults
                if fault.times > 0
            ]

    def take_repeats(self, count: int) -> Repeats:
        """How many of this many updates shall come again, and when; they count as repeated."""
        with self._lock:
            taken = min(count, self._repeats.times)
            self._repeats = self._repeats._replace(times=self._repeats.times - taken)
            return self._repeats._replace(times=taken)

    def take(self, method: str, chat_id: int | None = None) -> Fault | None:
        """The fault for this call, if there is one; it counts as used."""
        with self._lock:
            for name in (method.lower(), "*"):
                for fault in self._faults.get(name, []):
                    if fault.concerns(chat_id):
                        fault.times -= 1
                        return fault
        return None

    def _add(self, method: str, fault: Fault) -> None:
        with self._lock:
            self._faults.setdefault(method.lower(), []).append(fault)
