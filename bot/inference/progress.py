"""Progress: telling how far something is while it is in the making, and the button that stops it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from telegram.error import TelegramError

from bot.delivery.turn import begin_turn
from bot.inference import progress_texts as texts
from bot.messages.incoming import Incoming, Press
from bot.store.keys import ChatKey

GROUP_EDIT_EVERY_S = 12.0  # a group takes 20 messages a minute, edits among them: most are for the answers

Tell = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def telling(tell: Tell) -> AsyncIterator[None]:
    """Tell how far the block is, beside it. That is no answer yet: if the bot ends, one is still owed.

    Args:
        tell: Is given an event that is set at the end of the block; it ends soon then.
    """
    is_over = asyncio.Event()

    async def without_turn() -> None:
        begin_turn(None)
        await tell(is_over)

    task = asyncio.create_task(without_turn())
    try:
        yield
    finally:
        is_over.set()
        await task


async def happens(event: asyncio.Event, seconds: float) -> bool:
    """Tell whether something happens in that time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def between_edits_s(asked: Incoming, usual_s: float) -> float:
    """Give the seconds between two edits of a message that tells how far something is."""
    return usual_s if asked.is_private else max(usual_s, GROUP_EDIT_EVERY_S)


async def press_stop(press: Press, stop: Callable[[ChatKey], bool]) -> None:
    """Give up what a chat waits for, whoever of it wants that.

    Args:
        stop: Gives it up; False if there is nothing to give up.
    """
    assert press.on is not None
    is_stopped = stop(press.on.chat)
    await press.answer(texts.stopping() if is_stopped else texts.nothing_to_stop())
    if not is_stopped:  # a killed bot left it behind
        with contextlib.suppress(TelegramError):
            await press.on.message.edit_reply_markup(None)
