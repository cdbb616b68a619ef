"""In private an answer quotes only where it would not be plain else which message it is for."""

import pytest

from tests.bot.conftest import Bot, all_answered, is_photo, is_text, jpeg, until
from tests.bot.inference.test_worker import occupy
from tests.bot.local_chat import GROUP, PRIVATE, Json


@pytest.fixture
def remembers() -> bool:
    return True


async def answers_to(bot: Bot, sent: Json) -> list[Json]:
    await bot.chat.wait_for(after=sent)
    await all_answered(bot)
    messages = await bot.chat.messages(sent["chat"]["id"], after=sent["message_id"])
    return [message for message in messages if message["from"]["is_bot"]]


@pytest.mark.parametrize(
    "text", ["/find red", "/odd cat dog puppy", "/walk cat dog", "/find quux", "/forget mine"]
)
async def test_the_only_message_is_not_quoted_in_private_and_is_in_a_group(bot: Bot, text: str) -> None:
    await bot.fill_gallery("red")
    for chat_id, is_quoted in ((PRIVATE, False), (GROUP, True)):
        sent = await bot.chat.send_text(text, chat_id=chat_id)
        answers = await answers_to(bot, sent)
        assert ["reply_to_message" in answer for answer in answers[:1]] == [is_quoted]


async def test_nor_is_a_photo_that_is_remembered(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = (await answers_to(bot, sent))[0]
    assert "reply_to_message" not in answer
    await bot.chat.press(answer, "Why?")
    assert await bot.chat.wait_for(is_photo, after=answer)  # it is found all the same


@pytest.mark.parametrize("pictures", ["album", "sheet"])
async def test_nor_one_that_is_not_and_its_buttons_find_it_all_the_same(bot: Bot, pictures: str) -> None:
    await bot.fill_gallery("red", "green")
    await bot.chat.wait_for(after=await bot.chat.send_text("/memory off"))
    await bot.services.chats.set(bot.chat.bot_id, PRIVATE, pictures=pictures)
    await all_answered(bot)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = (await answers_to(bot, sent))[0]
    assert "reply_to_message" not in answer
    await bot.chat.press(answer, "Why?")
    await all_answered(bot)
    latest = (await bot.chat.messages())[-1]
    assert is_photo(latest)
    assert latest["reply_to_message"]["message_id"] == answer["message_id"]
    asked = await bot.chat.send_text("/why", reply_to=answer)
    assert await bot.chat.wait_for(is_photo, after=asked)


async def test_what_leads_to_a_photo_that_is_not_remembered_is_kept_only_where_nothing_else_does(
    bot: Bot,
) -> None:
    async def kept() -> list[str]:
        return [row[0] for row in await bot.services.database.rows("SELECT photo FROM answers", ())]

    [sent] = await bot.chat.send_photos([jpeg("red")])  # remembered
    await answers_to(bot, sent)
    [sent] = await bot.chat.send_photos([jpeg("red")], caption="/caption", chat_id=GROUP)  # quoted
    await answers_to(bot, sent)
    assert await kept() == ["", ""]
    await bot.chat.wait_for(after=await bot.chat.send_text("/memory off"))
    await all_answered(bot)
    [sent] = await bot.chat.send_photos([jpeg("green")])
    await answers_to(bot, sent)
    assert len({photo for photo in await kept() if photo}) == 1  # of its caption, and of the photos like it
    await answers_to(bot, await bot.chat.send_text("/forget mine"))
    assert await kept() == [""]  # the group's


async def test_of_several_that_wait_each_is_quoted_but_the_last(bot: Bot) -> None:
    gate, busy = await occupy(bot.services.worker)
    sent = [await bot.chat.send_text(f"/find {colour}") for colour in ("red", "green", "blue")]
    await until(lambda: bot.services.worker.waiting == 3)
    gate.opened.set()
    await busy
    answers = await bot.chat.wait_for_all(is_text, 3, after=sent[-1])
    quoted = [answer["reply_to_message"]["message_id"] for answer in answers if "reply_to_message" in answer]
    assert len(quoted) >= 2
    assert set(quoted) <= {message["message_id"] for message in sent}


async def test_what_was_edited_is_quoted(bot: Bot) -> None:
    sent = await bot.chat.send_text("/find red")
    await answers_to(bot, sent)
    later = await bot.chat.send_text("/about")
    await answers_to(bot, later)
    await bot.chat.edit(sent, text="/find green")
    answer = await bot.chat.wait_for(lambda m: "green" in m.get("text", ""), after=later)
    assert answer["reply_to_message"]["message_id"] == sent["message_id"]
