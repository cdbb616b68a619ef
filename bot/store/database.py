"""Database: what the bot must remember over a restart, one method a question."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from bot.store.keys import AnswerKey
from bot.store.migrations import MIGRATIONS

logger = logging.getLogger(__name__)

KEEP_ANSWERS_S = 30 * 24 * 3600
BUSY_TIMEOUT_MS = 2000  # a stop may have to wait for it
SCRUB_ATTEMPTS = 50
SCRUB_RETRY_S = 0.02
FILE_SUFFIXES = ("", "-wal", "-shm")

_IS_KEY = "bot_id = ? AND chat_id = ? AND message_id = ? AND part = ?"


@dataclass(frozen=True)
class PhotoFile:
    """A gallery photo as it lies on the disk; when it changes, it is another file to Telegram."""

    photo: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, photo: str) -> "PhotoFile":
        """Look at the file.

        Raises:
            OSError: If it has gone.
        """
        status = Path(photo).stat()
        return cls(photo, status.st_size, status.st_mtime_ns)

    @classmethod
    def find(cls, photo: str) -> "PhotoFile | None":
        """Look at the file; None if it has gone since it was indexed."""
        try:
            return cls.of(photo)
        except OSError:
            return None


@dataclass(frozen=True)
class SheetCell:
    """One of the pictures that were put together as a numbered one.

    Attributes:
        photo: What `Answer.photos_shown` knows it by.
        name: For a person.
        score: How well it fits.
        link: Of its message in the chat, if it has one.
        copies: How many photos are copies of it, and are not shown therefore.
    """

    photo: str
    name: str
    score: float
    link: str = ""
    copies: int = 0


@dataclass(frozen=True)
class Answer:
    """What stands behind the buttons of an answer.

    Attributes:
        representation: Shape (D,), float32: of the photo or the description.
        captions: Best first.
        caption_shown: Which of them the message shows.
        photos_shown: The gallery photos that were sent for it so far.
        token_ids: Of the description; a photo has none, nor have answers of before there was a ranking.
        network: Fingerprint of the network whose representation and token ids these are; "" if not known.
        sheet: The numbered pictures that the message shows.
        about: The message with the photo, to be forgotten with it; 0 if it is about none.
    """

    representation: NDArray[np.float32]
    captions: tuple[str, ...]
    caption_shown: int = 0
    photos_shown: tuple[str, ...] = ()
    token_ids: tuple[int, ...] = ()
    network: str = ""
    sheet: tuple[SheetCell, ...] = ()
    about: int = 0

    @property
    def caption(self) -> str:
        """The caption that the message shows; "" if it has none."""
        return self.captions[self.caption_shown] if self.captions else ""


class Database:
    """SQLite file of the bot.

    Args:
        path: The file; made with its folder when missing. A damaged one is moved aside, not deleted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open_connection: aiosqlite.Connection | None = None
        self._writing = asyncio.Lock()

    @property
    def _connection(self) -> aiosqlite.Connection:
        assert self._open_connection is not None, "the database is not open"
        return self._open_connection

    async def open(self) -> None:
        """Open the file, bring it to this version and drop what is too old to keep."""
        try:
            await self._open()
        except sqlite3.DatabaseError as error:
            await self.close()
            if isinstance(error, sqlite3.OperationalError):  # locked, no room, no right: the file is sound
                raise
            aside = _move_aside(self.path)
            logger.error(
                "The database %s is damaged (%s): moved to %s, starting afresh", self.path, error, aside
            )
            await self._open()
        await self._forget_old_answers()

    async def _forget_old_answers(self) -> None:
        await self.write_if_possible("DELETE FROM answers WHERE made_at < ?", (time.time() - KEEP_ANSWERS_S,))

    async def close(self) -> None:
        """Close the file; without this the process would not end."""
        if self._open_connection is not None:
            await self._open_connection.close()
            self._open_connection = None

    async def file_ids(self, bot_id: int, files: Collection[PhotoFile]) -> dict[str, str]:
        """Return the Telegram file ids of those photos that were sent before and have not changed since."""
        found = {}
        for file in files:
            query = """SELECT file_id FROM sent_photos
                       WHERE bot_id = ? AND photo = ? AND size_bytes = ? AND modified_ns = ?"""
            row = await self.row(query, (bot_id, file.photo, file.size_bytes, file.modified_ns))
            if row is not None:
                found[file.photo] = str(row[0])
        return found

    async def keep_file_ids(self, bot_id: int, sent: Mapping[PhotoFile, str]) -> None:
        """Remember under which file ids Telegram keeps the photos."""
        for file, file_id in sent.items():
            await self.write_if_possible(
                "INSERT OR REPLACE INTO sent_photos VALUES (?, ?, ?, ?, ?)",
                (bot_id, file.photo, file.size_bytes, file.modified_ns, file_id),
            )

    async def forget_file_ids(self, bot_id: int, photos: Collection[str]) -> None:
        """Forget file ids that Telegram no longer knows."""
        for photo in photos:
            await self.write_if_possible(
                "DELETE FROM sent_photos WHERE bot_id = ? AND photo = ?", (bot_id, photo)
            )

    async def keep_answer(self, key: AnswerKey, answer: Answer) -> None:
        """Remember an answer for its buttons, and forget those that are too old."""
        await self._forget_old_answers()
        await self.write_if_possible(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_values(key),
                answer.representation.astype("<f4").tobytes(),
                json.dumps(answer.captions),
                answer.caption_shown,
                json.dumps(answer.photos_shown),
                time.time(),
                json.dumps(answer.token_ids),
                answer.network,
                _dump(answer.sheet),
                answer.about,
            ),
        )

    async def answer(self, key: AnswerKey) -> Answer | None:
        """Return what was answered, or None when it is unknown or forgotten."""
        row = await self.row(
            f"""SELECT representation, captions, caption_shown, photos_shown, token_ids, network, sheet, about
                FROM answers WHERE {_IS_KEY} AND made_at >= ?""",
            (*_values(key), time.time() - KEEP_ANSWERS_S),
        )
        if row is None:
            return None
        representation = np.frombuffer(row[0], "<f4").astype(np.float32)
        captions, photos_shown, token_ids = (tuple(json.loads(row[column])) for column in (1, 3, 4))
        sheet = tuple(SheetCell(*cell) for cell in json.loads(row[6]))
        shown, network, about = int(row[2]), str(row[5]), int(row[7])
        return Answer(representation, captions, shown, photos_shown, token_ids, network, sheet, about)

    async def show_caption(self, key: AnswerKey, number: int) -> None:
        """Remember which caption the message shows now."""
        await self.write_if_possible(
            f"UPDATE answers SET caption_shown = ? WHERE {_IS_KEY}",
            (number, *_values(key)),
        )

    async def show_photos(
        self, key: AnswerKey, photos: Sequence[str], sheet: Sequence[SheetCell] = ()
    ) -> None:
        """Remember all photos that were sent for the answer so far, and those the message shows, numbered."""
        await self.write_if_possible(
            f"UPDATE answers SET photos_shown = ?, sheet = ? WHERE {_IS_KEY}",
            (json.dumps(photos), _dump(sheet), *_values(key)),
        )

    async def _open(self) -> None:
        _make_folder(self.path.parent)
        connection = self._open_connection = await aiosqlite.connect(self.path, isolation_level=None)
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what was emptied or forgotten leaves no trace in free pages
        ):
            await connection.execute(f"PRAGMA {pragma}")
        check = await self.row("PRAGMA quick_check(1)", ())
        if check is None or check[0] != "ok":
            raise sqlite3.DatabaseError(f"quick_check says: {check and check[0]}")
        version_row = await self.row("PRAGMA user_version", ())
        version = int(version_row[0]) if version_row else 0
        if version > len(MIGRATIONS):
            raise sqlite3.DatabaseError(f"version {version} is newer than {len(MIGRATIONS)}")
        for number in range(version, len(MIGRATIONS)):
            await connection.executescript(
                f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
            )

    async def scrub(self) -> None:
        """Bring what was deleted out of the log of changes too, where it would lie until that is full."""
        for attempt in range(1, SCRUB_ATTEMPTS + 1):
            try:
                async with self._writing:
                    row = await self.row("PRAGMA wal_checkpoint(TRUNCATE)", ())
                if row is not None and row[0] == 0:
                    return
            except sqlite3.OperationalError as error:  # somebody is reading at this moment
                logger.debug("The log of changes could not be emptied (%s), attempt %d", error, attempt)
            await asyncio.sleep(SCRUB_RETRY_S)
        logger.warning(
            "The log of changes of %s could not be emptied; it will be, with the next ones", self.path
        )

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

    async def write(self, query: str, values: Sequence[object]) -> int:
        """Change something in a transaction of its own, and give the number of rows changed."""
        async with self._writing, self._connection.execute(query, values) as cursor:
            return cursor.rowcount

    async def write_if_possible(self, query: str, values: Sequence[object]) -> None:
        """Change what an answer can do without: on a full disk it should still be given."""
        try:
            await self.write(query, values)
        except sqlite3.OperationalError as error:
            logger.error("The database %s cannot be written to (%s): going on without", self.path, error)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Let several statements take effect together or, if the block fails, not at all."""
        async with self._writing:
            await self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                await self._connection.rollback()
                raise
            await self._connection.commit()


def _values(key: AnswerKey) -> tuple[int, int, int, int]:
    return key.bot_id, key.chat_id, key.message_id, key.part


def _dump(sheet: Sequence[SheetCell]) -> str:
    return json.dumps([(cell.photo, cell.name, cell.score, cell.link, cell.copies) for cell in sheet])


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
