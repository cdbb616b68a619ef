"""A web application in a thread of its own: its socket, its event loop, and the order in which it ends."""

import asyncio
import errno
import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.types import ASGIApp

from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

_START_S = 20.0
_STOP_S = 5.0
_GRACE_S = 1.0


class Served(NamedTuple):
    """What is served, and how to end the answers that would go on for ever: long polls and streams."""

    application: ASGIApp
    hush: Callable[[], None]


class ServerThread:
    """Serves an application from `start` to `stop`; both may be called again.

    Args:
        opened: Opens what is served, in the server's own event loop, and closes it after the last answer.
        folder: Where the application's data lie, for the sentence if they cannot be opened.
        host: The address to listen at.
        port: 0 takes a free one.
        busy_port_ok: Take a free port where the wanted one is in use, instead of failing.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractAsyncContextManager[Served]],
        *,
        folder: Path,
        host: str,
        port: int,
        busy_port_ok: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self._opened = opened
        self._folder = folder
        self._busy_port_ok = busy_port_ok
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it serves."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def has_died(self) -> bool:
        """Whether it has ended though nobody stopped it."""
        return self._thread is not None and not self._thread.is_alive()

    def start(self) -> None:
        """Serve from now on.

        Raises:
            OneNetError: If the port cannot be had or the data cannot be opened.
        """
        listener = self._listen()
        ready = threading.Event()
        self._failure = None
        arguments = (listener, ready)
        self._thread = threading.Thread(target=self._run, args=arguments, name="local chat", daemon=True)
        self._thread.start()
        if not ready.wait(_START_S) or self._failure is not None:
            self.stop()
            if isinstance(self._failure, OneNetError):
                raise self._failure
            reason = f": {self._failure}" if self._failure else ""
            sentence = f"The local chat cannot start with its data in {self._folder}{reason}."
            raise OneNetError(sentence) from self._failure

    def stop(self) -> None:
        """End long polls and streams, and stop serving; harmless if it does not run."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_S)
        self._thread = None

    def _listen(self) -> socket.socket:
        # with the protocol named asyncio sets TCP_NODELAY; without it each answer waits up to 40 ms
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._bind(listener)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        return listener

    def _bind(self, listener: socket.socket) -> None:
        try:
            listener.bind((self.host, self.port))
        except socket.gaierror as error:
            raise OneNetError(f"{self.host} is no address of this computer.") from error
        except (OSError, OverflowError) as error:
            if self._busy_port_ok:
                listener.bind((self.host, 0))
                return
            raise OneNetError(f"{_why_not(error, self.host, self.port)} Choose another port.") from error

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        try:
            asyncio.run(self._serve(listener, ready))
        except BaseException as error:
            if ready.is_set():
                logger.exception("The local chat stopped")
            self._failure = error
        finally:
            listener.close()
            ready.set()

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._opened() as served, asyncio.TaskGroup() as group:
            server = uvicorn.Server(_config(served.application))
            serving = group.create_task(server.serve(sockets=[listener]))
            ready.set()
            stop = group.create_task(self._stop.wait())
            await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
            if not stop.done():
                raise RuntimeError("the web server ended")
            served.hush()
            await _end_answers(server)
            serving.cancel()


async def _end_answers(server: uvicorn.Server) -> None:
    """Take no new connection and let answers under way end, at once: uvicorn itself looks every 0.1 s."""
    for listening in server.servers if server.started else []:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()
    if answers := set(server.server_state.tasks):
        _, late = await asyncio.wait(answers, timeout=_GRACE_S)
        for answer in late:
            answer.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    await asyncio.sleep(0)  # the connections of these answers close


def _why_not(error: OSError | OverflowError, host: str, port: int) -> str:
    if isinstance(error, OverflowError):
        return f"There is no port {port}."
    return f"Port {port} is in use." if error.errno == errno.EADDRINUSE else f"{host}: {error.strerror}."


def _config(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # its lines name addresses, and the bot's addresses hold the token
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
    )
