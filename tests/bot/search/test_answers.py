import asyncio
from pathlib import Path

from bot.language import notes
from tests.bot.conftest import Bot, buttons, is_photo, is_text, jpeg, running_bot, shown, toast, until
from tests.bot.database_file import execute
from tests.bot.local_chat import LocalChat

COLOURS = ("red", "dark red", "pink", "violet", "green", "blue")


async def text_of(chat: LocalChat, message: dict[str, object], text: str) -> None:
    await chat.wait_for(lambda m: m["message_id"] == message["message_id"] and m.get("text") == text)


async def test_another_caption_goes_round_the_next_best(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(after=sent)
    for text in (
        "A red wall in the sun",
        "Two red walls <b>",
        "Red paint",
        "Something red",
        "A red wall",
        "A red wall in the sun",
    ):
        await bot.chat.press(answer, "Another caption")
        await text_of(bot.chat, answer, text)
    assert "Another caption" in buttons(await bot.chat.message(answer))


async def test_more_like_this_sends_the_next_photos_until_there_are_no_more(bot: Bot) -> None:
    await bot.fill_gallery(*COLOURS)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    first = await bot.chat.wait_for_all(is_photo, 4, after=sent)
    await until(lambda: not bot.services.pressing)
    query = await bot.chat.press(answer, "More like this")
    assert await toast(bot.chat, query) == ""
    photos = await bot.chat.wait_for_all(is_photo, 6, after=sent)
    assert {*shown(first), *shown(photos[4:])} == set(COLOURS)
    assert photos[5]["reply_to_message"]["message_id"] == answer["message_id"]
    assert await toast(bot.chat, await bot.chat.press(answer, "More like this")) == notes.no_more_alike()


async def test_buttons_work_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery(*COLOURS)
        [sent] = await chat.send_photos([jpeg("red")])
        answer = await chat.wait_for(is_text, after=sent)
        await chat.wait_for_all(is_photo, 4, after=sent)
        await chat.press(answer, "Another caption")
        await text_of(chat, answer, "A red wall in the sun")
    query = await chat.press(answer, "Another caption")  # while the bot is away
    async with running_bot(chat, tmp_path / "data"):
        await toast(chat, query)
        await text_of(chat, answer, "Two red walls <b>")
        await chat.press(answer, "More like this")
        photos = await chat.wait_for_all(is_photo, 6, after=sent)
        assert set(shown(photos)) == set(COLOURS)


async def test_pressing_twice_quickly_is_harmless(bot: Bot) -> None:
    await bot.fill_gallery(*COLOURS)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    await bot.chat.wait_for_all(is_photo, 4, after=sent)
    for button in ("Another caption", "More like this"):
        queries = await asyncio.gather(*(bot.chat.press(answer, button) for _ in range(3)))
        toasts = [await toast(bot.chat, query) for query in queries]
        allowed = {"", notes.already_on_it(), notes.no_more_alike()}
        assert set(toasts) <= allowed
    photos = await bot.chat.wait_for_all(is_photo, 6, after=sent)
    assert sorted(shown(photos)) == sorted(COLOURS)
    sent = await bot.chat.send_text("/help")
    await bot.chat.wait_for(after=sent)
    assert notes.something_went_wrong() not in [m.get("text") for m in await bot.chat.messages()]


async def test_a_forgotten_answer_is_a_toast(bot: Bot) -> None:
    await bot.fill_gallery("red")
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    await bot.chat.wait_for(is_photo, after=sent)
    await execute(bot.services.database.path, "DELETE FROM answers")
    for button in ("Another caption", "More like this"):
        assert await toast(bot.chat, await bot.chat.press(answer, button)) == notes.forgotten()


async def test_a_button_too_old_to_be_answered_still_works(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(after=sent)
    bot.chat.server.faults.expire_callbacks()
    await bot.chat.press(answer, "Another caption")
    await text_of(bot.chat, answer, "A red wall in the sun")
