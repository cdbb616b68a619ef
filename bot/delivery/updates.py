"""Updates: they are asked for as long as there is hope, and no longer than until the bot is to stop."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError
from telegram.ext import Updater

from bot.delivery.connection import Connection
from bot.delivery.inbox import UpdateQueue
from bot.delivery.patience import insist
from onenet.errors import TryAgainError

logger = logging.getLogger(__name__)

LONG_POLL_S = 10.0
LISTENING_S = 1.5
GIVE_UP_S = 300.0  # servers refuse a valid token now and then, but not for as long as that


class PatientUpdater(Updater):
    """Brings updates into the queue: it asks for them, or takes those of the library's webhook.

    The library's own polling ends for ever when a token is refused once, does not pause after an answer that
    it cannot read, and does not hear in its pauses that it is to stop.

    Args:
        connection: Asks.
        queue: Stores what comes.
    """

    def __init__(self, connection: Connection, queue: UpdateQueue) -> None:
        super().__init__(connection, queue)
        self._connection = connection
        self._asking: asyncio.Task[None] | None = None
        self._refused_at: float | None = None

    async def listen(self, *, allowed_updates: Sequence[str], timeout_s: float = LONG_POLL_S) -> None:
        """Begin to ask, once no webhook is in the way.

        Args:
            allowed_updates: The kinds that are asked for.
            timeout_s: How long the server waits for one before it answers that there is none.
        """
        await insist(self._remove_webhook, "The webhook could not be removed")
        self._running = True  # the library's own word for it
        self._asking = asyncio.create_task(self._ask_on(allowed_updates, timeout_s))

    async def receive(self, **webhook: Any) -> None:
        """Let the server bring the updates.

        Args:
            webhook: As of `telegram.ext.Updater.start_webhook`.

        Raises:
            BadRequest: If the server cannot use the address.
            OSError: If the port cannot be had.
        """

        async def start() -> None:
            await self.start_webhook(bootstrap_retries=0, **webhook)

        await insist(start, "The webhook could not be set", check=self._look_at)

    async def ended(self) -> None:
        """Wait for the end of asking, which a fault alone brings about.

        Raises:
            TryAgainError: If the server has refused the token for so long that there is no hope.
        """
        await (self._asking if self._asking is not None else asyncio.Event().wait())

    async def stop(self) -> None:
        """Take no more updates.

        The last question, which confirms what has arrived, may go unanswered: it is known in the inbox.
        """
        try:
            async with asyncio.timeout(LISTENING_S):
                await (super().stop() if self._asking is None else self._stop_asking(self._asking))
        except (TimeoutError, TelegramError):
            logger.info(
                "The server does not answer; what has arrived is known and will not be answered twice"
            )

    async def _stop_asking(self, asking: "asyncio.Task[None]") -> None:
        self._running, self._asking = False, None
        asking.cancel()
        await asyncio.wait([asking])
        if self._last_update_id:
            await self._connection.get_updates(self._last_update_id, timeout=timedelta(0))

    async def _remove_webhook(self) -> None:
        await self._connection.delete_webhook()

    async def _ask_on(self, allowed_updates: Sequence[str], timeout_s: float) -> None:
        async def ask() -> None:
            offset, timeout = self._last_update_id, timedelta(seconds=timeout_s)
            updates = await self._connection.get_updates(
                offset, timeout=timeout, allowed_updates=allowed_updates
            )
            self._refused_at = None
            for update in updates:
                await self.update_queue.put(update)
            if updates:  # the next question confirms them
                self._last_update_id = max(update.update_id for update in updates) + 1

        while True:
            await insist(ask, "No messages from the server just now", check=self._look_at)

    def _look_at(self, error: Exception) -> None:
        """Raise an error that trying again cannot mend."""
        if isinstance(error, Conflict):
            logger.error(
                "Another program receives this bot's messages: stop it, or use a bot of its own here."
            )
        elif isinstance(error, InvalidToken):
            self._give_up_if_hopeless(error)
        elif self._asking is None and isinstance(error, BadRequest | OSError):
            raise error

    def _give_up_if_hopeless(self, error: InvalidToken) -> None:
        now = time.monotonic()
        self._refused_at = self._refused_at or now
        refused_s = now - self._refused_at
        if refused_s >= GIVE_UP_S:
            raise TryAgainError(
                f"{self._connection.server} has refused BOT_TOKEN for {refused_s / 60:.0f} minutes "
                f"({error}): the bot ends. If @BotFather gave you a new token, set BOT_TOKEN to it."
            ) from error
