"""Remembered photos in the database, one method a question; every one is asked for one chat, or for a bot."""

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from bot.memory.traces import forget_traces
from bot.store.database import Database
from bot.store.keys import ChatKey

_COLUMNS = """photo_id, bot_id, chat_id, sent_in, message_id, user_id, kind, file_id, file_unique_id,
    read_file_id, sent_at, album, thread, is_spoiler, is_protected, caption, language"""
_IN_CHAT = "bot_id = ? AND chat_id = ?"
_IS_AMONG = "photo_id IN (SELECT value FROM json_each(?))"  # any number of them


@dataclass(frozen=True)
class PhotoMessage:
    """A message that holds a photo.

    Attributes:
        kind: As what it can be sent once more, one of `bot.messages.photo.Kind`.
        file_id: Sends it once more.
        file_unique_id: Names the file, wherever it is sent.
        read_file_id: What the network looks at: the photo itself, or the preview of what is played.
        sent_at: Seconds since 1970.
        album: The album it came in, "" if it came alone.
        thread: Number of the forum topic it stands in; 0 outside topics.
        is_spoiler: Whether the chat covers it until somebody wants to see it.
        is_protected: Whether it must not be sent on: it is only pointed to.
    """

    message_id: int
    user_id: int
    kind: str
    file_id: str
    file_unique_id: str
    read_file_id: str
    sent_at: float
    album: str = ""
    thread: int = 0
    is_spoiler: bool = False
    is_protected: bool = False


@dataclass(frozen=True)
class RememberedPhoto:
    """A photo of a chat.

    Attributes:
        sent_in: The chat that its message is in: another one, if the group has become a supergroup since.
        caption: What the network said of it; "" if it was not read yet.
        language: Of the caption, or in which it is to be if the network writes that.
    """

    photo_id: int
    chat: ChatKey
    sent_in: int
    message: PhotoMessage
    caption: str
    language: str = "en"


@dataclass(frozen=True)
class NetworkReading:
    """What a network made of a photo: representation of shape (D,), float32, and caption in a language."""

    representation: NDArray[np.float32]
    caption: str
    network: str
    language: str = "en"


class RememberedPhotos:
    """The table of remembered photos.

    Args:
        database: Where it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, chat: ChatKey, message: PhotoMessage, reading: NetworkReading | None, language: str = "en"
    ) -> tuple[int, int] | None:
        """Store a photo, and give its number and how many its chat has with it: 0 if it was known before.

        Unread, it changes no known one. None: it was to be forgotten since it came.

        Args:
            language: Of the caption that an unread one is to get.
        """
        async with self._database.transaction() as connection:
            if self._database.forgettings.cover(chat, message_id=message.message_id, user_id=message.user_id):
                return None
            known = await _first(connection, _SELECT_AT, (*chat, chat.chat_id, message.message_id))
            if known is not None and reading is None:
                return int(known[0]), 0
            await connection.execute(_KNOW_CHAT, (*chat, _kind_of(chat), time.time()))
            row = await _first(connection, _UPSERT, _values(chat, message, reading, language))
            assert row is not None
            if known is not None:
                return int(row[0]), 0
            # Counted here and not afterwards: of two photos that come at once, one is the first.
            count = await _first(connection, f"SELECT COUNT(*) FROM remembered_photos WHERE {_IN_CHAT}", chat)
            return int(row[0]), int(count[0])

    async def ids(self, chat: ChatKey, network: str, *, with_protected: bool = True) -> list[int]:
        """Give the numbers of a chat's photos that a network has read.

        Args:
            with_protected: Those too that must not be sent on, and can only be pointed to.
        """
        query = f"""SELECT photo_id FROM remembered_photos
                    WHERE network = ? AND {_IN_CHAT} AND (? OR NOT is_protected)"""
        values = (network, *chat, with_protected)
        return [int(row[0]) for row in await self._database.rows(query, values)]

    async def all_ids(self, chat: ChatKey) -> list[int]:
        """Give the numbers of all photos of a chat, read or not."""
        query = f"SELECT photo_id FROM remembered_photos WHERE {_IN_CHAT}"
        return [int(row[0]) for row in await self._database.rows(query, chat)]

    async def ids_before(self, photo: RememberedPhoto, network: str) -> list[int]:
        """Give the numbers of a chat's photos before a photo that a network has read, without its album."""
        query = f"""SELECT photo_id FROM remembered_photos WHERE network = ? AND {_IN_CHAT}
                    AND (sent_at, photo_id) < (?, ?) AND (album = '' OR album <> ?)"""
        values = (network, *photo.chat, photo.message.sent_at, photo.photo_id, photo.message.album)
        return [int(row[0]) for row in await self._database.rows(query, values)]

    async def photos(self, chat: ChatKey, ids: Collection[int]) -> dict[int, RememberedPhoto]:
        """Give photos of a chat by their numbers; what another chat's number is, is nothing here."""
        query = f"SELECT {_COLUMNS} FROM remembered_photos WHERE {_IN_CHAT} AND {_IS_AMONG}"
        rows = await self._database.rows(query, (*chat, json.dumps([*ids])))
        return {int(row[0]): _photo(row) for row in rows}

    async def at(self, chat: ChatKey, message_id: int, file_unique_id: str = "") -> list[RememberedPhoto]:
        """Give the photos of a chat that are in a message, or that are a certain file."""
        query = f"""SELECT {_COLUMNS} FROM remembered_photos WHERE {_IN_CHAT}
                    AND ((sent_in = chat_id AND message_id = ?) OR (? <> '' AND file_unique_id = ?))"""
        rows = await self._database.rows(query, (*chat, message_id, file_unique_id, file_unique_id))
        return [_photo(row) for row in rows]

    async def same_file_before(self, photo: RememberedPhoto) -> RememberedPhoto | None:
        """Give the first photo of a chat with the file of a later one; None if there is no earlier one."""
        query = f"""SELECT {_COLUMNS} FROM remembered_photos WHERE {_IN_CHAT} AND file_unique_id = ?
                    AND (sent_at, photo_id) < (?, ?) AND (album = '' OR album <> ?)
                    ORDER BY sent_at, photo_id"""
        message = photo.message
        values = (*photo.chat, message.file_unique_id, message.sent_at, photo.photo_id, message.album)
        row = await self._database.row(query, values)
        return _photo(row) if row is not None else None

    async def count(self, chat: ChatKey) -> int:
        """Count the photos of a chat."""
        query = f"SELECT COUNT(*) FROM remembered_photos WHERE {_IN_CHAT}"
        row = await self._database.row(query, chat)
        return int(row[0]) if row is not None else 0

    async def senders(self, chat: ChatKey) -> list[int]:
        """Give the numbers of those who sent a chat's photos, those with most photos first."""
        query = f"""SELECT user_id FROM remembered_photos WHERE {_IN_CHAT}
                    GROUP BY user_id ORDER BY COUNT(*) DESC LIMIT 50"""
        return [int(row[0]) for row in await self._database.rows(query, chat)]

    async def forget(self, chat: ChatKey, ids: Collection[int]) -> list[int]:
        """Delete photos of a chat, and what else is kept of them; the numbers of those deleted."""
        return await self._forget(chat, _IS_AMONG, (json.dumps([*ids]),))

    async def forget_of(self, chat: ChatKey, user_id: int) -> list[int]:
        """Delete all photos that a person sent to a chat, and what else is kept of them."""
        await self._database.note_forgetting(chat, user_id=user_id)
        return await self._forget(chat, "user_id = ?", (user_id,))

    async def forget_chat(self, chat: ChatKey) -> list[int]:
        """Delete all photos of a chat, all its answers, what came of its games, and a person's language."""
        await self._database.note_forgetting(chat)
        async with self._database.transaction(forgets=True) as connection:
            for table in ("answers", "game_rounds", "game_scores", "taught_examples"):
                await connection.execute(f"DELETE FROM {table} WHERE {_IN_CHAT}", chat)
            await connection.execute("DELETE FROM people WHERE bot_id = ? AND user_id = ?", chat)
            return await _deleted(connection, _IN_CHAT, chat)

    async def forget_answers_about(self, chat: ChatKey, message_id: int) -> int:
        """Delete what a message says, if it is an answer, and the answers about its photo; their number.

        So do the copies of the answer at the messages that show its photos. A photo that was an example of a
        taught word is none any more, either.
        """
        await self._database.note_forgetting(chat, messages=[message_id])
        async with self._database.transaction(forgets=True) as connection:
            taught = f"DELETE FROM taught_examples WHERE {_IN_CHAT} AND message_id = ?"
            examples = await connection.execute(taught, (*chat, message_id))
            query = f"SELECT made_at FROM answers WHERE {_IN_CHAT} AND message_id = ?"
            made = await connection.execute_fetchall(query, (*chat, message_id))
            copies = f"DELETE FROM answers WHERE {_IN_CHAT} AND made_at = ?"
            beside = await connection.executemany(copies, [(*chat, each[0]) for each in made])
            query = f"DELETE FROM answers WHERE {_IN_CHAT} AND (message_id = ? OR about = ?)"
            answers = await connection.execute(query, (*chat, message_id, message_id))
            return sum(max(0, each.rowcount) for each in (examples, beside, answers))

    async def forget_answers_to(self, chat: ChatKey, user_id: int) -> int:
        """Delete the answers that a person asked for, and give their number.

        Of those of before it is not known who asked; in private nobody else can have.
        """
        await self._database.note_forgetting(chat, user_id=user_id)
        query = f"DELETE FROM answers WHERE {_IN_CHAT} AND (asker = ? OR (asker = 0 AND chat_id = ?))"
        return await self._database.forget(query, (*chat, user_id, user_id))

    async def forget_unread(self, chat: ChatKey) -> None:
        """Delete what no network has read yet."""
        await self._database.forget(f"DELETE FROM remembered_photos WHERE {_IN_CHAT} AND network = ''", chat)

    async def forget_left(self, before: float) -> list[int]:
        """Delete chats that the bot left before a time, with all that was kept of them."""
        async with self._database.transaction(forgets=True) as connection:
            left = "(SELECT bot_id, chat_id FROM chats WHERE left_at < ?)"
            await connection.execute(f"DELETE FROM answers WHERE (bot_id, chat_id) IN {left}", (before,))
            await connection.execute(f"DELETE FROM people WHERE (bot_id, user_id) IN {left}", (before,))
            ids = await _deleted(connection, f"(bot_id, chat_id) IN {left}", (before,))
            await connection.execute("DELETE FROM chats WHERE left_at < ?", (before,))
            return ids

    async def representations(
        self, network: str, after: int, limit: int
    ) -> tuple[list[int], NDArray[np.float32]]:
        """Give the next photos that a network has read: their numbers, rising, and representations (N, D)."""
        query = """SELECT photo_id, representation FROM remembered_photos
                   WHERE network = ? AND photo_id > ? ORDER BY photo_id LIMIT ?"""
        rows = await self._database.rows(query, (network, after, limit))
        vectors = [np.frombuffer(row[1], "<f4").astype(np.float32) for row in rows]
        return [int(row[0]) for row in rows], np.array(vectors, np.float32)

    async def chats_of(self, network: str, after: int, limit: int) -> list[tuple[int, ChatKey]]:
        """Give the numbers of the next photos that a network has read, rising, and their chats."""
        query = """SELECT photo_id, bot_id, chat_id FROM remembered_photos
                   WHERE network = ? AND photo_id > ? ORDER BY photo_id LIMIT ?"""
        rows = await self._database.rows(query, (network, after, limit))
        return [(int(row[0]), ChatKey(int(row[1]), int(row[2]))) for row in rows]

    async def read_of(
        self, network: str, ids: Collection[int]
    ) -> list[tuple[int, ChatKey, NDArray[np.float32]]]:
        """Give number, chat and representation (D,) of those of some photos that a network has read."""
        query = f"""SELECT photo_id, bot_id, chat_id, representation FROM remembered_photos
                    WHERE network = ? AND {_IS_AMONG}"""
        rows = await self._database.rows(query, (network, json.dumps([*ids])))
        return [
            (int(row[0]), ChatKey(int(row[1]), int(row[2])), np.frombuffer(row[3], "<f4").astype(np.float32))
            for row in rows
        ]

    async def latest(
        self, chat: ChatKey, network: str, limit: int
    ) -> tuple[list[RememberedPhoto], NDArray[np.float32]]:
        """Give the latest photos of a chat that a network has read, and their representations (N, D).

        Those that must not be sent on are left out.
        """
        query = f"""SELECT {_COLUMNS}, representation FROM remembered_photos
                    WHERE network = ? AND {_IN_CHAT} AND NOT is_protected ORDER BY photo_id DESC LIMIT ?"""
        rows = await self._database.rows(query, (network, *chat, limit))
        vectors = [np.frombuffer(row[-1], "<f4").astype(np.float32) for row in rows]
        return [_photo(row[:-1]) for row in rows], np.array(vectors, np.float32)

    async def unread(self, bot_id: int, limit: int) -> list[RememberedPhoto]:
        """Give photos that no network has read yet, oldest first."""
        query = f"""SELECT {_COLUMNS} FROM remembered_photos
                    WHERE network = '' AND bot_id = ? ORDER BY photo_id LIMIT ?"""
        return [_photo(row) for row in await self._database.rows(query, (bot_id, limit))]

    async def read_by_others(
        self, bot_id: int, network: str, after: int, limit: int
    ) -> list[RememberedPhoto]:
        """Give the next photos that only another network has read, those left out that were given up."""
        query = f"""SELECT {_COLUMNS} FROM remembered_photos
                    WHERE photo_id > ? AND bot_id = ? AND network NOT IN ('', ?) AND given_up_by <> ?
                    ORDER BY photo_id LIMIT ?"""
        rows = await self._database.rows(query, (after, bot_id, network, network, limit))
        return [_photo(row) for row in rows]

    async def set_reading(self, photo: RememberedPhoto, reading: NetworkReading) -> bool:
        """Store what a network made of a photo; False if the photo was forgotten meanwhile."""
        query = """UPDATE remembered_photos SET caption = ?, language = ?, representation = ?, network = ?
                   WHERE photo_id = ?"""
        return await self._database.write(query, (*_read_values(reading), photo.photo_id)) > 0

    async def set_caption(self, photo_id: int, caption: str, language: str) -> None:
        """Store what is said of a photo in another language."""
        query = "UPDATE remembered_photos SET caption = ?, language = ? WHERE photo_id = ?"
        await self._database.write_if_possible(query, (caption, language, photo_id))

    async def give_up(self, photo: RememberedPhoto, network: str) -> None:
        """Note that a photo can no longer be read; one that never was is deleted."""
        async with self._database.transaction() as connection:
            unread = "DELETE FROM remembered_photos WHERE photo_id = ? AND network = ''"
            await connection.execute(unread, (photo.photo_id,))
            query = "UPDATE remembered_photos SET given_up_by = ? WHERE photo_id = ? AND network <> ?"
            await connection.execute(query, (network, photo.photo_id, network))

    async def _forget(self, chat: ChatKey, which: str, values: Sequence[Any]) -> list[int]:
        query = f"SELECT photo_id, message_id FROM remembered_photos WHERE {_IN_CHAT} AND {which}"
        rows = await self._database.rows(query, (*chat, *values))
        await self._database.note_forgetting(chat, messages=[int(row[1]) for row in rows])
        ids = [int(row[0]) for row in rows]
        async with self._database.transaction(forgets=True) as connection:
            await forget_traces(connection, chat, ids)
            return await _deleted(connection, _IS_AMONG, (json.dumps(ids),))


_KNOW_CHAT = "INSERT OR IGNORE INTO chats (bot_id, chat_id, kind, joined_at) VALUES (?, ?, ?, ?)"
_SELECT_AT = f"SELECT photo_id FROM remembered_photos WHERE {_IN_CHAT} AND sent_in = ? AND message_id = ?"
_UPSERT = """
    INSERT INTO remembered_photos (bot_id, chat_id, sent_in, message_id, user_id, kind, file_id,
        file_unique_id, read_file_id, sent_at, album, thread, is_spoiler, is_protected, caption,
        language, representation, network)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bot_id, chat_id, sent_in, message_id) DO UPDATE SET kind = excluded.kind,
        file_id = excluded.file_id, file_unique_id = excluded.file_unique_id,
        read_file_id = excluded.read_file_id, is_spoiler = excluded.is_spoiler,
        is_protected = excluded.is_protected, caption = excluded.caption, language = excluded.language,
        representation = excluded.representation, network = excluded.network
    RETURNING photo_id
"""


def _values(
    chat: ChatKey, message: PhotoMessage, reading: NetworkReading | None, language: str
) -> tuple[object, ...]:
    read = ("", language, None, "") if reading is None else _read_values(reading)
    return (
        *(chat.bot_id, chat.chat_id, chat.chat_id, message.message_id, message.user_id, message.kind),
        *(message.file_id, message.file_unique_id, message.read_file_id, message.sent_at, message.album),
        *(message.thread, message.is_spoiler, message.is_protected),
        *read,
    )


def _read_values(reading: NetworkReading) -> tuple[str, str, bytes, str]:
    return reading.caption, reading.language, _bytes(reading.representation), reading.network


def _bytes(representation: NDArray[np.float32]) -> bytes:
    return representation.astype("<f4").tobytes()


def _photo(row: Any) -> RememberedPhoto:
    photo_id, bot_id, chat_id, sent_in, *message, is_spoiler, is_protected, caption, language = row
    sent = PhotoMessage(*(*message, bool(is_spoiler), bool(is_protected)))
    return RememberedPhoto(photo_id, ChatKey(bot_id, chat_id), sent_in, sent, caption, language)


def _kind_of(chat: ChatKey) -> str:
    return "private" if chat.chat_id > 0 else "group"


async def _first(connection: aiosqlite.Connection, query: str, values: Sequence[object]) -> Any:
    async with connection.execute(query, values) as cursor:
        return await cursor.fetchone()


async def _deleted(connection: aiosqlite.Connection, which: str, values: Sequence[object]) -> list[int]:
    query = f"DELETE FROM remembered_photos WHERE {which} RETURNING photo_id"
    async with connection.execute(query, values) as cursor:
        return [int(row[0]) for row in await cursor.fetchall()]
