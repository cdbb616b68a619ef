"""A database file as another program has it open, beside the bot that runs in the loop of the test.

A transaction of the bot ends only when its loop goes on: whoever waited for it in that loop, as SQLite does
for a lock, would wait for ever. So all waiting is done in another thread.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any


async def execute(path: Path, sql: str, values: Sequence[object] = ()) -> list[Any]:
    """Rows of one statement, which is committed."""

    def run() -> list[Any]:
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    return await asyncio.to_thread(run)


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Nobody else can write to the file during the block."""
    connection = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False)
    try:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
        await asyncio.to_thread(connection.rollback)
    finally:
        await asyncio.to_thread(connection.close)
