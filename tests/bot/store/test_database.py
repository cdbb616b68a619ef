import asyncio
from pathlib import Path

import aiosqlite
import pytest

from bot.store.answers import KeptAnswers
from bot.store.database import BUSY_TIMEOUT_MS, Database, NewerDatabaseError
from bot.store.keys import AnswerKey
from bot.store.migrations import MIGRATIONS
from tests.bot.conftest import until
from tests.bot.database_file import execute, locked
from tests.bot.store.conftest import damaged_files
from tests.bot.store.test_answers import ANSWER, KEY


@pytest.mark.parametrize(
    "damage", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_damaged_file_is_moved_aside_and_a_fresh_one_begun(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bot.sqlite3"
    path.write_bytes(damage)
    database = Database(path)
    await database.open()
    await KeptAnswers(database).keep(KEY, ANSWER)
    assert await KeptAnswers(database).find(KEY) is not None
    await database.close()
    aside = damaged_files(database)
    if damage:
        assert [file.read_bytes() for file in aside] == [damage]
        assert "is damaged" in caplog.text
    else:  # to SQLite an empty file is a new database
        assert aside == []


async def test_a_page_overwritten_in_the_middle_is_noticed(database: Database) -> None:
    for number in range(500):
        await KeptAnswers(database).keep(AnswerKey(7, 1, number), ANSWER)
    await database.close()
    content = bytearray(database.path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    database.path.write_bytes(bytes(content))
    await database.open()
    assert await KeptAnswers(database).find(AnswerKey(7, 1, 3)) is None
    assert damaged_files(database)


def content_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("is_open", [False, True])
async def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(
    database: Database, *, is_open: bool
) -> None:
    await KeptAnswers(database).keep(KEY, ANSWER)
    await database.close()
    newer = len(MIGRATIONS) + 1
    async with aiosqlite.connect(database.path) as connection:
        await connection.execute(f"PRAGMA user_version = {newer}")
        before = content_of(database.path.parent)
        if not is_open:
            await connection.close()
            before = content_of(database.path.parent)
        with pytest.raises(NewerDatabaseError, match=rf"version {newer}, and this bot knows {newer - 1}"):
            await database.open()
        after = content_of(database.path.parent)
        after.pop("bot.sqlite3-shm", None)  # SQLite's own marks, while it is open
        before.pop("bot.sqlite3-shm", None)
        assert after == before
    await execute(database.path, f"PRAGMA user_version = {newer - 1}")
    await database.open()
    assert await KeptAnswers(database).find(KEY) is not None


async def test_it_writes_ahead_and_waits_for_locks(database: Database) -> None:
    for pragma, value in (
        ("journal_mode", "wal"),
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("busy_timeout", BUSY_TIMEOUT_MS),
    ):
        row = await database.row(f"PRAGMA {pragma}", ())
        assert row is not None
        assert row[0] == value


async def test_a_transaction_broken_off_while_it_waits_to_begin_locks_nobody_out(database: Database) -> None:
    async def forget() -> None:
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM answers")

    await KeptAnswers(database).keep(KEY, ANSWER)
    async with locked(database.path):
        forgetting = asyncio.create_task(forget())
        await until(lambda: database._writing.locked())  # its BEGIN is on its way to the file's thread
        forgetting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await forgetting
    await database.rows("SELECT 1", ())  # behind that BEGIN, which has the lock by now
    assert await execute(database.path, "DELETE FROM inbox") == []  # another program may write
    await database.close()
    await database.open()
    assert await KeptAnswers(database).find(KEY) is not None
