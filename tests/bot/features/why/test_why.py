"""Why a caption: by command and by button, the photo found again or not, the picture that is sent."""

import asyncio
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.features.why import texts as replies
from bot.language import speaking, translations_for
from onenet.captions import Reasons
from onenet.pictures import Notes
from tests.bot.conftest import (
    Bot,
    buttons,
    forget_answers,
    is_photo,
    is_text,
    jpeg,
    running_bot,
    toast,
    until,
)
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, LocalChat


async def pixels(bot: Bot, message: dict[str, Any]) -> Any:
    """The picture of a message, shape (H, W, 3)."""
    content = await bot.chat.file(message["photo"][-1]["file_id"])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)


async def test_the_button_shows_where_each_word_comes_from(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    assert buttons(answer) == ["Another caption", "Why?"]
    assert await toast(bot.chat, await bot.chat.press(answer, "Why?")) == ""
    found = await bot.chat.wait_for(is_photo, after=answer)
    assert found["reply_to_message"]["message_id"] == answer["message_id"]
    assert found["caption"].splitlines() == [
        "A red wall",
        "",
        "In colour: where I saw each word, and how many times likelier the photo makes it.",
        "Grey: words that the photo explains little; most follow by grammar from those before them.",
    ]
    shown = await pixels(bot, found)
    red, grey = shown[60, 900], shown[60, 60]  # "red" is the second panel of two in a row, "a" the first
    assert red[0] - red[2] > 60
    assert grey.max() - grey.min() < 12


async def test_the_caption_that_is_shown_is_the_one_explained(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("green")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    for _ in range(3):
        await toast(bot.chat, await bot.chat.press(answer, "Another caption"))
    await bot.chat.press(answer, "Why?")
    found = await bot.chat.wait_for(is_photo, after=answer)
    assert found["caption"].splitlines()[0] == "Green"  # of “green paint”: it never read the other word
    assert "I never read “paint”" in found["caption"]


@pytest.mark.parametrize("text", ["/why", "/why@onenet_local_bot"])
async def test_why_in_reply_to_a_photo(bot: Bot, text: str) -> None:
    [photo] = await bot.chat.send_photos([jpeg("blue")], caption="/caption", chat_id=GROUP)
    await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text(text, reply_to=photo, chat_id=GROUP)
    assert (await bot.chat.wait_for(is_photo, after=sent))["caption"].startswith("A blue wall\n")


async def test_why_under_a_photo(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("blue")], caption="/why")
    found = await bot.chat.wait_for(is_photo, after=sent)
    assert found["caption"].startswith("A blue wall\n")
    assert "reply_to_message" not in found


async def test_words_behind_it_are_explained_instead(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("blue")])
    answer = await bot.chat.wait_for(is_text, after=photo)
    sent = await bot.chat.send_text("/why a green wall", reply_to=photo)
    assert (await bot.chat.wait_for(is_photo, after=sent))["caption"].startswith("A green wall\n")
    sent = await bot.chat.send_text("/why wall", reply_to=photo)
    found = await bot.chat.wait_for(is_photo, after=sent)
    assert "I see none of these words in this photo." in found["caption"]
    assert "In colour" not in found["caption"]
    sent = await bot.chat.send_text("/why zeppelin", reply_to=photo)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"].startswith(
        "I never read any of these words."
    )
    assert answer["text"] == "A blue wall"


async def test_why_in_reply_to_the_caption_finds_a_photo_that_is_remembered(
    chat: LocalChat, tmp_path: Path
) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        [photo] = await chat.send_photos([jpeg("red")])
        answer = await chat.wait_for(is_text, after=photo)
        sent = await chat.send_text("/why", reply_to=answer)
        found = await chat.wait_for(is_photo, after=sent)
        assert found["caption"].startswith("A red wall\n")
        sent = await chat.send_text("/forget", reply_to=photo)
        await chat.wait_for(is_text, after=sent)
        sent = await chat.send_text("/why", reply_to=found)  # the picture itself is a photo like any other
        assert (await chat.wait_for(is_photo, after=sent))["caption"].startswith("A ")
        assert not bot.services.pressing


async def test_a_photo_that_is_not_kept_has_to_be_replied_to(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red")])
    await bot.chat.wait_for(is_text, after=photo)
    command = await bot.chat.send_text("/caption", reply_to=photo)
    answer = await bot.chat.wait_for(is_text, after=command)
    assert "Why?" not in buttons(answer)  # behind the button there would be no photo
    sent = await bot.chat.send_text("/why", reply_to=answer)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.photo_out_of_reach()


async def test_without_a_photo_it_says_what_to_reply_to(bot: Bot) -> None:
    sent = await bot.chat.send_text("/why")
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.no_photo()
    sent = await bot.chat.send_text("/why", reply_to=sent)
    assert (await bot.chat.wait_for(is_text, after=sent))["text"] == replies.no_photo()


async def test_a_forgotten_answer_explains_nothing(bot: Bot) -> None:
    [sent] = await bot.chat.send_photos([jpeg("red")])
    answer = await bot.chat.wait_for(is_text, after=sent)
    await forget_answers(bot)
    assert "no longer remember" in await toast(bot.chat, await bot.chat.press(answer, "Why?"))
    assert await bot.chat.messages(after=answer["message_id"]) == []


class SlowReasons(FakeEngine):
    """Explains when it is let, and notes on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.threads = threading.Event(), list[str]()

    def explain(self, photo: Image.Image, caption: str = "", *, language: str = "en") -> Reasons:
        self.threads.append(threading.current_thread().name)
        self.go.wait(20)
        return super().explain(photo, caption, language=language)


async def test_it_is_worked_out_off_the_event_loop_and_once(chat: LocalChat, tmp_path: Path) -> None:
    engine = SlowReasons()
    async with running_bot(chat, tmp_path / "data", engine) as bot:
        [sent] = await chat.send_photos([jpeg("red")])
        answer = await chat.wait_for(is_text, after=sent)
        await chat.press(answer, "Why?")
        await until(lambda: bool(engine.threads), timeout_s=20)
        assert await toast(chat, await chat.press(answer, "Why?")) == "I am on it already."
        about = await chat.send_text("/help")  # others are answered meanwhile
        await chat.wait_for(is_text, after=about)
        engine.go.set()
        await chat.wait_for(is_photo, 20, after=answer)
        await until(lambda: not bot.services.pressing)
        await asyncio.sleep(0)
        assert engine.threads == ["network"]


def test_the_picture_speaks_the_chats_language() -> None:
    assert replies.notes() == Notes("by grammar", "not here")
    with speaking(translations_for("de")):
        assert replies.notes() == Notes("durch Grammatik", "nicht hier")
