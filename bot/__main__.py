"""Run the bot: on Telegram with a BOT_TOKEN, else in a chat page on this computer.

In a checkout this is `python bot.py`, once installed `onenet-bot`, and everywhere `python -m bot`. Packages
that may not be installed are imported within functions, where somebody can say so.
"""

import logging
import os
import secrets
import sqlite3
import sys
import webbrowser
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from onenet.errors import OneNetError, TryAgainError
from onenet.paths import HOME
from onenet.process import is_missing_package, leave, missing_package, prepare_streams, printable

if TYPE_CHECKING:
    from bot.delivery.updates import PatientUpdater
    from bot.settings import Secret, Settings

NETWORK_DIED = "The thread of the network has ended; the log says why."


def main() -> int:
    """Run until Ctrl-C or another signal to end.

    The exit code is 2 when something has to be put right first, 1 when a new start may help.
    """
    prepare_streams()
    try:
        _run()
    except OneNetError as error:
        return _say(str(error), 1 if isinstance(error, TryAgainError) else 2)
    except ModuleNotFoundError as error:
        if not is_missing_package(error):
            raise
        return _say(missing_package(error), 2)
    except OSError as error:  # a port, a disk
        logging.getLogger(__name__).debug("The bot could not start", exc_info=True)
        return _say(f"The bot cannot start: {error}. Put that right and start it again.", 2)
    except KeyboardInterrupt:
        return 130
    return 0


def run() -> None:
    """Run as a program, which ends with the bot, though a thread of it hangs."""
    try:
        code = main()
    except Exception:
        logging.getLogger(__name__).critical("The bot ends of a fault of its own", exc_info=True)
        code = 1
    leave(code)


def read_settings() -> "Settings":
    """Read `.env`, where there is one; variables of the environment win.

    Raises:
        OneNetError: If it cannot be read, or settings are wrong.
    """
    from dotenv import dotenv_values

    from bot.settings import Settings, SettingsError

    path = HOME / ".env"
    try:
        file = {name: value or "" for name, value in dotenv_values(path, encoding="utf-8-sig").items()}
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text: save it again, as UTF-8.") from None
    return Settings.from_env({**file, **os.environ}, own=file)


def run_telegram(settings: "Settings") -> None:
    """Talk on Telegram, or wherever BOT_API_URL leads."""
    from telegram.error import TelegramError

    from bot.app import ALLOWED_UPDATES, build_application, build_parts
    from bot.delivery.connection import connect
    from bot.delivery.running import run
    from onenet.engine import Engine

    connection = connect(settings)
    engine = Engine.load(settings.checkpoint, threads=settings.threads, precision=settings.precision)
    settings.gallery_dir.mkdir(parents=True, exist_ok=True)
    parts = build_parts(settings, engine)
    application = build_application(parts, connection)

    async def listen(updater: "PatientUpdater") -> None:
        if settings.webhook_url:
            await start_webhook(updater, settings)
        else:
            await updater.listen(allowed_updates=ALLOWED_UPDATES)

    try:
        run(application, listen, lambda: NETWORK_DIED if parts.worker.has_died else "")
    except TelegramError as error:
        names = "BOT_API_URL and WEBHOOK_URL" if settings.webhook_url else "BOT_API_URL"
        raise OneNetError(f"{settings.bot_api_url} could not be used: {error}. Check {names}.") from error


async def start_webhook(updater: "PatientUpdater", settings: "Settings") -> None:
    """Let the server bring the messages.

    Raises:
        OneNetError: If the port cannot be had.
    """
    from bot.app import ALLOWED_UPDATES

    try:
        await updater.receive(
            listen=settings.webhook_listen,
            port=settings.webhook_port,
            url_path=urlsplit(settings.webhook_url).path.lstrip("/"),
            webhook_url=settings.webhook_url,
            secret_token=settings.webhook_secret.reveal() or secrets.token_urlsafe(32),
            allowed_updates=ALLOWED_UPDATES,
        )
    except OSError as error:
        raise OneNetError(
            f"WEBHOOK_PORT {settings.webhook_port} at WEBHOOK_LISTEN {settings.webhook_listen} cannot be had "
            f"({error.strerror or error}): stop what listens there, or set another one."
        ) from error


def run_local_chat(settings: "Settings", token: "Secret") -> None:
    """Talk on a chat page that this computer serves to itself."""
    from bot.app import ALLOWED_UPDATES, build_application, build_parts
    from bot.delivery.connection import connect
    from bot.delivery.running import run
    from bot.local import LocalServer
    from bot.routing.menus import examples_by_language
    from onenet.datasets import download_flickr8k
    from onenet.engine import Engine

    print("One Network is loading …", flush=True)
    engine = Engine.load(settings.checkpoint, threads=settings.threads, precision=settings.precision)
    settings.gallery_dir.mkdir(parents=True, exist_ok=True)
    parts = build_parts(settings, engine, local=True)
    server = LocalServer(
        settings.data_dir,
        port=settings.local_port,
        token=token.reveal(),
        gallery=parts.gallery,
        fetch_flickr8k=download_flickr8k,
        examples=examples_by_language(parts.features.commands),
        busy_port_ok=True,
    )
    with server:
        here = replace(settings, bot_token=token, bot_api_url=server.url)
        announce(server.url, settings)
        application = build_application(parts, connect(here, limited=False))

        def failure() -> str:
            if server.has_died:
                return "The server of the local chat has ended; the log says why."
            return NETWORK_DIED if parts.worker.has_died else ""

        run(application, lambda updater: updater.listen(allowed_updates=ALLOWED_UPDATES), failure)


def announce(url: str, settings: "Settings") -> None:
    """Print the page's address and open it, where there is a screen."""
    port = urlsplit(url).port
    if settings.local_port not in (0, port):
        print(f"Port {settings.local_port} is in use, so the chat is at port {port}.")
    print(f"The chat is at {url} (Ctrl-C ends it).", flush=True)
    has_screen = sys.platform != "linux" or bool(os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"})
    if settings.open_browser and has_screen:
        webbrowser.open(url)


def _run() -> None:
    from bot.logs import configure_logging
    from bot.settings import Secret
    from bot.store.lock import locked
    from bot.store.room import check_room

    settings = read_settings()
    local_token = Secret(f"1:local-{secrets.token_urlsafe(24)}")
    hidden = (
        settings.bot_token,
        local_token,
        settings.webhook_secret,
        settings.proxy_password,
        settings.index_password,
    )
    configure_logging(settings.log_level, [secret.reveal() for secret in hidden])
    with locked(settings.data_dir):
        check_room(settings.data_dir)
        try:
            run_local_chat(settings, local_token) if settings.is_local else run_telegram(settings)
        except sqlite3.Error as error:
            raise OneNetError(
                f"The bot cannot use its data in DATA_DIR, {settings.data_dir}: {error}. Put that right and "
                "start it again."
            ) from error


def _say(sentence: str, code: int) -> int:
    print(printable(sentence), file=sys.stderr)
    return code


if __name__ == "__main__":
    run()
