"""The local chat's file: opening it, and the numbered steps that bring it to this version."""

import logging
import sqlite3
import time
from pathlib import Path

import aiosqlite

from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

LAST_MESSAGE = "last_message"  # the setting with the number that those of messages begin after
_ASIDE = ".damaged-"
# Fewer numbers are given; those of today fit into the 32 bits that some bots have for them, until 2042.
_NUMBERS_A_SECOND = 4
_NUMBERS_A_FILE = 100_000
_SINCE_S = 1_735_689_600  # 2025

# A step that was released never changes: later ones are added behind it.
MIGRATIONS = (
    """
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
    photo_id TEXT,                       -- joins the sizes of one photo; NULL for anything else
    path TEXT NOT NULL,                  -- relative to the folder of files, with "/"
    size_bytes INTEGER NOT NULL,
    body TEXT NOT NULL                   -- PhotoSize, Document, …, as the Bot API shows it
);
CREATE INDEX files_photo ON files (photo_id);
CREATE INDEX files_path ON files (path);
CREATE TABLE callbacks (callback_query_id TEXT PRIMARY KEY, created_at REAL NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, body TEXT NOT NULL);
INSERT INTO sqlite_sequence (name, seq) VALUES ('updates', 100000);
""",
    """
ALTER TABLE files ADD COLUMN kind TEXT NOT NULL DEFAULT 'document';
UPDATE files SET kind = 'photo' WHERE photo_id IS NOT NULL;
CREATE TABLE people (user_id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE chats (
    chat_id INTEGER PRIMARY KEY,
    body TEXT NOT NULL                   -- the Chat, who is what in it, and where it migrated to
);
""",
)


async def open_database(path: Path) -> aiosqlite.Connection:
    """The opened file, made if need be; a damaged one is moved aside and a fresh one started.

    Raises:
        OneNetError: If a later version has written it; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return await _connect(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # locked, or no right to write: the file itself is sound
        _move_aside(path)
        return await _connect(path)


def _move_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}{_ASIDE}{time.time_ns()}")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    logger.warning("%s is damaged; moved it to %s and started afresh.", path.name, aside)


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path)
    try:
        await connection.execute("PRAGMA busy_timeout = 5000")
        async with connection.execute("PRAGMA user_version") as cursor:
            ((version,),) = await cursor.fetchall()
        if version > len(MIGRATIONS):  # before anything is written
            raise OneNetError(
                f"The chats in {path} need a newer version of the local chat: they are of version {version}, "
                f"and this one knows {len(MIGRATIONS)} at most. Nothing was changed; update it, or choose "
                "another folder."
            )
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            await connection.execute(f"PRAGMA {pragma}")
        async with connection.execute("PRAGMA quick_check") as cursor:
            if await cursor.fetchone() != ("ok",):
                raise sqlite3.DatabaseError("quick_check found damage")
        for number in range(version, len(MIGRATIONS)):
            script = f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
            await connection.executescript(script)
        if version == 0:
            await _number_from_now(connection, len(list(path.parent.glob(f"{path.name}{_ASIDE}*"))))
    except BaseException:
        await connection.close()
        raise
    return connection


async def _number_from_now(connection: aiosqlite.Connection, damaged: int) -> None:
    """Let numbers begin above those of earlier files: to a bot that remembers them, they would be known.

    Args:
        damaged: How many files were moved aside; after one, the bot may know messages too.
    """
    begin = int((time.time() - _SINCE_S) * _NUMBERS_A_SECOND) + damaged * _NUMBERS_A_FILE
    await connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'updates'", (begin,))
    if damaged:
        await connection.execute("INSERT INTO settings VALUES (?, ?)", (LAST_MESSAGE, str(begin)))
    await connection.commit()
