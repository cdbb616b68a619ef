"""What was left out because there was too much, told once a minute at most."""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from telegram import Message
from telegram.error import TelegramError

from bot.delivery.connection import may_be_sent_later
from bot.delivery.turn import Turn, begin_turn
from bot.inference.quotas import MINUTE_S, LeftOutError
from bot.language import phrases

logger = logging.getLogger(__name__)

GATHER_S = 1.0


class _Entry(NamedTuple):
    """Something that was left out."""

    message: Message
    error: LeftOutError
    turn: Turn


class LeftOut:
    """Tells each chat, once a minute at most and in one message, of all that was left out.

    Until then those updates stay open: after a restart they are handled again.

    Args:
        gather_s: Seconds in which what belongs together arrives.
        every_s: Seconds between two such messages.
    """

    def __init__(self, *, gather_s: float = GATHER_S, every_s: float = MINUTE_S) -> None:
        self._gather_s = gather_s
        self._every_s = every_s
        self._entries: dict[int, list[_Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, message: Message, error: LeftOutError, turn: Turn) -> None:
        """Tell soon that something was left out, in reply to a message; to be called in the update's task."""
        turn.hand_over()
        entry = _Entry(message, error, turn)
        if turn.chat_id in self._entries:
            self._entries[turn.chat_id].append(entry)
            return
        self._entries[turn.chat_id] = [entry]
        task = asyncio.create_task(self._tell(turn.chat_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Tell nothing more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, chat_id: int) -> None:
        begin_turn(None)  # one message for many turns
        entries = self._entries[chat_id]
        await asyncio.sleep(self._gather_s)
        while entries:
            told = list(entries)
            if await _send(told):
                del entries[: len(told)]
                for entry in told:
                    await entry.turn.finish()
            await asyncio.sleep(self._every_s)
        del self._entries[chat_id]


async def _send(entries: Sequence[_Entry]) -> bool:
    """Tell a chat of all that was left out; False if that has to be tried again."""
    by_kind: dict[type[LeftOutError], list[LeftOutError]] = {}
    for entry in entries:
        by_kind.setdefault(type(entry.error), []).append(entry.error)
    text = "\n\n".join(errors[0].summary(sum(error.count for error in errors)) for errors in by_kind.values())
    try:
        await entries[0].message.reply_text(phrases.sentence(text), do_quote=True)
    except TelegramError as error:
        logger.warning("Could not tell of what was left out: %s", error)
        return not may_be_sent_later(error)
    return True
