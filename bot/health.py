"""Health: whether the bot is well, and its figures, for those who watch over it."""

import time
from typing import Any

import tornado.httpserver
import tornado.web
from telegram.ext import Application

from bot.delivery.connection import Connection
from bot.delivery.inbox import Inbox
from bot.inference.worker import Worker
from bot.metrics import Metrics
from bot.settings import Settings

SILENCE_S = 60.0  # the server answers each question for updates within a quarter of that
FAILURE_S = 60.0


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
        self._server: tornado.httpserver.HTTPServer | None = None

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
        heard_at = max(self._application.bot.polled_at, self._metrics.started_at)
        if not self._settings.webhook_url and now - heard_at > SILENCE_S:
            return f"The server has not answered for {now - heard_at:.0f} s."
        return ""

    def start(self, address: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: If the port is in use.
        """
        pages = [("/healthz", _HealthPage, {"health": self}), ("/metrics", _MetricsPage, {"health": self})]
        application = tornado.web.Application(pages, log_function=lambda handler: None)
        self._server = application.listen(port, address)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.stop()
            await self._server.close_all_connections()
            self._server = None

    def figures(self) -> bytes:
        """Give the figures in Prometheus's format."""
        return self._metrics.text()


class _Page(tornado.web.RequestHandler):
    """A page of plain text."""

    health: Health

    def initialize(self, health: Health) -> None:
        self.health = health

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Content-Type", "text/plain; charset=utf-8")


class _HealthPage(_Page):
    def get(self) -> None:
        problem = self.health.problem()
        self.set_status(503 if problem else 200)
        self.finish(f"{problem or 'ok'}\n")


class _MetricsPage(_Page):
    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self.health.figures())
