"""Database locked, disk full, index damaged, network swapped: a clear line in the log, and on it goes."""

import asyncio
from pathlib import Path

import pytest

from bot.gallery.gallery import index_path_for
from tests.bot.conftest import Bot, buttons, is_photo, jpeg, running_bot, until
from tests.bot.database_file import locked
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat


async def answer_texts(chat: LocalChat) -> list[str]:
    return [m["text"] for m in await chat.messages() if m["from"]["is_bot"] and "text" in m]


async def test_a_short_lock_is_waited_for(bot: Bot) -> None:
    async with locked(bot.services.database.path):
        [sent] = await bot.chat.send_photos([jpeg("red")])
        await asyncio.sleep(0.3)
        assert await answer_texts(bot.chat) == []
    assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"


async def test_during_a_long_lock_the_server_keeps_the_messages(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.services.database.rows("PRAGMA busy_timeout = 50", ())
    async with locked(bot.services.database.path):
        sent = [(await bot.chat.send_photos([jpeg(colour)]))[0] for colour in ("red", "green")]
        await until(lambda: "The database is in use by another program" in caplog.text)
        assert await answer_texts(bot.chat) == []
    await bot.chat.wait_for_all(lambda m: "text" in m, 2, after=sent[0])
    await until(lambda: bot.services.inbox.open_updates == 0)
    assert sorted(await answer_texts(bot.chat)) == ["A green wall", "A red wall"]


async def test_a_lock_in_the_middle_of_an_answer_does_not_stop_it(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    bot.chat.server.faults.delay("getFile", 0.5)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    await until(lambda: bool(bot.requests("getFile")))
    await bot.services.database.rows("PRAGMA busy_timeout = 50", ())
    async with locked(bot.services.database.path):
        assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"
        await until(lambda: "is not noted yet" in caplog.text)
    bot.services.inbox.failed_at = float("-inf")  # it notes again only after a while
    after = await bot.chat.send_text("/help")
    await bot.chat.wait_for(after=after)
    rows = await bot.services.database.rows("SELECT DISTINCT state FROM inbox", ())
    assert [row[0] for row in rows] == ["answered"]


async def test_on_a_full_disk_photos_and_words_are_still_answered(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    await bot.fill_gallery("red", "green")
    database = bot.services.database
    [pages] = await database.rows("PRAGMA page_count", ())
    await database.rows(f"PRAGMA max_page_count = {pages[0]}", ())
    words = "x" * 4000  # too much for what is left of the last page
    await bot.chat.send_text(words)
    await bot.chat.wait_for()
    await until(lambda: "they are answered one by one" in caplog.text)
    [photo] = await bot.chat.send_photos([jpeg("red")], caption=words[:1000])
    assert (await bot.chat.wait_for(after=photo))["text"] == "A red wall"
    await bot.chat.wait_for(is_photo, after=photo)
    sent = await bot.chat.send_text("/similar dog")
    await bot.chat.wait_for(lambda m: "Closest to" in m.get("text", ""), after=sent)
    assert words not in caplog.text
    await database.rows("PRAGMA max_page_count = 1000000", ())
    after = await bot.chat.send_text("/about")
    await bot.chat.wait_for(lambda m: "One Network" in m.get("text", ""), after=after)
    assert sum("A red wall" in text for text in await answer_texts(bot.chat)) == 1


async def test_a_damaged_index_is_made_anew(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green")
        index = index_path_for(tmp_path / "data", bot.gallery)
    assert index.is_file()
    index.write_bytes(b"damaged" * 50)
    async with running_bot(chat, tmp_path / "data") as bot:
        sent = await chat.send_text("/similar dog")
        await chat.wait_for(after=sent)
        await until(lambda: bot.services.gallery.state().photos == 2)
    assert "It is being made anew" in caplog.text


async def test_another_network_reads_the_gallery_afresh_and_forgets_old_answers(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green")
        [photo] = await chat.send_photos([jpeg("red")])
        answer = await chat.wait_for(lambda m: bool(buttons(m)), after=photo)
        await chat.wait_for(is_photo, after=photo)
    other = FakeEngine()
    other.fingerprint = "another"
    async with running_bot(chat, tmp_path / "data", other) as bot:
        await until(lambda: bot.services.gallery.state().photos == 2)
        assert sum(other.batches) >= 2
        query = await chat.press(answer, "More like this")
        event = await chat.wait_for_event("callback_answer", lambda e: e["callback_query_id"] == query)
        assert "no longer remember" in event["text"]
    assert "It is being made anew" in caplog.text
