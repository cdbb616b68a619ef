"""Edits: answered once where they ask something, and never again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.answered import ANSWERS_TO_ONE_MESSAGE
from tests.bot.conftest import TOKEN, Bot, all_answered, jpeg, running_bot, until
from tests.bot.inference.test_worker import occupy
from tests.bot.local_chat import GROUP, LocalChat, local_chat


async def answers_to(bot: Bot, sent: dict[str, Any]) -> list[str]:
    """What was said after a message, once another command shows that its turn has been."""
    chat_id = sent["chat"]["id"]
    last = await bot.chat.send_text("/about", chat_id=chat_id)
    await bot.chat.wait_for(lambda m: "One network maps" in m.get("text", ""), after=last)
    messages = await bot.chat.messages(chat_id)
    said = [m for m in messages if m["from"]["is_bot"] and m["message_id"] > sent["message_id"]]
    return [m["text"] for m in said if "One network maps" not in m["text"]]


@pytest.mark.parametrize("caption", ["@onenet_local_bot", "/caption", "One Network, what is this?"])
async def test_a_photo_whose_caption_comes_to_ask_is_answered_once(bot: Bot, caption: str) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="our wall", chat_id=GROUP)
    await bot.chat.edit(sent, caption="our red wall")
    assert await answers_to(bot, sent) == []
    await bot.chat.edit(sent, caption=caption)
    answer = await bot.chat.wait_for(lambda m: m.get("text") == "A red wall", after=sent)
    assert answer["reply_to_message"]["message_id"] == sent["message_id"]
    await bot.chat.edit(sent, caption=f"{caption} please")
    await bot.chat.edit(sent, caption="/caption")
    assert await answers_to(bot, sent) == ["A red wall"]


async def test_a_photo_that_was_answered_is_not_answered_again(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        [sent] = await chat.send_photos([jpeg("red")])
        await chat.wait_for(after=sent)
        await chat.edit(sent, caption="/caption")
        assert await answers_to(bot, sent) == ["A red wall"]
    async with running_bot(chat, tmp_path / "data") as bot:
        await chat.edit(sent, caption="now?")
        assert await answers_to(bot, sent) == ["A red wall"]


async def test_an_edit_while_the_answer_is_made_brings_no_second_one(bot: Bot) -> None:
    gate, busy = await occupy(bot.services.worker)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    await until(lambda: len(bot.services.worker._jobs) == 1)
    await bot.chat.edit(sent, caption="/caption")
    await until(lambda: sum(bot.services.metrics.counts().values()) == 1)  # the edit has had its turn
    gate.opened.set()
    await bot.chat.wait_for(after=sent)
    assert await answers_to(bot, sent) == ["A red wall"]
    await busy


async def test_an_edited_command_is_answered_once_for_each_wording(bot: Bot) -> None:
    sent = await bot.chat.send_text("/similar dgo", chat_id=GROUP)
    first = await bot.chat.wait_for(after=sent)
    assert first["text"].startswith("I never read “dgo”")
    for _ in range(2):
        await bot.chat.edit(sent, text="/similar dog")
        await bot.chat.wait_for(lambda m: m["text"].startswith("Closest to dog"), after=sent)
        await bot.chat.edit(sent, text="/similar dgo")
    said = await answers_to(bot, sent)
    assert [text.split("\n")[0] for text in said] == [first["text"].split("\n")[0], "Closest to dog:"]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("wrong", ["/teach", "/taech Rex", "/similar", ""])
async def test_a_command_under_photos_is_answered_once_for_each_wording(
    bot: Bot, count: int, wrong: str
) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("dark red")][:count], caption=wrong)
    first = await bot.chat.wait_for(after=sent[-1])
    await all_answered(bot)
    for _ in range(2):
        await bot.chat.edit(sent[0], caption="/teach Rex")
        taught = await bot.chat.wait_for(lambda m: "learnt Rex" in m.get("text", ""), after=sent[-1])
        await bot.chat.edit(sent[0], caption=wrong)
    assert await answers_to(bot, sent[-1]) == [first["text"], taught["text"]]


async def test_repeated_edits_come_to_an_end(bot: Bot) -> None:
    sent = await bot.chat.send_text("/similar dog")
    await bot.chat.wait_for(after=sent)
    for number in range(ANSWERS_TO_ONE_MESSAGE + 5):
        await bot.chat.edit(sent, text=f"/similar cat{number}")
        await all_answered(bot)
    assert len(await answers_to(bot, sent)) <= ANSWERS_TO_ONE_MESSAGE + 1


async def test_an_edited_text_that_is_no_command_is_left_alone(bot: Bot) -> None:
    sent = await bot.chat.send_text("dog")
    first = await bot.chat.wait_for(after=sent)
    await bot.chat.edit(sent, text="dogs")
    assert await answers_to(bot, sent) == [first["text"]]


async def test_a_text_that_becomes_a_command_is_answered(bot: Bot) -> None:
    sent = await bot.chat.send_text("similar dog", chat_id=GROUP)
    await bot.chat.edit(sent, text="/similar dog")
    answer = await bot.chat.wait_for(after=sent)
    assert answer["text"].startswith("Closest to dog:")


async def test_a_message_delivered_twice_is_answered_once(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot")
    bot.chat.server.faults.repeat_updates(2, after_s=0.5)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for(after=sent)
    await until(lambda: "came twice" in caplog.text)
    assert await answers_to(bot, sent) == ["A red wall"]


async def test_an_album_that_comes_to_ask_is_answered_once_and_whole(bot: Bot) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], chat_id=GROUP)
    await all_answered(bot)
    await bot.chat.edit(sent[0], caption="@onenet_local_bot")
    answer = await bot.chat.wait_for(after=sent[-1])
    assert answer["text"] == "1. A red wall\n2. A blue wall"
    await bot.chat.edit(sent[1], caption="/caption")
    await all_answered(bot)
    assert await answers_to(bot, sent[-1]) == [answer["text"]]


async def test_words_are_not_kept(bot: Bot) -> None:
    sent = await bot.chat.send_text("/similar swordfish")
    await bot.chat.wait_for(after=sent)
    await until(lambda: bot.services.answered._being_answered == set())
    rows = await bot.services.database.rows("SELECT * FROM answered_messages", ())
    assert rows
    assert b"swordfish" not in bot.services.database.path.read_bytes()


async def test_a_database_that_fails_does_not_keep_the_answer_back(bot: Bot) -> None:
    await bot.services.database.write("DROP TABLE answered_messages", ())
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"


async def test_old_notes_are_forgotten(bot: Bot) -> None:
    await bot.services.database.write("INSERT INTO answered_messages VALUES (1, 2, 3, x'00', 4.0)", ())
    sent = await bot.chat.send_text("/similar dog")
    await bot.chat.wait_for(after=sent)
    await until(lambda: bot.services.answered._being_answered == set())
    rows = await bot.services.database.rows("SELECT message_id FROM answered_messages", ())
    assert [row[0] for row in rows] == [sent["message_id"]]


@pytest.mark.parametrize("is_damaged", [True, False])
async def test_chats_that_begin_anew_are_answered(tmp_path: Path, *, is_damaged: bool) -> None:
    """Whether their file was damaged or deleted: the bot remembers numbers of before."""
    for _ in range(3):
        async with local_chat(tmp_path, token=TOKEN) as chat, running_bot(chat, tmp_path / "data"):
            for text in ("/start", "/about", "/start"):
                await chat.wait_for(after=await chat.send_text(text))
            [photo] = await chat.send_photos([jpeg("red")])
            await chat.wait_for(after=photo)
        file = tmp_path / "local" / "chat.sqlite3"
        file.write_bytes(b"damaged") if is_damaged else file.unlink()
        await asyncio.sleep(0 if is_damaged else 1)  # it lived longer than a test does
