"""Everything the local chat remembers, in one SQLite file."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from bot.local.store.migrations import LAST_MESSAGE, open_database
from bot.local.store.records import Json, StoredFile


class Store:
    """Messages, updates, files, people and settings; every write is one transaction.

    Open it with `Store.open`, and close it: an open connection keeps the process from ending.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._settings: dict[str, str] = {}  # as in the file, which nobody else writes

    @classmethod
    async def open(cls, path: Path) -> "Store":
        """The store in a file, made if need be; a damaged one is moved aside and a fresh one started."""
        return cls(await open_database(path))

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

    async def add_messages(self, messages: Sequence[Json], told: Sequence[bool]) -> list[Json]:
        """The messages of one chat, numbered and kept; the bot hears of those that are `told`."""
        async with self._transaction() as connection:
            chat_id = messages[0]["chat"]["id"]
            sql = "SELECT max(message_id) FROM messages WHERE chat_id = ?"
            ((last,),) = await self._rows(sql, (chat_id,))
            last = last or await self.setting(LAST_MESSAGE, 0)
            numbered = [{"message_id": last + n, **message} for n, message in enumerate(messages, start=1)]
            rows = [(chat_id, message["message_id"], json.dumps(message)) for message in numbered]
            await connection.executemany("INSERT INTO messages VALUES (?, ?, ?)", rows)
            bodies = [("message", body) for (_, _, body), tell in zip(rows, told, strict=True) if tell]
            if bodies:
                await connection.executemany("INSERT INTO updates (kind, body) VALUES (?, ?)", bodies)
            return numbered

    async def message(self, chat_id: int, message_id: int) -> Json | None:
        """One message, or None if there is none (any more)."""
        sql = "SELECT body FROM messages WHERE chat_id = ? AND message_id = ? AND body IS NOT NULL"
        rows = await self._rows(sql, (chat_id, message_id))
        return json.loads(rows[0][0]) if rows else None

    async def messages(
        self, chat_id: int, *, before: int | None = None, after: int = 0, limit: int
    ) -> list[Json]:
        """The last messages of a chat, or the last before or after one of them; oldest first."""
        sql = """SELECT body FROM messages
                 WHERE chat_id = ? AND body IS NOT NULL AND message_id < ? AND message_id > ?
                 ORDER BY message_id DESC LIMIT ?"""
        rows = await self._rows(sql, (chat_id, 2**62 if before is None else before, after, limit))
        return [json.loads(body) for (body,) in reversed(rows)]

    async def replace_message(self, message: Json, *, told: bool) -> None:
        """Put an edited message in the place of the old one; the bot hears of it if `told`."""
        body = json.dumps(message)
        values = (body, message["chat"]["id"], message["message_id"])
        async with self._transaction() as connection:
            sql = "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ? AND body IS NOT NULL"
            await connection.execute(sql, values)
            if told:
                sql = "INSERT INTO updates (kind, body) VALUES ('edited_message', ?)"
                await connection.execute(sql, (body,))

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

    async def confirm_update(self, update_id: int) -> None:
        """Forget one update."""
        async with self._transaction() as connection:
            await connection.execute("DELETE FROM updates WHERE update_id = ?", (update_id,))

    async def count_updates(self) -> int:
        """How many updates wait for the bot."""
        ((count,),) = await self._rows("SELECT count(*) FROM updates")
        return int(count)

    # Files

    async def add_files(self, files: Iterable[StoredFile]) -> None:
        """Keep what is known of files."""
        async with self._transaction() as connection:
            sql = """INSERT INTO files (file_id, kind, photo_id, path, size_bytes, body)
                     VALUES (?, ?, ?, ?, ?, ?)"""
            await connection.executemany(sql, [(*file[:5], json.dumps(file.body)) for file in files])

    async def file(self, file_id: str) -> StoredFile | None:
        """What is known of a file, or None."""
        sql = "SELECT file_id, kind, photo_id, path, size_bytes, body FROM files WHERE file_id = ?"
        rows = await self._rows(sql, (file_id,))
        if not rows:
            return None
        return StoredFile(*rows[0])._replace(body=json.loads(rows[0][5]))

    async def photo_sizes(self, photo_id: str) -> list[Json]:
        """The sizes of one photo, smallest first."""
        rows = await self._rows("SELECT body FROM files WHERE photo_id = ? ORDER BY rowid", (photo_id,))
        return [json.loads(body) for (body,) in rows]

    async def file_size_at(self, path: str) -> int | None:
        """The size in bytes of the file at a path, or None if no file was kept there."""
        rows = await self._rows("SELECT size_bytes FROM files WHERE path = ? LIMIT 1", (path,))
        return rows[0][0] if rows else None

    # People and chats

    async def people(self) -> list[Json]:
        """Every User, in the order in which they came."""
        return [json.loads(body) for (body,) in await self._rows("SELECT body FROM people ORDER BY rowid")]

    async def put_person(self, user: Json) -> None:
        """Keep a User."""
        async with self._transaction() as connection:
            values = (user["id"], json.dumps(user))
            await connection.execute("INSERT OR REPLACE INTO people VALUES (?, ?)", values)

    async def chats(self) -> list[Json]:
        """Everything that `put_chats` kept."""
        return [json.loads(body) for (body,) in await self._rows("SELECT body FROM chats")]

    async def put_chats(self, bodies: Mapping[int, Json]) -> None:
        """Keep what is known of chats, by their ids."""
        async with self._transaction() as connection:
            values = [(chat_id, json.dumps(body)) for chat_id, body in bodies.items()]
            await connection.executemany("INSERT OR REPLACE INTO chats VALUES (?, ?)", values)

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
        if name not in self._settings:
            rows = await self._rows("SELECT body FROM settings WHERE name = ?", (name,))
            if not rows:
                return default
            self._settings[name] = rows[0][0]
        return json.loads(self._settings[name])

    async def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting."""
        body = json.dumps(value)
        async with self._transaction() as connection:
            await connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, body))
        self._settings[name] = body
