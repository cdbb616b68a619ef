"""Export: all that is kept of a chat, as JSON files of bounded size."""

import base64
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.database import Database
from bot.store.keys import ChatKey

PART_BYTES = 16_000_000  # of the 50 MB that a bot may send, and as much memory as an export takes
PAGE_ROWS = 500
ABOUT = {
    "format": "One Network: what is kept of a chat",
    "version": 1,
    "representations": "base64 of little-endian float32; null: not read yet",
    "times": "seconds since 1970-01-01T00:00:00Z",
}
_TABLES = {  # by the names that they have in the file: the table, its order, what names the chat
    "photos": ("remembered_photos", "photo_id", "chat_id"),
    "answers": ("answers", "message_id", "chat_id"),
    "taught": ("taught_examples", "example_id", "chat_id"),
    "game_rounds": ("game_rounds", "message_id", "chat_id"),
    "game_guesses": ("game_guesses", "user_id", "chat_id"),
    "game_scores": ("game_scores", "user_id", "chat_id"),
    "fingerprints": ("answered_messages", "message_id", "chat_id"),
    "wishes_to_forget": ("forgettings", "at", "chat_id"),
    "languages": ("people", "user_id", "user_id"),  # a private chat has the number of its person
}
_JSON = ("settings", "captions", "photos_shown", "token_ids")  # columns that hold JSON themselves


@dataclass(frozen=True)
class ExportPart:
    """One file of an export: a whole JSON document.

    Attributes:
        number: From 1.
        photos: How many are in it.
    """

    number: int
    content: bytes
    photos: int


async def export(
    database: Database, chat: ChatKey, *, part_bytes: int = PART_BYTES
) -> AsyncIterator[ExportPart]:
    """Give all that is kept of a chat, in as many files as it takes; never less than one.

    Args:
        part_bytes: A file that has become longer than that is followed by another.
    """
    head = {**ABOUT, "chat": await _chat(database, chat), "exported_at": time.time()}
    number, size = 1, 0
    content: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    async for name, row in _rows(database, chat):
        if size > part_bytes:
            yield _part(head, number, content)
            number, size, content = number + 1, 0, {name: [] for name in _TABLES}
        content[name].append(row)
        size += len(json.dumps(row))
    yield _part(head, number, content)


async def _rows(database: Database, chat: ChatKey) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    for name, (table, order, chat_column) in _TABLES.items():
        query = f"""SELECT * FROM {table} WHERE bot_id = ? AND {chat_column} = ?
                    ORDER BY {order} LIMIT ? OFFSET ?"""
        for offset in itertools.count(0, PAGE_ROWS):
            rows = await _dicts(database, query, (*chat, PAGE_ROWS, offset))
            for row in rows:
                yield name, row
            if len(rows) < PAGE_ROWS:
                break


async def _chat(database: Database, chat: ChatKey) -> dict[str, Any]:
    query = "SELECT * FROM chats WHERE bot_id = ? AND chat_id = ?"
    return next(iter(await _dicts(database, query, chat)), {"chat_id": chat.chat_id})


async def _dicts(database: Database, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
    names, rows = await database.named_rows(query, values)
    return [{name: _shown(name, value) for name, value in zip(names, row, strict=True)} for row in rows]


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return json.loads(value) if name in _JSON else value


def _part(head: dict[str, Any], number: int, content: dict[str, list[dict[str, Any]]]) -> ExportPart:
    document = {**head, "file": number, **content}
    return ExportPart(number, json.dumps(document, ensure_ascii=False).encode(), len(content["photos"]))
