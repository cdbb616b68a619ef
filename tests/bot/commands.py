"""The commands that the bot has, known without one that runs."""

from pathlib import Path
from typing import cast

from bot.app import build_parts
from bot.settings import Settings
from onenet.engine import Engine
from tests.bot.fake_engine import FakeEngine

_PARTS = build_parts(Settings.from_env({"DATA_DIR": str(Path("never_made"))}), cast(Engine, FakeEngine()))
COMMANDS = tuple(_PARTS.features.commands.values())
OWNER_COMMANDS = tuple(_PARTS.features.owner_commands)
