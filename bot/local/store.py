"""Everything the local chat remembers, in one SQLite file."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

logger = logging.getLogger(__name__)

Json = dict[str, Any]

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE messages (
    chat_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    body TEXT,                           -- NULL once deleted: a message_id is never given twice
    PRIMARY KEY (chat_id, message_id)
);
CREATE TABLE updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE files (
    file_id TEXT PRIMARY KEY,
    photo_id TEXT,                       -- joins the sizes of one photo; NULL for a document
    path TEXT NOT NULL,                  -- relative to the folder of files, with "/"
    size_bytes INTEGER NOT NULL,
    body TEXT NOT NULL                   -- PhotoSize or Document, as the Bot API shows it
);
CREATE INDEX files_photo ON files (photo_id);
CREATE INDEX files_path ON files (path);
CREATE TABLE callbacks (callback_query_id TEXT PRIMARY KEY, created_at REAL NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, body TEXT NOT NULL);
INSERT INTO sqlite_sequence (name, seq) VALUES ('updates', 100000);
"""


class Store:
    """Messages, updates, files and settings; every write is one transaction.

    Open it with `Store.open`, and close it: an open connection keeps the process from ending.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> "Store":
        """Open or create the file; a damaged one is moved aside and a fresh one started."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return cls(await _connect(path))
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # locked, or no right to write: the file itself is sound
            _move_aside(path)
            return cls(await _connect(path))

    async def close(self) -> None:
        """Give the file back."""
        await self._connection.close()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        async with self._lock:
            try:
                yield self._connection
            except BaseException:
                await self._connection.rollback()
                raise
            await self._connection.commit()

    async def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        async with self._connection.execute(sql, values) as cursor:
            return list(await cursor.fetchall())

    # Messages

    async def add_messages(self, messages: Sequence[Json], *, update: bool) -> list[Json]:
        """Number the messages of one chat and keep them, and, with `update`, tell the bot of each."""
        async with self._transaction() as connection:
            chat_id = messages[0]["chat"]["id"]
            sql = "SELECT coalesce(max(message_id), 0) FROM messages WHERE chat_id = ?"
            ((last,),) = await self._rows(sql, (chat_id,))
            numbered = [{"message_id": last + n, **message} for n, message in enumerate(messages, start=1)]
            rows = [(chat_id, message["message_id"], json.dumps(message)) for message in numbered]
            await connection.executemany("INSERT INTO messages VALUES (?, ?, ?)", rows)
            if update:
                bodies = [("message", body) for _, _, body in rows]
                await connection.executemany("INSERT INTO updates (kind, body) VALUES (?, ?)", bodies)
            return numbered

    async def message(self, chat_id: int, message_id: int) -> Json | None:
        """One message, or None if there is none (any more)."""
        sql = "SELECT body FROM messages WHERE chat_id = ? AND message_id = ? AND body IS NOT NULL"
        rows = await self._rows(sql, (chat_id, message_id))
        return json.loads(rows[0][0]) if rows else None

    async def messages(self, chat_id: int, *, before: int | None, limit: int) -> list[Json]:
        """The last messages of a chat, or the last before one of them; oldest first."""
        sql = """SELECT body FROM messages WHERE chat_id = ? AND body IS NOT NULL AND message_id < ?
                 ORDER BY message_id DESC LIMIT ?"""
        rows = await self._rows(sql, (chat_id, 2**62 if before is None else before, limit))
        return [json.loads(body) for (body,) in reversed(rows)]

    async def replace_message(self, message: Json) -> None:
        """Put an edited message in the place of the old one."""
        values = (json.dumps(message), message["chat"]["id"], message["message_id"])
        async with self._transaction() as connection:
            sql = "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ? AND body IS NOT NULL"
            await connection.execute(sql, values)

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        """Whether there was such a message; it is gone now."""
        async with self._transaction() as connection:
            sql = """UPDATE messages SET body = NULL
                     WHERE chat_id = ? AND message_id = ? AND body IS NOT NULL"""
            async with connection.execute(sql, (chat_id, message_id)) as cursor:
                return cursor.rowcount > 0

    # Updates for the bot

    async def add_update(self, kind: str, body: Json) -> None:
        """Keep something the bot has to hear of."""
        async with self._transaction() as connection:
            await connection.execute(
                "INSERT INTO updates (kind, body) VALUES (?, ?)", (kind, json.dumps(body))
            )

    async def updates(self, limit: int) -> list[Json]:
        """The oldest updates that the bot has not confirmed."""
        rows = await self._rows("SELECT * FROM updates ORDER BY update_id LIMIT ?", (limit,))
        return [{"update_id": update_id, kind: json.loads(body)} for update_id, kind, body in rows]

    async def confirm_updates(self, offset: int) -> None:
        """Forget updates before `offset`; a negative one keeps only the last -`offset`."""
        below = "?" if offset >= 0 else "(SELECT coalesce(max(update_id), 0) + 1 + ? FROM updates)"
        async with self._transaction() as connection:
            await connection.execute(f"DELETE FROM updates WHERE update_id < {below}", (offset,))

    async def count_updates(self) -> int:
        """How many updates wait for the bot."""
        ((count,),) = await self._rows("SELECT count(*) FROM updates")
        return int(count)

    # Files

    async def add_files(self, rows: Iterable[tuple[str, str | None, str, int, Json]]) -> None:
        """Keep (file_id, photo_id, path, size_bytes, PhotoSize or Document) of stored files."""
        async with self._transaction() as connection:
            values = [(*row[:4], json.dumps(row[4])) for row in rows]
            await connection.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?)", values)

    async def file(self, file_id: str) -> tuple[str | None, str, int, Json] | None:
        """The (photo_id, path, size_bytes, PhotoSize or Document) of a file."""
        sql = "SELECT photo_id, path, size_bytes, body FROM files WHERE file_id = ?"
        rows = await self._rows(sql, (file_id,))
        return (*rows[0][:3], json.loads(rows[0][3])) if rows else None

    async def photo_sizes(self, photo_id: str) -> list[Json]:
        """The sizes of one photo, smallest first."""
        rows = await self._rows("SELECT body FROM files WHERE photo_id = ? ORDER BY rowid", (photo_id,))
        return [json.loads(body) for (body,) in rows]

    async def file_size_at(self, path: str) -> int | None:
        """The size in bytes of the file at a path, or None if no file was kept there."""
        rows = await self._rows("SELECT size_bytes FROM files WHERE path = ? LIMIT 1", (path,))
        return rows[0][0] if rows else None

    # Callback queries and settings

    async def add_callback(self, callback_query_id: str, update: Json) -> None:
        """Keep a pressed button and tell the bot of it."""
        async with self._transaction() as connection:
            values = (callback_query_id, time.time())
            await connection.execute("INSERT INTO callbacks VALUES (?, ?)", values)
            sql = "INSERT INTO updates (kind, body) VALUES ('callback_query', ?)"
            await connection.execute(sql, (json.dumps(update),))

    async def callback_age_s(self, callback_query_id: str) -> float | None:
        """Seconds since a button was pressed, or None if it never was."""
        sql = "SELECT created_at FROM callbacks WHERE callback_query_id = ?"
        rows = await self._rows(sql, (callback_query_id,))
        return time.time() - rows[0][0] if rows else None

    async def setting(self, name: str, default: Any) -> Any:
        """A setting, or the default."""
        rows = await self._rows("SELECT body FROM settings WHERE name = ?", (name,))
        return json.loads(rows[0][0]) if rows else default

    async def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting."""
        async with self._transaction() as connection:
            await connection.execute(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value))
            )


def _move_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    logger.warning("%s is damaged; moved it to %s and started afresh.", path.name, aside)


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path)
    try:
        for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = NORMAL"):
            await connection.execute(f"PRAGMA {pragma}")
        async with connection.execute("PRAGMA quick_check") as cursor:
            if await cursor.fetchone() != ("ok",):
                raise sqlite3.DatabaseError("quick_check found damage")
        async with connection.execute("PRAGMA user_version") as cursor:
            row = await cursor.fetchone()
        if row != (_SCHEMA_VERSION,):
            if row != (0,):
                raise sqlite3.DatabaseError("made by another version")
            script = f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
            await connection.executescript(script)
    except BaseException:
        await connection.close()
        raise
    return connection
