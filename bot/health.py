"""Health: whether the bot is well, and its figures, for those who watch over it."""

import asyncio
import errno
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram.ext import Application

from bot.delivery.connection import Connection
from bot.delivery.inbox import Inbox
from bot.inference.worker import Worker
from bot.metrics import Metrics
from bot.settings import Settings
from onenet.errors import OneNetError

SILENCE_S = 60.0  # the server answers each question for updates within a quarter of that
FAILURE_S = 60.0
FIGURES_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """Answers at /healthz and /metrics of a port of its own.

    Args:
        worker: Whose thread has to run.
        inbox: Has to take updates.
        metrics: The figures.
        settings: Tell whether updates are asked for.
        application: Whose connection is looked at.
    """

    def __init__(
        self,
        worker: Worker,
        inbox: Inbox,
        metrics: Metrics,
        settings: Settings,
        application: Application[Connection, Any, Any, Any, Any, Any],
    ) -> None:
        self._worker = worker
        self._inbox = inbox
        self._metrics = metrics
        self._settings = settings
        self._application = application
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    def problem(self) -> str:
        """Say what is wrong; "" if nothing is."""
        now = time.monotonic()
        if not self._worker.is_alive:
            return "The network's thread has ended."
        if now - self._inbox.failed_at < FAILURE_S:
            return "The database takes no updates."
        updater = self._application.updater
        if updater is None or not updater.running:
            return "No updates are taken."
        if refusal := self._application.bot.refusal:
            return f"The server gives no updates: {refusal}."
        heard_at = max(self._application.bot.polled_at, self._metrics.started_at)
        if not self._settings.webhook_url and now - heard_at > SILENCE_S:
            return f"The server has not answered for {now - heard_at:.0f} s."
        return ""

    def start(self, address: str, port: int) -> None:
        """Listen, and answer in the loop of the bot.

        Raises:
            OneNetError: If the port or the address cannot be had.
        """
        listener = _listen(address, port)
        pages = [Route("/healthz", self._show_health), Route("/metrics", self._show_figures)]
        self._server = _Server(_config(Starlette(routes=pages)))
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def _show_health(self, request: Request) -> Response:
        problem = self.problem()
        return PlainTextResponse(f"{problem or 'ok'}\n", status_code=503 if problem else 200)

    async def _show_figures(self, request: Request) -> Response:
        return Response(self._metrics.text(), media_type=FIGURES_TYPE)


class _Server(uvicorn.Server):
    """A web server that leaves the signals to the bot, which ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"METRICS_PORT {port} is in use: stop what listens there, or set another one."
        else:
            reason = str(error.strerror).partition(" (")[0]
            problem = f"METRICS_LISTEN {address} cannot be used with METRICS_PORT {port}: {reason}."
        raise OneNetError(problem) from error


def _config(application: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
