from pathlib import Path
from typing import Any

import pytest
from telegram.error import NetworkError
from telegram.ext import CallbackContext

from bot.errors import ErrorHandler
from bot.language import notes
from tests.bot.conftest import Bot, all_answered, is_silent_about, jpeg, running_bot
from tests.bot.fake_engine import FakeEngine, FakeWords
from tests.bot.local_chat import GROUP, LocalChat


class BrokenWords(FakeWords):
    def similar(self, word: str, **options: object) -> Any:
        raise ZeroDivisionError("secret detail about " + word)


class BrokenEngine(FakeEngine):
    @property
    def words(self) -> FakeWords:
        return BrokenWords(self)


async def test_the_log_gets_the_traceback_and_the_user_a_sentence(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(chat, tmp_path / "data", BrokenEngine()):
        sent = await chat.send_text("/similar dog", chat_id=GROUP)
        answer = await chat.wait_for(after=sent)
        assert answer["text"] == notes.something_went_wrong()
        assert "ZeroDivisionError: secret detail" in caplog.text
        sent = await chat.send_text("/analogy man men woman")
        assert "women" in (await chat.wait_for(after=sent))["text"]


async def test_an_error_of_ours_is_told_in_its_words_and_logged_without_the_users(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot")
    sent = await bot.chat.send_text("/find my secret words")
    assert "I never read any of these words." in (await bot.chat.wait_for(after=sent))["text"]
    assert "Could not answer: DescriptionError" in caplog.text
    assert "secret words" not in caplog.text


async def test_an_error_behind_a_button_is_told_too(bot: Bot) -> None:
    sent = await bot.chat.send_text("/help")
    answer = await bot.chat.wait_for(after=sent)
    await bot.chat.press(answer, "Find: a dog in the snow")
    assert "I never read any of these words." in (await bot.chat.wait_for(after=answer))["text"]
    await all_answered(bot)
    assert len(bot.requests("answerCallbackQuery")) == 1  # it waited no more


async def test_when_nothing_can_be_sent_the_bot_lives_on(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    bot.chat.server.faults.add("sendMessage", status=403, times=1)
    await bot.chat.send_text("/help")
    bot.chat.server.faults.add("sendMessage", status=502, times=6)
    await bot.chat.send_text("/help")
    while "Nor could the user be told" not in caplog.text:
        await bot.chat.state()
    sent = await bot.chat.send_text("/help")
    assert "Tap an example" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_blocked_bot_says_nothing_more(bot: Bot) -> None:
    bot.chat.server.faults.add("sendMessage", status=403)
    sent = await bot.chat.send_text("/start")
    assert await is_silent_about(bot, sent)


async def test_errors_without_an_update_are_logged(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    handler = ErrorHandler(bot.services.chats, bot.services.left_out)
    for error, line in (
        (NetworkError("gone"), "NetworkError: gone"),
        (KeyError("x"), "KeyError"),
    ):
        context: Any = CallbackContext.from_error(None, error, bot.application)
        await handler.handle(None, context)
        assert line in caplog.text
    assert bot.requests("sendMessage") == []


async def test_an_error_in_a_group_answers_only_what_was_meant_for_the_bot(bot: Bot) -> None:
    [photo] = await bot.chat.send_photos([jpeg("red", (13, 13))], chat_id=GROUP)
    assert await is_silent_about(bot, photo)
    [photo] = await bot.chat.send_photos([jpeg("red", (13, 13))], chat_id=GROUP, caption="/caption")
    assert "bad luck" in (await bot.chat.wait_for(after=photo))["text"]
