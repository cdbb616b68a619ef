"""Run the bot: on Telegram with a BOT_TOKEN, else in a chat page on this computer.

In a checkout this is `python bot.py`, once installed `onenet-bot`, and everywhere `python -m bot`.
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

from dotenv import dotenv_values

from bot.logs import configure_logging
from bot.settings import Secret, Settings
from bot.store.lock import locked
from onenet.errors import OneNetError
from onenet.paths import HOME

if TYPE_CHECKING:
    from bot.app import BotApplication

WEBHOOK_RETRIES = 5


def main() -> int:
    """Run until Ctrl-C; the exit code is 2 when something has to be put right first."""
    try:
        settings = read_settings()
        local_token = Secret(f"1:local-{secrets.token_urlsafe(24)}")
        hidden = (settings.bot_token, local_token, settings.webhook_secret)
        configure_logging(settings.log_level, [secret.reveal() for secret in hidden])
        with locked(settings.data_dir):
            run_local_chat(settings, local_token) if settings.is_local else run_telegram(settings)
    except OneNetError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:  # a port, a disk, a .env that is no text
        logging.getLogger(__name__).debug("The bot could not start", exc_info=True)
        print(f"The bot cannot start: {error}. Put that right and start it again.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def read_settings() -> Settings:
    """Read `.env`, where there is one; variables of the environment win."""
    file = {name: value or "" for name, value in dotenv_values(HOME / ".env").items()}
    return Settings.from_env({**file, **os.environ})


def run_telegram(settings: Settings) -> None:
    """Talk on Telegram, or wherever BOT_API_URL leads."""
    from telegram.error import TelegramError

    from bot.app import ALLOWED_UPDATES, build_application, build_parts
    from bot.delivery.connection import connect
    from onenet.engine import Engine

    engine = Engine.load(settings.checkpoint, threads=settings.threads)
    settings.gallery_dir.mkdir(parents=True, exist_ok=True)
    application = build_application(build_parts(settings, engine), connect(settings))
    try:
        if settings.webhook_url:
            run_webhook(application, settings)
        else:
            application.run_polling(allowed_updates=ALLOWED_UPDATES, bootstrap_retries=-1)
    except TelegramError as error:
        raise OneNetError(f"{settings.bot_api_url} could not be used: {error}. Check BOT_API_URL.") from error


def run_webhook(application: "BotApplication", settings: Settings) -> None:
    """Let the server bring the messages."""
    from bot.app import ALLOWED_UPDATES

    application.run_webhook(
        listen=settings.webhook_listen,
        port=settings.webhook_port,
        url_path=urlsplit(settings.webhook_url).path.lstrip("/"),
        webhook_url=settings.webhook_url,
        secret_token=settings.webhook_secret.reveal() or secrets.token_urlsafe(32),
        allowed_updates=ALLOWED_UPDATES,
        bootstrap_retries=WEBHOOK_RETRIES,
    )


def run_local_chat(settings: Settings, token: Secret) -> None:
    """Talk on a chat page that this computer serves to itself."""
    from bot.app import ALLOWED_UPDATES, build_application, build_parts
    from bot.delivery.connection import connect
    from bot.local import LocalServer
    from onenet.datasets import download_flickr8k
    from onenet.engine import Engine

    print("One Network is loading …", flush=True)
    engine = Engine.load(settings.checkpoint, threads=settings.threads)
    settings.gallery_dir.mkdir(parents=True, exist_ok=True)
    parts = build_parts(settings, engine, local=True)
    server = LocalServer(
        settings.data_dir,
        port=settings.local_port,
        token=token.reveal(),
        gallery=parts.gallery,
        fetch_flickr8k=download_flickr8k,
        busy_port_ok=True,
    )
    with server:
        here = replace(settings, bot_token=token, bot_api_url=server.url)
        announce(server.url, settings)
        application = build_application(parts, connect(here, limited=False))
        application.run_polling(allowed_updates=ALLOWED_UPDATES, bootstrap_retries=-1)


def announce(url: str, settings: Settings) -> None:
    """Print the page's address and open it, where there is a screen."""
    port = urlsplit(url).port
    if settings.local_port not in (0, port):
        print(f"Port {settings.local_port} is in use, so the chat is at port {port}.")
    print(f"The chat is at {url} (Ctrl-C ends it).", flush=True)
    has_screen = sys.platform != "linux" or bool(os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"})
    if settings.open_browser and has_screen:
        webbrowser.open(url)


if __name__ == "__main__":
    sys.exit(main())
