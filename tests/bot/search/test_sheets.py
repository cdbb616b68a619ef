"""Found photos as one numbered picture, and its buttons."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.language import notes
from bot.search import texts as photo_replies
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    forget_answers,
    is_photo,
    is_text,
    jpeg,
    running_bot,
    toast,
    until,
)
from tests.bot.inference.test_worker import occupy
from tests.bot.local_chat import GROUP, LocalChat

COLOURS = ("red", "dark red", "pink", "violet", "green", "blue")
FOUND = "A red wall\n\n1. 1.00 red.jpg\n2. 0.93 dark red.jpg\n3. 0.83 pink.jpg\n4. 0.63 violet.jpg"


async def ask(bot: Bot, caption: str = "@onenet_local_bot", chat_id: int = GROUP) -> dict[str, Any]:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption=caption, chat_id=chat_id)
    return await bot.chat.wait_for(after=sent)


async def said(bot: Bot, chat_id: int = GROUP) -> list[dict[str, Any]]:
    return [message for message in await bot.chat.messages(chat_id) if message["from"]["is_bot"]]


async def caption_of(bot: Bot, message: dict[str, Any], caption: str) -> dict[str, Any]:
    """The message as soon as its caption begins like that."""
    return await bot.chat.wait_for(
        lambda m: m["message_id"] == message["message_id"] and m["caption"].startswith(caption),
        chat_id=message["chat"]["id"],
    )


async def test_in_a_group_an_answer_is_one_numbered_picture(bot: Bot) -> None:
    await bot.fill_gallery(*COLOURS)
    answer = await ask(bot)
    assert answer["caption"].splitlines()[:5] == FOUND.splitlines()[:5]
    assert buttons(answer) == ["1", "2", "3", "4", "Another caption", "More like this", "Why?"]
    await bot.chat.send_text("/about", chat_id=GROUP)
    await bot.chat.wait_for(is_text, chat_id=GROUP)
    assert len(await said(bot)) == 2
    picture = Image.open(io.BytesIO(await bot.chat.file(answer["photo"][-1]["file_id"])))
    assert picture.width <= 1280
    assert bot.requests("sendMediaGroup") == []


async def test_find_in_a_group_too(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_text("/find blue wall", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=sent)
    assert answer["caption"].startswith(
        "You wrote: blue wall\nI imagined: a blue wall\n\n1. 1.00 blue.jpg\n2. "
    )
    assert buttons(answer) == ["1", "2", "More like this", "More like the …"]


async def test_a_number_sends_the_single_photo_and_uploads_it_once(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    answer = await ask(bot)
    await bot.chat.press(answer, "2")
    single = await bot.chat.wait_for(is_photo, after=answer)
    assert single["caption"].endswith("green.jpg")
    assert single["reply_to_message"]["message_id"] == answer["message_id"]
    await bot.chat.press(answer, "2")
    again = (await bot.chat.wait_for_all(is_photo, 2, after=answer))[1]
    assert again["photo"][-1]["file_id"] == single["photo"][-1]["file_id"]
    uploads = [fields for fields in bot.requests("sendPhoto") if "Upload" in repr(fields)]
    assert len(uploads) == 2  # the sheet and the single photo


async def test_a_photo_that_has_gone_is_a_toast(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    answer = await ask(bot)
    await bot.services.gallery.stop()  # it must not notice
    (bot.gallery / "green.jpg").unlink()
    assert await toast(bot.chat, await bot.chat.press(answer, "2")) == photo_replies.picture_gone()


async def test_more_like_this_turns_to_the_next_pictures_until_there_are_no_more(bot: Bot) -> None:
    await bot.fill_gallery(*COLOURS)
    answer = await ask(bot)
    await bot.chat.press(answer, "Another caption")
    text = "A red wall in the sun\n\n1. "
    turned = await caption_of(bot, answer, text)
    assert turned["caption"].splitlines()[2:] == answer["caption"].splitlines()[2:]
    assert buttons(turned) == buttons(answer)
    await bot.chat.press(answer, "More like this")
    await until(lambda: len(bot.requests("editMessageMedia")) == 1)
    await bot.chat.wait_for_event(
        "callback_answer", lambda event: len(bot.requests("answerCallbackQuery")) == 2
    )
    turned = await bot.chat.message(answer)
    lines = turned["caption"].splitlines()
    assert lines[0] == "A red wall in the sun"
    assert {line.split(" ", 2)[2] for line in lines[2:]} == {"green.jpg", "blue.jpg"}
    assert buttons(turned) == ["1", "2", "Another caption", "More like this", "Why?"]
    assert turned["photo"] != answer["photo"]
    assert await toast(bot.chat, await bot.chat.press(answer, "More like this")) == notes.no_more_alike()
    assert len(await said(bot)) == 1
    await bot.chat.press(answer, "1")
    single = await bot.chat.wait_for(is_photo, after=answer)
    assert single["caption"] == lines[2].split(" ", 1)[1]


async def test_more_for_an_answer_without_pictures_is_one_picture(bot: Bot) -> None:
    await bot.fill_gallery(*COLOURS)
    answer = await ask(bot, "/caption")
    assert (answer["text"], buttons(answer)) == ("A red wall", ["Another caption", "More like this", "Why?"])
    await bot.chat.press(answer, "More like this")
    sheet = await bot.chat.wait_for(is_photo, after=answer)
    assert sheet["caption"].startswith("The most similar photos:\n\n1. ")
    await bot.chat.press(answer, "More like this")
    second = (await bot.chat.wait_for_all(is_photo, 2, after=answer))[1]
    names = {line.split(" ", 2)[2] for each in (sheet, second) for line in each["caption"].splitlines()[2:]}
    assert names == {f"{colour}.jpg" for colour in COLOURS}


async def test_the_numbers_of_an_album_in_a_group_bring_one_picture(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "blue")
    sent = await bot.chat.send_photos([jpeg("green"), jpeg("blue")], caption="/caption", chat_id=GROUP)
    answer = await bot.chat.wait_for(after=sent[-1])
    await bot.chat.press(answer, "2")
    sheet = await bot.chat.wait_for(is_photo, after=answer)
    assert sheet["caption"].startswith("The most similar photos to number 2:\n\n1. 1.00 blue.jpg\n2. ")


async def test_the_buttons_work_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green")
        answer = await ask(bot)
    async with running_bot(chat, tmp_path / "data") as bot:
        await chat.press(answer, "1")
        assert (await chat.wait_for(is_photo, after=answer))["caption"] == "1.00 red.jpg"


async def test_a_button_of_a_forgotten_picture_is_a_toast(bot: Bot) -> None:
    await bot.fill_gallery("red")
    answer = await ask(bot)
    await forget_answers(bot)
    assert await toast(bot.chat, await bot.chat.press(answer, "1")) == notes.forgotten()


async def test_the_chats_setting_decides(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    chats, me = bot.services.chats, bot.application.bot.id
    await chats.meet(me, GROUP, "supergroup")
    await chats.set(me, GROUP, pictures="album")
    answer = await ask(bot)
    assert answer["text"] == "A red wall"
    album = await bot.chat.wait_for_all(is_photo, 2, after=answer)
    assert len({photo["media_group_id"] for photo in album}) == 1
    await chats.meet(me, 1001, "private")
    await chats.set(me, 1001, pictures="sheet")
    answer = await ask(bot, "", 1001)
    assert answer["caption"].startswith("A red wall\n\n1. ")


async def test_where_the_bot_may_send_no_pictures_it_writes(bot: Bot) -> None:
    await bot.fill_gallery("red")
    refusal = "Bad Request: not enough rights to send photos to the chat"
    bot.chat.server.faults.add("sendPhoto", status=400, description=refusal, times=2)
    for _ in range(2):
        answer = await ask(bot)
        assert (answer["text"], buttons(answer)) == (
            "A red wall",
            ["Another caption", "More like this", "Why?"],
        )
    await all_answered(bot)
    texts = [message["text"] for message in await said(bot)]
    assert texts == ["A red wall", notes.no_pictures_here(), "A red wall"]  # said once


async def test_a_photo_that_became_unreadable_gives_way_to_the_next(bot: Bot) -> None:
    await bot.fill_gallery("red", "dark red", "pink", "violet", "green")
    bot.services.gallery._index.changes = lambda folder: None  # type: ignore[method-assign, assignment, return-value]
    (bot.gallery / "red.jpg").write_bytes(b"no longer a photo")
    answer = await ask(bot)
    names = [line.split(" ", 2)[2] for line in answer["caption"].splitlines()[2:]]
    assert names == ["dark red.jpg", "pink.jpg", "violet.jpg", "green.jpg"]


async def test_the_photo_it_answers_may_be_deleted_meanwhile(bot: Bot) -> None:
    await bot.fill_gallery("red")
    gate, busy = await occupy(bot.services.worker)
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="@onenet_local_bot", chat_id=GROUP)
    await until(lambda: len(bot.services.worker._jobs) == 1)
    await bot.chat.delete(sent)
    gate.opened.set()
    answer = await bot.chat.wait_for(after=sent)
    assert answer["caption"].startswith("A red wall")
    assert "reply_to_message" not in answer
    await busy


@pytest.mark.parametrize("data", ["sheet:0", "sheet:9", "sheet:x", "sheet:", "part:", "part:99999", "part:3"])
async def test_a_button_that_nobody_made_is_a_toast(bot: Bot, data: str) -> None:
    await bot.fill_gallery("red")
    keyboard = InlineKeyboardMarkup.from_button(InlineKeyboardButton("odd", callback_data=data))
    await bot.application.bot.send_message(GROUP, "odd", reply_markup=keyboard)
    message = await bot.chat.wait_for(chat_id=GROUP)
    assert await toast(bot.chat, await bot.chat.press(message, "odd")) == notes.forgotten()
