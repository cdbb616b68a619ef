from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Database


def damaged_files(database: Database) -> list[Path]:
    return list(database.path.parent.glob("*.damaged-*"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "deep" / "bot.sqlite3")
    await database.open()
    yield database
    await database.close()
