"""A bot with the fake engine in a process of its own, to be killed."""

import asyncio
from pathlib import Path
from typing import cast

from bot.app import ALLOWED_UPDATES, build_application, build_parts
from bot.delivery.connection import connect
from bot.settings import Secret
from onenet.engine import Engine
from tests.bot.conftest import settings_for
from tests.bot.fake_engine import FakeEngine


def main(url: str, token: str, folder: str) -> None:
    settings = settings_for(Path(folder), bot_token=Secret(token), bot_api_url=url)
    services = build_parts(settings, cast(Engine, FakeEngine()), local=True)
    asyncio.set_event_loop(asyncio.new_event_loop())
    application = build_application(services, connect(settings, limited=False))
    application.run_polling(allowed_updates=ALLOWED_UPDATES, poll_interval=0, timeout=2)
