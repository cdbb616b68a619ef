"""Stopping: what was begun is ended within seconds whatever the network does; the open stays in the inbox."""

import asyncio
import logging
from typing import Any, cast

from telegram.ext import Application

from bot.delivery.connection import Connection
from bot.delivery.dispatch import Dispatcher

logger = logging.getLogger(__name__)

DRAIN_S = 3.5
TASKS_S = 1.0


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
