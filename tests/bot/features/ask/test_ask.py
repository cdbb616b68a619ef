"""Questions about a photo: by command, as a reply to it or to its caption, and why."""

from typing import Any

import pytest
from PIL.Image import Image

from onenet.asking import Answers
from tests.bot.conftest import Bot, all_answered, buttons, is_photo, is_text, jpeg, toast
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


async def file_ids_kept(bot: Bot) -> int:
    """Of how many answers the photo's name at the server is kept."""
    [[kept]] = await bot.services.database.rows("SELECT COUNT(*) FROM answers WHERE photo <> ''", ())
    return int(kept)


async def test_in_a_group_that_remembers_nothing_no_file_id_is_kept(bot: Bot) -> None:
    """As /privacy says; why is offered where the answer can be followed to the photo."""
    [photo] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption="/caption")
    caption = await bot.chat.wait_for(is_text, after=photo)
    for replied in (photo, caption):
        asked = await bot.chat.send_text(f"/ask {QUESTION}", chat_id=GROUP, reply_to=replied)
        answer = await bot.chat.wait_for(is_text, after=asked)
        assert (answer["text"], buttons(answer)) == (ANSWER, [])
        again = await bot.chat.send_text(QUESTION, chat_id=GROUP, reply_to=answer)
        answer = await bot.chat.wait_for(is_text, after=again)
        assert (answer["text"], buttons(answer)) == (ANSWER, [])
    [under] = await bot.chat.send_photos([jpeg("red")], chat_id=GROUP, caption=f"/ask {QUESTION}")
    answer = await bot.chat.wait_for(is_text, after=under)
    await bot.chat.press(answer, "Why?")
    assert (await bot.chat.wait_for(is_photo, after=answer))["caption"].startswith("A red wall")
    await all_answered(bot)
    assert await file_ids_kept(bot) == 0


async def test_in_private_why_finds_the_photo_however_one_asked(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    for replied in (photo, caption):
        asked = await bot.chat.send_text(f"/ask {QUESTION}", reply_to=replied)
        answer = await bot.chat.wait_for(is_text, after=asked)
        await all_answered(bot)
        assert await toast(bot.chat, await bot.chat.press(answer, "Why?")) == ""
        assert (await bot.chat.wait_for(is_photo, after=answer))["caption"].startswith("A red wall")


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


async def test_what_is_not_there_has_no_colour(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    sent = await bot.chat.send_text("what colour is the cat?", reply_to=photo)
    answer = await bot.chat.wait_for(lambda message: is_text(message) and "▇" in message["text"], after=sent)
    assert answer["text"].startswith("I see none there, so I cannot tell. If there is one:\n\n")


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


@pytest.mark.parametrize("content", [b"no image", b"\xff\xd8 no photo"])
async def test_a_file_that_is_no_photo_gets_a_sentence(bot: Bot, content: bytes) -> None:
    sent = await bot.chat.send_document(content, "a.jpg", caption=f"/ask {QUESTION}")
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert "▇" not in answer["text"]
    assert "file" in answer["text"]


@pytest.mark.parametrize("question", ["犬はいますか", "onko siellä koira"])
async def test_a_question_that_is_not_understood_shows_how_to_ask(bot: Bot, question: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text(f"/ask {question}", reply_to=photo)
    assert "is it red?" in (await bot.chat.wait_for(is_text, after=sent))["text"]


@pytest.mark.parametrize(
    ("question", "looked"), [(QUESTION, True), ("how many dogs?", True), ("where is this?", False)]
)
async def test_where_it_helps_the_photo_is_looked_at_again(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, question: str, looked: bool
) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    caption = await bot.chat.wait_for(is_text, after=photo)
    seen, ask = [], bot.engine.ask

    def note(*arguments: Any, photo: Image | None = None, **options: Any) -> Answers:
        seen.append(photo is not None)
        return ask(*arguments, photo=photo, **options)

    monkeypatch.setattr(bot.engine, "ask", note)
    asked = await bot.chat.send_text(f"/ask {question}", reply_to=caption)
    await bot.chat.wait_for(is_text, after=asked)
    assert seen == [looked]
