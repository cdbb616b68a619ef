"""Patience: a question to the server is asked again until it is answered, with growing pauses."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from telegram.error import RetryAfter, TelegramError, TimedOut

from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
PAUSE_GROWS = 1.5
LONGEST_PAUSE_S = 30.0


async def insist(
    ask: Callable[[], Awaitable[object]], failure: str, *, check: Callable[[Exception], None] | None = None
) -> None:
    """Ask until it succeeds, whatever the server or the disk makes of it.

    Args:
        ask: What is asked.
        failure: What the log says when it fails; "" if what the server says is told elsewhere.
        check: Looks at each error; raises one to end it.

    Raises:
        OneNetError: From `ask` or `check`: what asking again cannot mend.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            await ask()
            return
        except OneNetError:
            raise
        except Exception as error:
            if check is not None:
                check(error)
            wait_s = _asked_to_wait_s(error, pause_s)
            is_of_server = isinstance(error, TelegramError)  # its sentence says all
            if failure or not is_of_server:
                logger.warning("%s (%s); next try in %g s", failure, error, wait_s, exc_info=not is_of_server)
        pause_s = min(pause_s * PAUSE_GROWS, LONGEST_PAUSE_S)
        await asyncio.sleep(wait_s)


def seconds_of(error: RetryAfter) -> float:
    """Tell how long the server wants us to wait."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)


def _asked_to_wait_s(error: Exception, pause_s: float) -> float:
    if isinstance(error, RetryAfter):
        return seconds_of(error)
    return 0.0 if isinstance(error, TimedOut) else pause_s  # who timed out has waited
