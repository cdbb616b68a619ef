"""A bot with the fake engine in a process of its own, to be killed."""

from pathlib import Path
from typing import cast

from bot.app import ALLOWED_UPDATES, build_application, build_parts
from bot.delivery.connection import connect
from bot.delivery.running import run
from bot.settings import Secret
from onenet.engine import Engine
from tests.bot.conftest import settings_for
from tests.bot.fake_engine import FakeEngine


def main(url: str, token: str, folder: str) -> None:
    settings = settings_for(Path(folder), bot_token=Secret(token), bot_api_url=url)
    services = build_parts(settings, cast(Engine, FakeEngine()), local=True)
    application = build_application(services, connect(settings, limited=False))
    run(application, lambda updater: updater.listen(allowed_updates=ALLOWED_UPDATES, timeout_s=2))
