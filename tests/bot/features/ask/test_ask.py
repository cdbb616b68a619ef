"""Questions about a photo: by command, as a reply to it or to its caption, and why."""

import pytest

from tests.bot.conftest import Bot, all_answered, buttons, is_photo, is_text, jpeg
from tests.bot.local_chat import GROUP

QUESTION = "what colour is the wall?"
ANSWER = "Red\n\n▇▇▇▇▇▇▁▁  75 % red\n▇▇▁▁▁▁▁▁  20 % green\n▁▁▁▁▁▁▁▁   5 % blue"


async def test_a_question_under_a_photo(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")], caption=f"/ask {QUESTION}")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"] == ANSWER
    assert buttons(answer) == ["Why?"]


@pytest.mark.parametrize("said", [QUESTION, f"/ask {QUESTION}"])
async def test_a_question_in_reply_to_a_photo_and_to_its_caption(bot: Bot, said: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    for replied in (photo, caption):
        asked = await bot.chat.send_text(said, reply_to=replied)
        answer = await bot.chat.wait_for(is_text, after=asked)
        assert answer["text"] == ANSWER


@pytest.mark.parametrize("remembers", [True, False])
async def test_why_shows_where_the_answer_is_seen(bot: Bot, remembers: bool) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for(is_text, after=photo)
    await all_answered(bot)
    asked = await bot.chat.send_text(QUESTION, reply_to=photo)
    answer = await bot.chat.wait_for(is_text, after=asked)
    await bot.chat.press(answer, "Why?")
    found = await bot.chat.wait_for(is_photo, after=answer)
    assert found["caption"].startswith("A red wall")


async def test_one_can_go_on_asking(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("green")])
    said = await bot.chat.wait_for(is_text, after=photo)
    for _ in range(2):
        asked = await bot.chat.send_text(QUESTION, reply_to=said)
        said = await bot.chat.wait_for(is_text, after=asked)
        assert said["text"].startswith("Green")


async def test_what_is_not_clear_is_doubted(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    sent = await bot.chat.send_text("where is this?", reply_to=photo)
    answer = await bot.chat.wait_for(lambda message: is_text(message) and "▇" in message["text"], after=sent)
    assert answer["text"].startswith("I cannot tell. Perhaps:\n\n")


async def test_what_is_this_asks_for_the_caption(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    sent = await bot.chat.send_text("@onenet_local_bot what is this?", reply_to=photo, chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("A red wall")


async def test_in_a_group_people_may_ask_each_other(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP)
    sent = await bot.chat.send_text(QUESTION, reply_to=photo, chat_id=GROUP)
    named = await bot.chat.send_text(f"@onenet_local_bot {QUESTION}", reply_to=photo, chat_id=GROUP)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["message_id"] > named["message_id"]
    assert answer["text"] == ANSWER


@pytest.mark.parametrize("said", ["/ask", "/ask why does it rain?"])
async def test_what_is_no_question_gets_a_sentence(bot: Bot, said: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text(said, reply_to=photo)
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert "question" in answer["text"]


async def test_without_a_photo_it_is_explained(bot: Bot) -> None:
    sent = await bot.chat.send_text(f"/ask {QUESTION}")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert answer["text"].startswith("/ask: a question about a photo")
