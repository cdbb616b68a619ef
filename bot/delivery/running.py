"""Running: from the first question to the server until a signal or a fault ends all that was begun."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.ext import Application

from bot.delivery.connection import Connection
from bot.delivery.patience import insist
from bot.delivery.updates import PatientUpdater
from onenet.errors import TryAgainError

logger = logging.getLogger(__name__)

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGABRT")
CANCEL_S = 0.5
TALK_S = 6.0  # for all that talks to the server at the end
CLOSE_S = 3.0
WATCH_S = 1.0

AnyApplication = Application[Connection, Any, Any, Any, Any, Any]
Listen = Callable[[PatientUpdater], Awaitable[object]]
Failure = Callable[[], str]


def run(application: AnyApplication, listen: Listen, failure: Failure = lambda: "") -> None:
    """Run until a signal; see `live`.

    Not with `asyncio.run`, which waits for threads that nobody can stop, such as one that looks up a name in
    a network that is gone.
    """
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_until_a_signal(application, listen, failure))
    finally:
        if left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left, timeout=TALK_S + CLOSE_S))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def live(
    application: AnyApplication, listen: Listen, told: asyncio.Event, failure: Failure = lambda: ""
) -> None:
    """Begin, answer until told to end or unable to go on, and end whatever was begun.

    Args:
        application: With a `PatientUpdater`.
        listen: Lets it bring updates.
        told: Set when it is to end, at any moment.
        failure: Says what part has died that it cannot do without; "" if none has.

    Raises:
        TryAgainError: If a part has died.
        Exception: What made it unable to begin or go on.
    """
    life = asyncio.create_task(_begin_and_answer(application, listen))
    telling, watching = asyncio.create_task(told.wait()), asyncio.create_task(_watch(failure))
    try:
        await asyncio.wait((life, telling, watching), return_when=asyncio.FIRST_COMPLETED)
        _raise_if_dead(failure)  # what began and answers may have failed of that
        if life.done():
            life.result()
    finally:  # reached by a Ctrl-C where there are no signal handlers, too
        telling.cancel()
        watching.cancel()
        await _cancelled(life)
        await _end(application)


async def _watch(failure: Failure) -> None:
    """End when a part has died."""
    while True:
        if failure():
            return
        await asyncio.sleep(WATCH_S)


def _raise_if_dead(failure: Failure) -> None:
    if sentence := failure():
        raise TryAgainError(f"{sentence} The bot ends, to be started anew.")


async def _until_a_signal(application: AnyApplication, listen: Listen, failure: Failure) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            continue  # under nohup it is to live on
        try:
            loop.add_signal_handler(number, told.set)
        except NotImplementedError:  # on Windows, where Ctrl-C cancels this task
            break
    await live(application, listen, told, failure)


async def _begin_and_answer(application: AnyApplication, listen: Listen) -> None:
    updater = application.updater
    assert isinstance(updater, PatientUpdater)
    await insist(application.initialize, "")  # the connection says what is wrong
    if application.post_init is not None:
        await application.post_init(application)
    await listen(updater)
    await application.start()
    await updater.ended()


async def _cancelled(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait for it; what it failed of is raised elsewhere."""
    task.cancel()
    await asyncio.wait([task], timeout=CANCEL_S)


async def _end(application: AnyApplication) -> None:
    """End everything, though some of it fails."""
    talk_until = asyncio.get_running_loop().time() + TALK_S
    updater = application.updater
    if updater is not None and updater.running:
        await _step("take no more updates", updater.stop(), talk_until)
    if application.running:
        await _step("end the answers", application.stop(), talk_until)
    if application.post_stop is not None:
        await _step("end the work in the background", application.post_stop(application), talk_until)
    await _step("close the connection", application.shutdown(), talk_until)
    await _step("close the connection", application.bot.shutdown(), talk_until)  # also half open
    if application.post_shutdown is not None:
        close_until = asyncio.get_running_loop().time() + CLOSE_S
        await _step("close everything", application.post_shutdown(application), close_until)


async def _step(what: str, work: Awaitable[object], until: float) -> None:
    try:
        async with asyncio.timeout_at(until):
            await work
    except TimeoutError:
        logger.warning("Could not %s in time", what)
    except Exception:
        logger.exception("Could not %s", what)
