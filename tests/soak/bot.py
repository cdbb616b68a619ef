"""The bot's process of a soak: the real bot with the fake engine, and a log that tells what it sends."""

import asyncio
import functools
import gc
import json
import logging
import os
import sqlite3
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any, cast

from telegram import Update
from telegram.request import HTTPXRequest

from bot.app import ALLOWED_UPDATES, build_application, build_parts
from bot.delivery import connection, dispatch, patience
from bot.delivery.inbox import Inbox
from bot.delivery.running import run
from bot.delivery.turn import Turn, current_turn
from bot.logs import configure_logging
from bot.settings import Secret
from bot.store import scrubbing
from bot.store.lock import locked
from onenet.engine import Engine
from onenet.errors import OneNetError
from onenet.process import leave
from tests.bot.conftest import PAUSES, settings_for
from tests.bot.fake_engine import FakeEngine

MARK = "SOAK "
READ_S = 12.0
SENDING = ("send", "edit", "copy", "forward", "answer", "delete")


for _late in ("scipy.optimize", "sklearn.cluster", "sklearn.manifold"):
    import_module(_late)  # else the process would grow amid the soak


@dataclass(frozen=True)
class Wishes:
    """How the bot is to run.

    Attributes:
        url: Of the Bot API server.
        token: Of the bot.
        folder: DATA_DIR.
        port: Of the figures.
        owner_id: OWNER_ID.
        scrub_s: How often the database's log of changes is emptied.
    """

    url: str
    token: str
    folder: str
    port: int
    owner_id: int
    scrub_s: float


def main(wishes: Wishes, log: Pipe) -> None:
    """Run until a signal; what is printed goes to `log`."""
    for number in (1, 2):
        os.dup2(log.fileno(), number)
    log.close()
    warnings.simplefilter("default")
    configure_logging("INFO", [wishes.token])
    logging.captureWarnings(True)
    _be_hasty(wishes)
    _tell_of_turns()
    _tell_of_calls()
    try:
        _run(wishes)
    except (OneNetError, sqlite3.Error) as error:
        logging.getLogger(__name__).warning("The bot ends: %s", error)
        leave(1)
    except Exception:
        logging.getLogger(__name__).critical("The bot ends of a fault of its own", exc_info=True)
        leave(1)
    leave(0)


def _run(wishes: Wishes) -> None:
    settings = settings_for(
        Path(wishes.folder),
        bot_token=Secret(wishes.token),
        bot_api_url=wishes.url,
        metrics_port=wishes.port,
        owner_id=wishes.owner_id,
        photos_per_minute=600,
        questions_per_minute=600,
        queue_size=200,
    )
    engine = FakeEngine()
    engine.dream_step_s = 0.02
    with locked(settings.data_dir):
        parts = build_parts(settings, cast(Engine, engine))
        parts.incoming.quiet_s = 0.3
        parts.metrics.watch("soak_tasks", "Tasks", lambda: len(asyncio.all_tasks()))
        parts.metrics.watch("soak_threads", "Threads", threading.active_count)
        parts.metrics.watch("soak_objects", "Objects", lambda: len(gc.get_objects()))
        parts.metrics.watch("soak_gallery", "Photos of the gallery", lambda: parts.gallery.state().photos)
        application = build_application(
            parts, connection.connect(settings, limited=False, retry_delays_s=(0.1, 0.3))
        )
        run(application, lambda updater: updater.listen(allowed_updates=ALLOWED_UPDATES, timeout_s=2))


def _be_hasty(wishes: Wishes) -> None:
    """Make the pauses short that the bot makes for a server of people far away."""
    hasty: dict[str, float] = {
        **PAUSES,
        "bot.features.dream.handlers.FIRST_S": 0.1,
        "bot.features.dream.handlers.EDIT_EVERY_S": 0.2,
        "bot.features.map.handlers.FIRST_S": 0.05,
        "bot.features.game.handlers.GROUP_S": 4.0,
        "bot.features.game.handlers.PRIVATE_S": 6.0,
        "bot.features.game.service.RETRY_S": 2.0,
        "bot.features.owner.broadcasts.RETRY_S": 2.0,
        "bot.gallery.gallery.RETRY_S": 3.0,
        "bot.gallery.uploads.RETRY_S": 3.0,
        "bot.memory.keeper.RETRY_S": 3.0,
        "bot.memory.keeper.PAUSE_S": 0.02,
    }
    for name, value in hasty.items():
        module, _, constant = name.rpartition(".")
        found = __import__(module, fromlist=[constant])
        assert hasattr(found, constant), name
        setattr(found, constant, value)
    scrubbing.EVERY_S = wishes.scrub_s
    connection.READ_S = READ_S
    connection.REFUSED_PAUSES_S = (0.3, 1.0)
    patience.FIRST_PAUSE_S, patience.LONGEST_PAUSE_S = 0.2, 2.0
    defaults = dispatch.Dispatcher.__init__.__kwdefaults__
    assert defaults is not None
    defaults["first_pause_s"] = 0.5


def _say(**what: Any) -> None:
    """Write one line at once, so that a kill leaves it whole or none of it."""
    os.write(2, f"{MARK}{json.dumps(what)}\n".encode())


def _tell_of_turns() -> None:
    """Let the log say which update gets a turn, and which message, button or question that is."""
    begin: Callable[[Inbox, Update], Turn] = Inbox.turn

    @functools.wraps(begin)
    def turn(inbox: Inbox, update: Update) -> Turn:
        begun = begin(inbox, update)
        message = update.effective_message
        _say(
            turn=update.update_id,
            attempt=begun.failures,
            state=begun.state,
            chat=begun.chat_id,
            message=message.message_id if message is not None else 0,
            press=update.callback_query.id if update.callback_query is not None else "",
            is_new=update.message is not None,
        )
        return begun

    Inbox.turn = turn  # type: ignore[method-assign]


def _tell_of_calls() -> None:
    """Let the log say what is sent, for which update, and what the server said."""
    ask = HTTPXRequest.do_request

    @functools.wraps(ask)
    async def do_request(
        self: HTTPXRequest, url: str, method: str, request_data: Any = None, *args: Any, **more: Any
    ) -> Any:
        name = url.rpartition("/")[2]
        if not name.startswith(SENDING):
            return await ask(self, url, method, request_data, *args, **more)
        turn, fields = current_turn(), request_data.parameters if request_data is not None else {}
        told: dict[str, Any] = {
            "call": name,
            "update": turn.key.update_id if turn is not None else 0,
            "attempt": turn.failures if turn is not None else 0,
            "with": [each.key.update_id for each in turn._included] if turn is not None else [],
            "chat": fields.get("chat_id"),
            "text": str(fields.get("text", ""))[:80],
            "press": fields.get("callback_query_id", ""),
        }
        try:
            answer = await ask(self, url, method, request_data, *args, **more)
        except BaseException as error:
            _say(**told, status=0, error=type(error).__name__)
            raise
        _say(
            **told,
            status=answer[0],
            error="" if answer[0] == 200 else answer[1][:200].decode(errors="replace"),
        )
        return answer

    HTTPXRequest.do_request = do_request  # type: ignore[method-assign]
