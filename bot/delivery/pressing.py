"""Pressing: a button does its work once at a time, however often it is pressed."""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from bot.store.keys import AnswerKey


class PressedButton(NamedTuple):
    """A button that is worked on.

    Attributes:
        message: Under which it stands.
        data: What it sends.
        presser: Who pressed it, where it does its work for each person; else 0.
    """

    message: AnswerKey
    data: str
    presser: int = 0


class Pressing:
    """The buttons that are being worked on."""

    def __init__(self) -> None:
        self._held: set[PressedButton] = set()

    def __len__(self) -> int:
        return len(self._held)

    @contextlib.contextmanager
    def holding(self, button: PressedButton) -> Iterator[bool]:
        """Give True to the first who holds a button, False to those who come before it is done."""
        if button in self._held:
            yield False
            return
        self._held.add(button)
        try:
            yield True
        finally:
            self._held.discard(button)
