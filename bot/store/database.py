"""Database: the connection to the bot's SQLite file, its transactions; a damaged file is moved aside."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from bot.store.forgettings import Forgettings
from bot.store.keys import ChatKey
from bot.store.migrations import MIGRATIONS
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 2000  # a stop may have to wait for it
SCRUB_S = 1.5  # in which it may be tried again; what waited for another program has taken longer
SCRUB_RETRY_S = 0.02
# What passes in a moment: another program writes, or a statement of ours reads, which VACUUM calls an error.
IN_THE_WAY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_ERROR)
FILE_SUFFIXES = ("", "-wal", "-shm")
# The `application_id` of a file that was written anew since something was forgotten. It is 0 in all others, a
# new one and those of earlier versions too.
WRITTEN_ANEW = 0x4F4E4554
_STILL_COUNTS = """EXISTS (SELECT 1 FROM inbox WHERE inbox.bot_id = {0}.bot_id AND inbox.state <> 'answered'
    AND inbox.received_at < {0}.at)"""


class NewerDatabaseError(OneNetError):
    """The file was written by a later version of the bot; it is left as it is."""


class Database:
    """SQLite file of the bot.

    Args:
        path: The file; made with its folder when missing. A damaged one is moved aside, not deleted.
        forgettings: What was to be forgotten lately; whoever keeps something asks them.
    """

    def __init__(self, path: Path, forgettings: Forgettings | None = None) -> None:
        self.path = path
        self.forgettings = forgettings or Forgettings()
        self._open_connection: aiosqlite.Connection | None = None
        self._has_forgotten = True
        self._writing = asyncio.Lock()

    @property
    def _connection(self) -> aiosqlite.Connection:
        assert self._open_connection is not None, "the database is not open"
        return self._open_connection

    async def open(self) -> None:
        """Open the file and bring it to this version.

        Raises:
            NewerDatabaseError: If a later version has written it.
            sqlite3.OperationalError: If it cannot be used now: locked, no room, no right.
        """
        try:
            await self._open()
        except NewerDatabaseError:
            await self.close()
            raise
        except sqlite3.DatabaseError as error:
            await self.close()
            if isinstance(error, sqlite3.OperationalError):  # locked, no room, no right: the file is sound
                raise
            aside = _move_aside(self.path)
            logger.error(
                "The database %s is damaged (%s): moved to %s, starting afresh", self.path, error, aside
            )
            await self._open()

    async def close(self) -> None:
        """Close the file; without this the process would not end."""
        if self._open_connection is not None:
            await self._open_connection.close()
            self._open_connection = None

    async def _open(self) -> None:
        _make_folder(self.path.parent)
        connection = self._open_connection = await aiosqlite.connect(self.path, isolation_level=None)
        await connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        version_row = await self.row("PRAGMA user_version", ())  # before anything is written
        version = int(version_row[0]) if version_row else 0
        if version > len(MIGRATIONS):
            raise NewerDatabaseError(
                f"The database {self.path} needs a newer version of the bot: it is of version {version}, and "
                f"this bot knows {len(MIGRATIONS)} at most. Nothing was changed; update the bot, or set "
                "DATA_DIR to another folder."
            )
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what was emptied or forgotten leaves no trace in free pages
        ):
            await connection.execute(f"PRAGMA {pragma}")
        check = await self.row("PRAGMA quick_check(1)", ())
        if check is None or check[0] != "ok":
            raise sqlite3.DatabaseError(f"quick_check says: {check and check[0]}")
        for number in range(version, len(MIGRATIONS)):
            await connection.executescript(
                f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
            )
        await self._recall_forgettings()
        mark = await self.row("PRAGMA application_id", ())
        self._has_forgotten = mark is None or mark[0] != WRITTEN_ANEW

    @property
    def has_forgotten(self) -> bool:
        """Whether something was forgotten since the file was written anew, by an earlier process too."""
        return self._has_forgotten

    async def scrub(self) -> None:
        """Bring what was deleted out of the log of changes too, where it would lie until that is full."""

        async def empty() -> bool:
            row = await self.row("PRAGMA wal_checkpoint(TRUNCATE)", ())
            return row is not None and row[0] == 0

        if not await self._insist(empty):
            logger.warning(
                "The log of changes of %s could not be emptied; it will be, with the next ones", self.path
            )

    async def rewrite(self) -> None:
        """Write the file anew: SQLite leaves copies of rows in its pages where it has moved them.

        `secure_delete` wipes a row out where it lies, not where it lay before its page was full.
        """

        async def vacuum() -> bool:
            await self._connection.execute("VACUUM")
            await self._connection.execute(f"PRAGMA application_id = {WRITTEN_ANEW}")
            self._has_forgotten = False
            return True

        if not await self._insist(vacuum):
            logger.warning("The database %s could not be written anew; it will be, soon", self.path)

    async def _insist(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do what nobody may read or write beside; False if somebody does for long, or it cannot be done."""
        deadline = time.monotonic() + SCRUB_S
        while True:
            try:
                async with self._writing:
                    if await work():
                        return True
            except sqlite3.OperationalError as error:
                logger.debug("The database could not be scrubbed: %s", error)
                if error.sqlite_errorcode & 0xFF not in IN_THE_WAY:  # a full disk stays full
                    return False
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(SCRUB_RETRY_S)

    async def row(self, query: str, values: Sequence[object]) -> sqlite3.Row | None:
        """Give the first row of an answer, or None."""
        async with self._connection.execute(query, values) as cursor:
            return await cursor.fetchone()

    async def rows(self, query: str, values: Sequence[object]) -> list[sqlite3.Row]:
        """Give all rows of an answer."""
        async with self._connection.execute(query, values) as cursor:
            return list(await cursor.fetchall())

    async def named_rows(self, query: str, values: Sequence[object]) -> tuple[list[str], list[sqlite3.Row]]:
        """Give the names of the columns of an answer, and all its rows."""
        async with self._connection.execute(query, values) as cursor:
            return [column[0] for column in cursor.description], list(await cursor.fetchall())

    async def write(
        self, query: str, values: Sequence[object], *, unless: Callable[[], bool] = lambda: False
    ) -> int:
        """Change something in a transaction of its own, and give the number of rows changed.

        Args:
            unless: Asked when nobody else writes; if it is so, nothing is changed.
        """
        async with self._writing:
            if unless():
                return 0
            async with self._connection.execute(query, values) as cursor:
                return cursor.rowcount

    async def note_forgetting(
        self, chat: ChatKey, *, messages: Collection[int] | None = None, user_id: int | None = None
    ) -> None:
        """Note what is to be forgotten, see `Forgettings.note`, for the next process too.

        As long as anything is open that came before, which that one would answer.
        """
        self.forgettings.note(chat, messages=messages, user_id=user_id)
        named = None if messages is None else json.dumps([*messages])
        await self.drop_forgettings()
        query = f"""INSERT INTO forgettings (bot_id, chat_id, at, messages, user_id)
                    SELECT bot_id, ?2, at, ?4, ?5 FROM (SELECT ?1 AS bot_id, ?3 AS at) AS wish
                    WHERE {_STILL_COUNTS.format("wish")}"""
        await self.write_if_possible(query, (*chat, time.time(), named, user_id))

    async def drop_forgettings(self) -> None:
        """Delete the wishes to forget before which nothing came that is still open."""
        query = f"DELETE FROM forgettings WHERE NOT {_STILL_COUNTS.format('forgettings')}"
        await self.write_if_possible(query, ())

    async def _recall_forgettings(self) -> None:
        await self.drop_forgettings()
        now = time.time()
        rows = await self.rows("SELECT bot_id, chat_id, at, messages, user_id FROM forgettings", ())
        for bot_id, chat_id, at, named, user_id in rows:
            messages = None if named is None else json.loads(named)
            chat = ChatKey(bot_id, chat_id)
            self.forgettings.note(chat, messages=messages, user_id=user_id, ago_s=now - at)

    async def forget(self, query: str, values: Sequence[object]) -> int:
        """Delete what somebody wants to be forgotten, so that nothing is left of it; the number of rows."""
        async with self.transaction(forgets=True) as connection, connection.execute(query, values) as cursor:
            return cursor.rowcount

    async def write_if_possible(
        self, query: str, values: Sequence[object], *, unless: Callable[[], bool] = lambda: False
    ) -> None:
        """Change what an answer can do without, see `write`: on a full disk it should still be given."""
        try:
            await self.write(query, values, unless=unless)
        except sqlite3.OperationalError as error:
            logger.error("The database %s cannot be written to (%s): going on without", self.path, error)

    @asynccontextmanager
    async def transaction(self, *, forgets: bool = False) -> AsyncIterator[aiosqlite.Connection]:
        """Let several statements take effect together or, if the block fails, not at all.

        Args:
            forgets: Whether they delete what somebody wants to be forgotten.
        """
        async with self._writing:
            try:
                # Broken off while it waits for another program, it is begun all the same and has to be ended.
                await self._connection.execute("BEGIN IMMEDIATE")
                before = self._connection.total_changes
                yield self._connection
                has_forgotten = forgets and self._connection.total_changes > before
                if has_forgotten:
                    await self._connection.execute("PRAGMA application_id = 0")
            except BaseException:
                await self._connection.rollback()
                raise
            await self._connection.commit()
            self._has_forgotten |= has_forgotten


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _move_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{time.time_ns() % 10**9:09}")
    for suffix in FILE_SUFFIXES:
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.replace(aside.with_name(aside.name + suffix))
    return aside
