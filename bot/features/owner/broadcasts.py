"""Broadcasts: what the owner sends to every chat, slowly, and on from there after a restart."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError, TimedOut

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
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, bot: Bot, report: Report) -> None:
        """Go on with what is not all sent.

        Args:
            report: Tells the owner what became of one.
        """
        self._task = asyncio.create_task(self._run(bot, report))

    async def stop(self) -> None:
        """Stop after the chat in hand."""
        self._stopping.set()
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_S)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

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
        self._woken.set()
        return chats

    async def _run(self, bot: Bot, report: Report) -> None:
        while not self._stopping.is_set():
            try:
                await self._work(bot, report)
            except Exception:  # a full disk, a locked database: worth another try later
                logger.exception("The broadcast cannot go on; next try in %g s", RETRY_S)
                await self._pause(RETRY_S)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _work(self, bot: Bot, report: Report) -> None:
        cut_off = "UPDATE broadcast_chats SET state = 'failed' WHERE state = 'sending'"
        await self._database.write(cut_off, ())
        while not self._stopping.is_set():
            query = """SELECT broadcast_id, text FROM broadcasts WHERE bot_id = ? AND state = 'sending'
                       ORDER BY broadcast_id LIMIT 1"""
            row = await self._database.row(query, (bot.id,))
            if row is None:
                await self._woken.wait()
                self._woken.clear()
            else:
                await self._send_all(bot, report, int(row[0]), str(row[1]))

    async def _send_all(self, bot: Bot, report: Report, number: int, text: str) -> None:
        query = "SELECT chat_id FROM broadcast_chats WHERE broadcast_id = ? AND state = 'waiting' LIMIT 1"
        while not self._stopping.is_set():
            row = await self._database.row(query, (number,))
            if row is None:
                await self._finish(report, number)
                return
            await self._send(bot, number, int(row[0]), text)
            await self._pause(self._pause_s)

    async def _send(self, bot: Bot, number: int, chat_id: int, text: str) -> None:
        await self._mark(number, chat_id, "sending")
        outcome = await self._post(bot, chat_id, text)
        if outcome == "left":
            await self._chats.leave(bot.id, chat_id)
        await self._mark(number, chat_id, outcome or "waiting")
        if outcome is None:
            await self._pause(RETRY_S)

    async def _post(self, bot: Bot, chat_id: int, text: str) -> Outcome | None:
        """Send to one chat; None if it is to be tried again later."""
        settings = await self._chats.settings(bot.id, chat_id)
        is_quiet = settings.is_quiet(datetime.now(UTC).hour)
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
        try:
            await report(Delivery(*(counts.get(state, 0) for state in ("sent", "left", "failed"))))
        except TelegramError as error:
            logger.warning("The owner could not be told of the broadcast's end: %s", error)
        await self._database.write("DELETE FROM broadcasts WHERE broadcast_id = ?", (number,))
