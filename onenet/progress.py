"""Progress on stderr: a bar for people, now and then a line for logs."""

import sys
import time
from types import TracebackType
from typing import Any

from onenet.process import printable

LINE_EVERY_S = 5.0


class ProgressDisplay:
    """Shows how far long tasks are and how long they will still take; used in a `with` block.

    Args:
        unit: What is counted; "B" for bytes.
    """

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._task = ""
        self._bar: Any = None

    def __enter__(self) -> "ProgressDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def show(self, task: str, done: int, total: int | None, note: str = "") -> None:
        """Say that `done` of `total` units are done; call it as often as you like.

        Args:
            task: What is being done; another one than last time begins a new bar.
            done: Units done, counted from the beginning of the task, even if this run began later.
            total: None if it is not known.
            note: Shown behind the numbers.
        """
        if task != self._task:
            self._close()
            self._task, self._first, self._began = task, done, time.monotonic()
            self._line_at = self._began + LINE_EVERY_S
        if sys.stderr.isatty():
            self._show_bar(done, total, note)
        elif time.monotonic() >= self._line_at:
            self._line_at = time.monotonic() + LINE_EVERY_S
            print(printable(self._line(done, total, note)), file=sys.stderr, flush=True)

    def _show_bar(self, done: int, total: int | None, note: str) -> None:
        if self._bar is None:
            from tqdm import tqdm  # late, so that where it is missing somebody can say so

            scale = {"unit_scale": True, "unit_divisor": 1024} if self._unit == "B" else {}
            self._bar = tqdm(
                desc=printable(self._task), unit=self._unit, initial=done, file=sys.stderr, **scale
            )
        self._bar.total = total
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)

    def _line(self, done: int, total: int | None, note: str) -> str:
        parts = [f"{self._task}: {self._amount(done)}{f' of {self._amount(total)}' if total else ''}"]
        if total and done > self._first:
            seconds = (time.monotonic() - self._began) / (done - self._first) * (total - done)
            parts.append(f"{seconds:.0f} s left")
        return ", ".join([*parts, note] if note else parts)

    def _amount(self, count: int) -> str:
        return f"{count / 1_000_000:.1f} MB" if self._unit == "B" else str(count)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
