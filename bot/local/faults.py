"""Faults that real Telegram shows, on demand, for tests."""

import threading
from dataclasses import dataclass
from typing import Literal

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

    kind: Literal["error", "drop", "delay"]
    times: int
    error: ApiError | None = None
    seconds: float = 0.0
    processed: bool = False


class Faults:
    """Faults by method name ("*" for every method); callable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, list[Fault]] = {}
        self._unknown: set[str] = set()
        self.callbacks_expired = False

    def add(
        self,
        method: str,
        *,
        status: int = 429,
        retry_after: int = 1,
        times: int = 1,
        description: str | None = None,
    ) -> None:
        """Answer the next calls with an error."""
        wait_s = retry_after if status == 429 else None
        if description is None:
            limit = f"Too Many Requests: retry after {retry_after}"
            description = limit if status == 429 else _DESCRIPTIONS.get(status, "Internal Server Error")
        self._add(method, Fault("error", times, error=ApiError(status, description, retry_after=wait_s)))

    def drop(self, method: str, times: int = 1, *, processed: bool = False) -> None:
        """Break the connection off before an answer; with `processed`, after the call took effect."""
        self._add(method, Fault("drop", times, processed=processed))

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Answer the next calls late."""
        self._add(method, Fault("delay", times, seconds=seconds))

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
            self.callbacks_expired = False

    def is_unknown(self, method: str) -> bool:
        """Whether this method shall be unknown."""
        return method.lower() in self._unknown

    def take(self, method: str) -> Fault | None:
        """The fault for this call, if there is one; it counts as used."""
        with self._lock:
            for name in (method.lower(), "*"):
                for fault in self._faults.get(name, []):
                    if fault.times > 0:
                        fault.times -= 1
                        return fault
        return None

    def _add(self, method: str, fault: Fault) -> None:
        with self._lock:
            self._faults.setdefault(method.lower(), []).append(fault)
