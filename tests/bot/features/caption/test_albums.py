"""Albums that people send: one question, one answer."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from telegram import Update

from bot.delivery.dispatch import Dispatcher
from bot.language import notes
from bot.photos.fetching import NO_LONGER_THERE, NOT_AN_IMAGE
from tests.bot.conftest import (
    Bot,
    all_answered,
    buttons,
    is_photo,
    is_silent_about,
    is_text,
    jpeg,
    running_bot,
    shown,
    toast,
    until,
)
from tests.bot.inference.test_worker import occupy
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

COLOURS = ("red", "green", "blue", "pink")
LINES = "1. A red wall\n2. A green wall\n3. A blue wall\n4. A red wall"
TAP = "\n\nTap a number for photos like that one."


async def answers_to(bot: Bot, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that the bot said after an album, once it has no more to say."""
    await all_answered(bot)
    messages = await bot.chat.messages(sent[0]["chat"]["id"])
    return [m for m in messages if m["from"]["is_bot"] and m["message_id"] > sent[0]["message_id"]]


async def becomes(chat: LocalChat, message: dict[str, Any], text: str) -> None:
    await chat.wait_for(
        lambda m: m["message_id"] == message["message_id"] and m.get("text") == text,
        chat_id=message["chat"]["id"],
    )


async def test_an_album_gets_one_answer_with_a_line_a_photo(bot: Bot) -> None:
    sent = await bot.chat.send_photos([jpeg(colour) for colour in COLOURS])
    answer = await bot.chat.wait_for(after=sent[-1])
    assert answer["text"] == LINES
    assert answer["reply_to_message"]["message_id"] == sent[0]["message_id"]
    assert buttons(answer) == []
    assert await answers_to(bot, sent) == [answer]


async def test_its_photos_are_one_batch(bot: Bot) -> None:
    gate, busy = await occupy(bot.services.worker)
    sent = await bot.chat.send_photos([jpeg(colour) for colour in COLOURS])
    await until(lambda: bot.services.worker.waiting == 1)
    bot.engine.batches.clear()
    gate.opened.set()
    assert (await bot.chat.wait_for(after=sent[-1]))["text"] == LINES
    assert bot.engine.batches == [4]
    await busy


async def test_updates_out_of_order_are_one_album_all_the_same(bot: Bot) -> None:
    bot.chat.server.faults.shuffle_updates()
    for _ in range(3):
        sent = await bot.chat.send_photos([jpeg(colour) for colour in COLOURS])
        assert (await bot.chat.wait_for(after=sent[-1]))["text"] == LINES
        assert len(await answers_to(bot, sent)) == 1


async def test_parts_that_come_apart_are_waited_for(bot: Bot) -> None:
    bot.services.incoming.quiet_s = 1.0
    [first] = await bot.chat.send_photos([jpeg("red")], album="7001")
    await until(lambda: bot.services.inbox.open_updates == 1)
    [second] = await bot.chat.send_photos([jpeg("green")], album="7001")
    answer = await bot.chat.wait_for(after=second)
    assert answer["text"] == "1. A red wall\n2. A green wall"
    assert answer["reply_to_message"]["message_id"] == first["message_id"]


async def test_a_part_that_comes_after_the_answer_goes_into_it(bot: Bot) -> None:
    await bot.fill_gallery("red", "green")
    [first] = await bot.chat.send_photos([jpeg("red")], album="7002")
    answer = await bot.chat.wait_for(after=first)
    assert (answer["text"], buttons(answer)) == (f"1. A red wall{TAP}", ["1"])
    [late] = await bot.chat.send_photos([jpeg("green")], album="7002")
    await becomes(bot.chat, answer, f"1. A red wall\n2. A green wall{TAP}")
    assert await answers_to(bot, [late]) == []
    assert buttons(await bot.chat.message(answer)) == ["1", "2"]
    await bot.chat.press(answer, "2")
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=late))[0] == "green"


async def test_a_late_part_is_answered_anew_when_the_answer_was_deleted(bot: Bot) -> None:
    [first] = await bot.chat.send_photos([jpeg("red")], album="7003")
    await bot.chat.delete(await bot.chat.wait_for(after=first))
    [late] = await bot.chat.send_photos([jpeg("green")], album="7003")
    assert (await bot.chat.wait_for(after=late))["text"] == "1. A red wall\n2. A green wall"


async def test_a_part_that_cannot_be_read_gets_its_line(bot: Bot) -> None:
    bot.chat.server.faults.add("getFile", status=400, description="Bad Request: wrong file_id")
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("red", (13, 13)), jpeg("red")])
    lines = (await bot.chat.wait_for(after=sent[-1]))["text"].split("\n")
    assert lines[1] == "2. could not be read: Thirteen brings bad luck. Send another photo."
    assert sorted([lines[0][3:], lines[2][3:]]) == ["A red wall", f"could not be read: {NO_LONGER_THERE}"]


async def test_an_album_of_files_that_are_no_images_gets_one_sentence(bot: Bot) -> None:
    chat = {"id": PRIVATE, "type": "private", "first_name": "You"}
    for number in (1, 2):
        document = {"file_id": "x", "file_unique_id": f"x{number}", "file_name": "a.pdf"}
        message = {"message_id": 900 + number, "date": 1, "chat": chat, "from": {**chat, "is_bot": False}}
        update = {"message": {**message, "document": document, "media_group_id": "9"}, "update_id": number}
        await bot.application.update_queue.put(Update.de_json(update, bot.application.bot))
    assert (await bot.chat.wait_for())["text"] == NOT_AN_IMAGE
    await all_answered(bot)
    assert len(bot.requests("sendMessage")) == 1


async def test_each_number_sends_photos_like_its_photo(bot: Bot) -> None:
    await bot.fill_gallery("red", "green", "blue")
    sent = await bot.chat.send_photos([jpeg("green"), jpeg("blue")])
    answer = await bot.chat.wait_for(after=sent[-1])
    assert answer["text"] == f"1. A green wall\n2. A blue wall{TAP}"
    assert buttons(answer) == ["1", "2"]
    assert is_text(answer)
    await until(lambda: bot.services.inbox.open_updates == 0)
    await bot.chat.press(answer, "2")
    photos = await bot.chat.wait_for_all(is_photo, 3, after=answer)
    assert shown(photos)[0] == "blue"
    await bot.chat.press(answer, "1")
    photos = await bot.chat.wait_for_all(is_photo, 6, after=answer)
    assert shown(photos)[3] == "green"
    await until(lambda: not bot.services.pressing)
    assert await toast(bot.chat, await bot.chat.press(answer, "1")) == notes.no_more_alike()


async def test_the_numbers_work_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green")
        sent = await chat.send_photos([jpeg("green"), jpeg("red")])
        answer = await chat.wait_for(after=sent[-1])
    async with running_bot(chat, tmp_path / "data") as bot:
        await until(lambda: bot.services.gallery.state().photos == 2)
        await chat.press(answer, "2")
        assert shown(await chat.wait_for_all(is_photo, 2, after=answer))[0] == "red"


async def test_ten_photos_have_two_even_rows_of_numbers(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sent = await bot.chat.send_photos([jpeg("red")] * 10)
    answer = await bot.chat.wait_for(after=sent[-1])
    rows = answer["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in rows] == [list("12345"), ["6", "7", "8", "9", "10"]]


async def test_caption_under_an_album_is_about_all_its_photos(bot: Bot) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], caption="/caption", chat_id=GROUP)
    assert (await bot.chat.wait_for(after=sent[-1]))["text"] == "1. A red wall\n2. A blue wall"
    assert len(await answers_to(bot, sent)) == 1


@pytest.mark.parametrize("command", ["/similar", "/find"])
async def test_similar_under_an_album_is_about_its_photos_together(bot: Bot, command: str) -> None:
    await bot.fill_gallery("red", "green", "violet")
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], caption=command)
    text = await bot.chat.wait_for(is_text, after=sent[-1])
    assert text["text"] == "The most similar photos to these, taken together:"
    assert shown(await bot.chat.wait_for_all(is_photo, 3, after=sent[-1]))[0] == "violet"
    assert len(await answers_to(bot, sent)) == 4


async def test_similar_under_an_album_of_which_nothing_can_be_read(bot: Bot) -> None:
    await bot.fill_gallery("red")
    sent = await bot.chat.send_photos([jpeg("red", (13, 13))] * 2, caption="/similar")
    assert "bad luck" in (await bot.chat.wait_for(after=sent[-1]))["text"]


async def test_words_under_an_album_do_not_get_lost(bot: Bot) -> None:
    await bot.fill_gallery("red", "blue")
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("red")], caption="/find a blue wall")
    text = await bot.chat.wait_for(is_text, after=sent[-1])
    assert text["text"].startswith("You wrote: a blue wall")
    assert "reply to it with /caption or /similar" in text["text"]
    assert shown(await bot.chat.wait_for_all(is_photo, 2, after=text))[0] == "blue"
    assert bot.requests("getFile") == []


@pytest.mark.parametrize(("caption", "words"), [("/about", "One network maps"), ("/dance", "/help lists")])
async def test_other_commands_under_an_album_are_answered_once(bot: Bot, caption: str, words: str) -> None:
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("red")], caption=caption)
    assert words in (await bot.chat.wait_for(after=sent[-1]))["text"]
    assert len(await answers_to(bot, sent)) == 1


async def test_an_album_for_others_is_not_answered(bot: Bot) -> None:
    for caption in ("", "our wall", "/caption@other_bot", "/dance"):
        sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], caption=caption, chat_id=GROUP)
        await all_answered(bot)
        assert await is_silent_about(bot, sent[-1])
    assert bot.requests("getFile") == []


async def test_an_album_is_said_to_the_bot_when_one_of_its_parts_is(bot: Bot) -> None:
    await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, album="7004")
    [last] = await bot.chat.send_photos(
        [jpeg("blue")], chat_id=GROUP, album="7004", caption="@onenet_local_bot"
    )
    answer = await bot.chat.wait_for(after=last)
    assert answer["text"] == "1. A red wall\n2. A blue wall"
    assert answer["reply_to_message"]["message_id"] == last["message_id"]


async def test_every_album_is_captioned_where_the_group_wants_that(bot: Bot) -> None:
    await want_every_caption(bot)
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")], chat_id=GROUP)
    assert (await bot.chat.wait_for(after=sent[-1]))["text"] == "1. A red wall\n2. A blue wall"


async def want_every_caption(bot: Bot, **settings: Any) -> None:
    chats, me = bot.services.chats, bot.application.bot.id
    await chats.meet(me, GROUP, "supergroup")
    await chats.set(me, GROUP, captions="every", **settings)


async def test_an_album_whose_photos_were_deleted_meanwhile_is_answered(bot: Bot) -> None:
    gate, busy = await occupy(bot.services.worker)
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")])
    await until(lambda: bot.services.worker.waiting == 1)
    for each in sent:
        await bot.chat.delete(each)
    gate.opened.set()
    answer = await bot.chat.wait_for(after=sent[-1])
    assert answer["text"] == "1. A red wall\n2. A blue wall"
    assert "reply_to_message" not in answer
    await busy


async def test_a_full_queue_is_told_once_an_album_and_fetches_nothing(bot: Bot) -> None:
    worker = bot.services.worker
    gate, busy = await occupy(worker)
    waiting = [asyncio.create_task(worker.call(max, 1, 2)) for _ in range(worker._queue_size)]
    await until(lambda: len(worker._jobs) == worker._queue_size)
    sent = await bot.chat.send_photos([jpeg("red")] * 3)
    assert "try again in" in (await bot.chat.wait_for(after=sent[-1]))["text"]
    assert len(await answers_to(bot, sent)) == 1
    assert bot.requests("getFile") == []
    gate.opened.set()
    await asyncio.gather(busy, *waiting)


async def test_a_part_delivered_twice_is_answered_once(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot")
    bot.chat.server.faults.repeat_updates(3, after_s=2 * bot.services.incoming.quiet_s)
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue"), jpeg("green")])
    answer = await bot.chat.wait_for(after=sent[-1])
    await until(lambda: caplog.text.count("came twice") == 3)
    assert await answers_to(bot, sent) == [answer]


async def test_ten_photos_of_a_chat_are_one_batch_whatever_its_places(bot: Bot) -> None:
    bot.engine.batches.clear()
    sent = await bot.chat.send_photos([jpeg("red")] * 10)
    assert len((await bot.chat.wait_for(after=sent[-1]))["text"].split("\n")) == 10
    assert bot.engine.batches == [10]
    assert len(await answers_to(bot, sent)) == 1
    assert bot.services.inbox.open_updates == 0


async def test_an_album_cut_off_before_its_answer_is_whole_after_a_restart(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        bot.services.incoming.quiet_s = 60.0
        sent = await chat.send_photos([jpeg("red"), jpeg("blue"), jpeg("green")])
        await until(lambda: bot.services.inbox.open_updates == 3)
        await cast(Dispatcher, bot.application.update_processor).drain(0)  # as a kill would
    async with running_bot(chat, tmp_path / "data") as bot:
        answer = await chat.wait_for(after=sent[-1])
        assert answer["text"] == "1. A red wall\n2. A blue wall\n3. A green wall"
        assert await answers_to(bot, sent) == [answer]
    async with running_bot(chat, tmp_path / "data") as bot:
        assert await answers_to(bot, sent) == [answer]


async def test_an_album_whose_answer_was_under_way_gets_one_apology(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        chat.server.faults.delay("sendMessage", 1.0)
        sent = await chat.send_photos([jpeg("red"), jpeg("blue"), jpeg("green")])
        await until(lambda: bool(bot.requests("sendMessage")))
        await cast(Dispatcher, bot.application.update_processor).drain(0)
    async with running_bot(chat, tmp_path / "data") as bot:
        await chat.wait_for(lambda m: "I was interrupted" in m["text"], after=sent[-1])
        texts = [message["text"] for message in await answers_to(bot, sent)]
        assert sum("I was interrupted" in text for text in texts) == 1
        assert len(texts) <= 2  # the answer itself may have gone out


async def test_an_album_that_nobody_heard_of_is_tried_again(bot: Bot) -> None:
    cast(Dispatcher, bot.application.update_processor)._first_pause_s = 0.1
    bot.services.incoming.remember_s = 0.0  # an album may be tried again long after that
    bot.chat.server.faults.add("sendMessage", status=502, times=6)
    sent = await bot.chat.send_photos([jpeg("red"), jpeg("blue")])
    answer = await bot.chat.wait_for(lambda m: m["text"] == "1. A red wall\n2. A blue wall", after=sent[-1])
    assert await answers_to(bot, sent) == [answer]
    assert bot.services.inbox.open_updates == 0
