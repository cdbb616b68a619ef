"""Background: one step after another beside the answers, woken, tried again after a failure, stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from telegram.error import TelegramError

logger = logging.getLogger(__name__)

Step = Callable[[], Awaitable[float | None]]


class Background:
    """Takes a step again and again, in a task that the application does not wait for before it stops.

    Args:
        failure: What the log says when a step fails: what could not be done.
        retry_s: Seconds from a failure to the next try.
    """

    def __init__(self, failure: str, *, retry_s: float) -> None:
        self._failure = failure
        self._retry_s = retry_s
        self._woken = asyncio.Event()
        self._is_stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, step: Step) -> None:
        """Begin.

        Args:
            step: Gives the seconds until the next step; None: until there is a reason to wake it.
        """
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(step))

    def wake(self) -> None:
        """Let the next step begin now, whatever it waits for; callable from any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # closed in this very moment
                self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self, *, patience_s: float = 0.0) -> None:
        """Stop after the step in hand or, if that takes longer than it has patience for, amid it."""
        self._is_stopping = True
        self._woken.set()
        if self._task is not None:
            if patience_s:
                await asyncio.wait([self._task], timeout=patience_s)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, step: Step) -> None:
        while not self._is_stopping:
            self._woken.clear()
            try:
                pause_s = await step()
            except Exception as error:  # the server, the disk, a locked database: worth another try later
                is_of_server = isinstance(error, TelegramError)  # its sentence says all
                text = "%s (%s); next try in %g s"
                logger.error(text, self._failure, error, self._retry_s, exc_info=not is_of_server)
                pause_s = self._retry_s
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
