"""Showing: “typing” or “sends a photo” above a chat while its answer is in the making."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar

from telegram import Message
from telegram.constants import ChatAction

SHOW_EVERY_S = 4.0  # Telegram shows an action for five seconds

_tasks: set[asyncio.Task[None]] = set()  # the loop alone would not keep them
_current: "ContextVar[_Shown | None]" = ContextVar("shown", default=None)


class _Shown:
    """What a chat sees: the last of the actions that are going on, until it is over."""

    def __init__(self) -> None:
        self.actions: list[ChatAction] = []
        self.is_over = False
        self.changed = asyncio.Event()


@contextlib.asynccontextmanager
async def showing(message: Message, action: ChatAction) -> AsyncIterator[None]:
    """Show an action in the chat of a message for as long as the block takes, instead of one around it.

    The block does not wait for a call that is still on its way then, nor breaks it off: a connection that is
    broken off while it is made stays open until it is collected.
    """
    around = _current.get()
    if around is not None:
        with _added(around, action):
            yield
        return
    shown = _Shown()
    token = _current.set(shown)
    with _added(shown, action):
        task = asyncio.create_task(_show(message, shown))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        try:
            yield
        finally:
            shown.is_over = True
            shown.changed.set()
            _current.reset(token)


@contextlib.contextmanager
def _added(shown: _Shown, action: ChatAction) -> Iterator[None]:
    shown.actions.append(action)
    shown.changed.set()
    try:
        yield
    finally:
        shown.actions.remove(action)


async def _show(message: Message, shown: _Shown) -> None:
    while not shown.is_over:
        shown.changed.clear()
        if shown.actions:
            await message.reply_chat_action(shown.actions[-1])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(shown.changed.wait(), SHOW_EVERY_S)
