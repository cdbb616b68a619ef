"""Stopping: the application ends within seconds whatever the network does; the open stays in the inbox."""

import asyncio
import logging
from typing import Any, cast

from telegram.ext import Application, Updater

from bot.delivery.connection import Connection
from bot.delivery.dispatch import Dispatcher

logger = logging.getLogger(__name__)

LISTENING_S = 1.5
DRAIN_S = 3.5
TASKS_S = 1.0


class PromptUpdater(Updater):
    """Stops to listen, within a time.

    The library's last question, which confirms what has arrived, may go unanswered: it is known in the inbox.
    """

    async def stop(self) -> None:
        """Take no more updates."""
        try:
            async with asyncio.timeout(LISTENING_S):
                await super().stop()
        except TimeoutError:
            logger.info(
                "The server does not answer; what has arrived is known and will not be answered twice"
            )


class PromptApplication(Application[Connection, Any, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]):
    """Ends what was begun, within a time, before it stops."""

    async def stop(self) -> None:
        """Begin nothing new, end what was begun."""
        await cast(Dispatcher, self.update_processor).drain(DRAIN_S)
        try:
            async with asyncio.timeout(TASKS_S):
                await super().stop()
        except TimeoutError:
            logger.warning("Some work in the background was broken off")
