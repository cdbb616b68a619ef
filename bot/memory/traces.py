"""Traces: what answers and taught words hold of photos that are being forgotten."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import aiosqlite
import numpy as np
from numpy.typing import NDArray

from bot.memory.names import own_name
from bot.store.keys import ChatKey
from onenet.conversation import SearchState
from onenet.search import SAME_PHOTO

_IN_CHAT = "bot_id = ? AND chat_id = ?"
_OF_PHOTOS = f"FROM remembered_photos WHERE {_IN_CHAT} AND photo_id"
_FORGOTTEN = f"{_OF_PHOTOS} IN (SELECT value FROM json_each(?))"
_KEPT_MESSAGES = f"SELECT message_id {_OF_PHOTOS} NOT IN (SELECT value FROM json_each(?))"


async def forget_traces(connection: aiosqlite.Connection, chat: ChatKey, ids: Collection[int]) -> None:
    """Delete what else is kept of photos of a chat, before these are deleted, in the same transaction.

    The answers about them go, and the examples of taught words that they were. So does what has the
    representation of one of them, such as a search for photos like it, unless it is about a copy of it that
    the chat goes on to remember. On a numbered picture each keeps its number and nothing else.
    """
    photos = (*chat, json.dumps([*ids]))
    messages = f"SELECT message_id {_FORGOTTEN}"
    for table, message in (("answers", "about"), ("taught_examples", "message_id")):
        query = f"DELETE FROM {table} WHERE {_IN_CHAT} AND {message} IN ({messages})"
        await connection.execute(query, (*chat, *photos))
    query = f"SELECT representation {_FORGOTTEN} AND representation IS NOT NULL"
    read = [_floats(row[0]) for row in await _rows(connection, query, photos)]
    if read:  # what is not read yet was never found
        await _forget_examples_like(connection, chat, photos, np.array(read))
        await _forget_answers_with(connection, chat, photos, np.array(read))
        await _empty_cells(connection, chat, {own_name(photo_id) for photo_id in ids})


async def _forget_examples_like(
    connection: aiosqlite.Connection, chat: ChatKey, photos: Sequence[object], read: NDArray[np.float32]
) -> None:
    query = f"""SELECT example_id, representation FROM taught_examples
                WHERE {_IN_CHAT} AND message_id NOT IN ({_KEPT_MESSAGES})"""
    rows = await _rows(connection, query, (*chat, *photos))
    gone = [(row[0],) for row in rows if _is_among(read, _floats(row[1]))]
    await connection.executemany("DELETE FROM taught_examples WHERE example_id = ?", gone)


async def _forget_answers_with(
    connection: aiosqlite.Connection, chat: ChatKey, photos: Sequence[object], read: NDArray[np.float32]
) -> None:
    query = f"""SELECT message_id, part, representation, search, about NOT IN ({_KEPT_MESSAGES})
                FROM answers WHERE {_IN_CHAT} AND token_ids = '[]'"""  # those with token ids are about words
    gone = []
    for message_id, part, representation, search, is_of_no_other in await _rows(
        connection, query, (*photos, *chat)
    ):
        own = [_floats(representation)] if is_of_no_other else []
        held = SearchState.load(search).photos if search else own
        if any(_is_among(read, photo) for photo in held):
            gone.append((*chat, message_id, part))
    query = f"DELETE FROM answers WHERE {_IN_CHAT} AND message_id = ? AND part = ?"
    await connection.executemany(query, gone)


async def _empty_cells(connection: aiosqlite.Connection, chat: ChatKey, names: Collection[str]) -> None:
    query = f"SELECT message_id, part, sheet FROM answers WHERE {_IN_CHAT} AND sheet <> '[]'"
    update = f"UPDATE answers SET sheet = ? WHERE {_IN_CHAT} AND message_id = ? AND part = ?"
    for message_id, part, text in await _rows(connection, query, chat):
        cells = json.loads(text)  # each a list that begins with photo, name, score: see bot.store.answers
        emptied = [[cell[0], "", cell[2]] if cell[0] in names else cell for cell in cells]
        if emptied != cells:
            await connection.execute(update, (json.dumps(emptied), *chat, message_id, part))


def _is_among(photos: NDArray[np.float32], representation: NDArray[np.float32]) -> bool:
    return bool((photos @ representation >= SAME_PHOTO).any())


def _floats(stored: bytes) -> NDArray[np.float32]:
    return np.frombuffer(stored, "<f4").astype(np.float32)


async def _rows(connection: aiosqlite.Connection, query: str, values: Sequence[object]) -> list[Any]:
    async with connection.execute(query, values) as cursor:
        return list(await cursor.fetchall())
