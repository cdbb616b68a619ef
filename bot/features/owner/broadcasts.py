"""Broadcasts: what the owner sends to every chat, slowly, and on from there after a restart."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError, TimedOut

from bot.background import Background
from bot.chats.chats import Chats
from bot.store.database import Database

logger = logging.getLogger(__name__)

PAUSE_S = 0.1  # leaves most of what Telegram allows a second to the answers
RETRY_S = 30.0
STOP_S = 3.0

Outcome = Literal["sent", "left", "failed"]


@dataclass(frozen=True)
class Delivery:
    """What became of a broadcast.

    Attributes:
        sent: Chats that got it.
        left: Chats that had removed or blocked the bot.
        failed: Chats of which it is not known, or known that they did not get it.
    """

    sent: int
    left: int
    failed: int


Report = Callable[[Delivery], Coroutine[Any, Any, None]]


class Broadcasts:
    """Sends one broadcast after another in the background.

    A chat is marked before it is sent to: whatever happens, none gets a broadcast twice.

    Args:
        database: Keeps the texts until they are sent, and how far that is.
        chats: Who gets them.
        pause_s: Seconds between two chats.
    """

    def __init__(self, database: Database, chats: Chats, *, pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._chats = chats
        self._pause_s = pause_s
        self._background = Background("The broadcast cannot go on", retry_s=RETRY_S)

    def start(self, bot: Bot, report: Report) -> None:
        """Go on with what is not all sent.

        Args:
            report: Tells the owner what became of one.
        """
        self._background.start(partial(self._send_next, bot, report))

    async def stop(self) -> None:
        """Stop after the chat in hand."""
        await self._background.stop(patience_s=STOP_S)

    async def draft(self, bot_id: int, text: str) -> tuple[int, int]:
        """Keep a text (HTML) until it is confirmed, instead of the one before it.

        Returns:
            Its number, and how many chats would get it now.
        """
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM broadcasts WHERE bot_id = ? AND state = 'draft'", (bot_id,))
            insert = "INSERT INTO broadcasts (bot_id, text) VALUES (?, ?)"
            async with connection.execute(insert, (bot_id, text)) as cursor:
                number = cursor.lastrowid
        assert number is not None
        query = "SELECT COUNT(*) FROM chats WHERE bot_id = ? AND left_at IS NULL AND kind <> 'channel'"
        row = await self._database.row(query, (bot_id,))
        return number, int(row[0]) if row is not None else 0

    async def drop(self, bot_id: int, number: int) -> bool:
        """Forget a draft; False if there is none of this number."""
        query = "DELETE FROM broadcasts WHERE broadcast_id = ? AND bot_id = ? AND state = 'draft'"
        return await self._database.write(query, (number, bot_id)) > 0

    async def begin(self, bot_id: int, number: int) -> int | None:
        """Begin to send a draft to the chats of this moment; their number, or None without such a draft."""
        async with self._database.transaction() as connection:
            update = """UPDATE broadcasts SET state = 'sending'
                        WHERE broadcast_id = ? AND bot_id = ? AND state = 'draft'"""
            if (await connection.execute(update, (number, bot_id))).rowcount == 0:
                return None
            insert = """INSERT INTO broadcast_chats (broadcast_id, chat_id) SELECT ?, chat_id FROM chats
                        WHERE bot_id = ? AND left_at IS NULL AND kind <> 'channel'"""
            chats = (await connection.execute(insert, (number, bot_id))).rowcount
        self._background.wake()
        return chats

    async def _send_next(self, bot: Bot, report: Report) -> float | None:
        """Send the oldest broadcast to one chat more; the seconds to rest, None if there is none to send."""
        query = """SELECT broadcast_id, text FROM broadcasts WHERE bot_id = ? AND state = 'sending'
                   ORDER BY broadcast_id LIMIT 1"""
        broadcast = await self._database.row(query, (bot.id,))
        if broadcast is None:
            return None
        number, text = int(broadcast[0]), str(broadcast[1])
        query = "SELECT chat_id FROM broadcast_chats WHERE broadcast_id = ? AND state = 'waiting' LIMIT 1"
        chat = await self._database.row(query, (number,))
        if chat is None:
            await self._finish(report, number)
            return 0.0
        return await self._send(bot, number, int(chat[0]), text)

    async def _send(self, bot: Bot, number: int, chat_id: int, text: str) -> float:
        """Send to one chat; the seconds to rest."""
        await self._mark(number, chat_id, "sending")
        outcome = await self._post(bot, chat_id, text)
        if outcome == "left":
            await self._chats.leave(bot.id, chat_id)
        await self._mark(number, chat_id, outcome or "waiting")
        return RETRY_S if outcome is None else self._pause_s

    async def _post(self, bot: Bot, chat_id: int, text: str) -> Outcome | None:
        """Send to one chat; None if it is to be tried again later."""
        settings = await self._chats.settings(bot.id, chat_id)
        is_quiet = settings.is_quiet(datetime.now(UTC))
        try:
            await bot.send_message(chat_id, text, disable_notification=is_quiet)
        except Forbidden:
            return "left"
        except ChatMigrated as error:
            return await self._post(bot, error.new_chat_id, text)
        except (BadRequest, TimedOut) as error:  # what timed out may have arrived
            logger.info("A broadcast was not taken by %d (%s)", chat_id, error)
            return "failed"
        except TelegramError as error:
            wait = "is to wait" if isinstance(error, RetryAfter) else "cannot go on"
            logger.warning("A broadcast %s (%s): next try in %g s", wait, error, RETRY_S)
            return None
        return "sent"

    async def _mark(self, number: int, chat_id: int, state: str) -> None:
        query = "UPDATE broadcast_chats SET state = ? WHERE broadcast_id = ? AND chat_id = ?"
        await self._database.write(query, (state, number, chat_id))

    async def _finish(self, report: Report, number: int) -> None:
        query = "SELECT state, COUNT(*) FROM broadcast_chats WHERE broadcast_id = ? GROUP BY state"
        counts = {str(row[0]): int(row[1]) for row in await self._database.rows(query, (number,))}
        failed = counts.get("failed", 0) + counts.get("sending", 0)  # the end of a bot cuts one off
        try:
            await report(Delivery(counts.get("sent", 0), counts.get("left", 0), failed))
        except TelegramError as error:
            logger.warning("The owner could not be told of the broadcast's end: %s", error)
        await self._database.write("DELETE FROM broadcasts WHERE broadcast_id = ?", (number,))
