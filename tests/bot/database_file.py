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
    async with _in_transaction(path, "BEGIN IMMEDIATE"):
        yield


@asynccontextmanager
async def read_by_another(path: Path) -> AsyncIterator[None]:
    """The file is read during the block, as it was at its beginning."""
    async with _in_transaction(path, "BEGIN", "SELECT * FROM inbox"):
        yield


@asynccontextmanager
async def _in_transaction(path: Path, *statements: str) -> AsyncIterator[None]:
    connection = await asyncio.to_thread(sqlite3.connect, path, check_same_thread=False)
    try:
        for statement in statements:
            await asyncio.to_thread(connection.execute, statement)
        yield
        await asyncio.to_thread(connection.rollback)
    finally:
        await asyncio.to_thread(connection.close)
