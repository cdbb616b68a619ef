"""kill -9 at any moment: what was answered is remembered, and nothing is left that belongs to nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.bot import killed_bot
from tests.bot.conftest import jpeg
from tests.bot.local_chat import PRIVATE, LocalChat
from tests.bot.memory.test_memory import in_database, in_index, memory_at
from tests.processes import fork

PHOTOS = 12


@pytest.mark.slow
@pytest.mark.parametrize("answers_before", [1, 4, 9])
async def test_every_photo_that_was_answered_is_remembered(
    chat: LocalChat, tmp_path: Path, answers_before: int
) -> None:
    process = fork(killed_bot.main, chat.server.url, chat.server.token, str(tmp_path / "data"))
    try:
        sending = asyncio.create_task(send_photos(chat))
        await chat.wait_for_all(is_caption, answers_before)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
    await sending
    answered = answered_photos(await chat.messages())
    assert len(answered) >= answers_before
    async with memory_at(tmp_path / "data" / "bot.sqlite3") as memory:
        rows = await memory._database.rows("SELECT chat_id, message_id FROM remembered_photos", ())
        assert {chat_id for chat_id, _ in rows} == {PRIVATE}
        assert answered <= {message_id for _, message_id in rows}
        assert await in_index(memory) == await in_database(memory)
        orphans = """SELECT COUNT(*) FROM remembered_photos WHERE (bot_id, chat_id) NOT IN
                     (SELECT bot_id, chat_id FROM chats)"""
        assert await memory._database.rows(orphans, ()) == [(0,)]


async def send_photos(chat: LocalChat) -> None:
    for number in range(PHOTOS):
        await chat.send_photos([jpeg("red", (64 + number, 48))])


def answered_photos(messages: list[dict[str, Any]]) -> set[int]:
    """The messages that captions reply to, or follow, where the last message needs no quoting."""
    found: set[int] = set()
    last = 0
    for message in messages:
        if not message["from"]["is_bot"]:
            last = message["message_id"]
        elif is_caption(message):
            found.add(message.get("reply_to_message", {}).get("message_id", last))
    return found


def is_caption(message: dict[str, object]) -> bool:
    return "wall" in str(message.get("text", ""))
