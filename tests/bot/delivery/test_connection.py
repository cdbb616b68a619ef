import asyncio
import importlib
import logging
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from telegram import Message
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.delivery.connection import NOW_OR_NEVER, OPTIONAL_METHODS, PatientLimiter, connect
from bot.delivery.dispatch import Dispatcher
from bot.inference.progress import between_edits_s
from bot.messages.incoming import read_message
from bot.settings import Secret, SettingsError
from tests.bot.conftest import TOKEN, Bot, is_photo, jpeg, running_bot, settings_for, until
from tests.bot.delivery.test_inbox import BOT
from tests.bot.local_chat import GROUP, LocalChat

TOKENLESS = TOKEN.partition(":")[2]


class Server:
    """Fails as told, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def __call__(self) -> bool:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return True


async def ask(server: Server, endpoint: str = "sendMessage", **data: Any) -> Any:
    limiter = PatientLimiter(limited=True, retry_delays_s=(0.0, 0.0))
    return await limiter.process_request(server, (), {}, endpoint, data, None)


async def test_a_network_error_is_tried_again() -> None:
    server = Server(NetworkError("gone"), NetworkError("Bad Gateway"))
    assert await ask(server) is True
    assert server.calls == 3


async def test_but_not_for_ever() -> None:
    server = Server(*[NetworkError("gone")] * 3)
    with pytest.raises(NetworkError):
        await ask(server)
    assert server.calls == 3


@pytest.mark.parametrize("failure", [BadRequest("no"), TimedOut(), InvalidToken("Not Found")])
async def test_what_trying_again_cannot_mend_is_raised(failure: Exception) -> None:
    server = Server(failure)
    with pytest.raises(type(failure)):
        await ask(server)
    assert server.calls == 1


async def test_a_flood_is_waited_for() -> None:
    server = Server(RetryAfter(1))
    before = time.monotonic()
    assert await ask(server, chat_id=5) is True
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize("failure", [NetworkError("gone"), RetryAfter(1)])
async def test_what_is_of_no_use_later_is_not_tried_again(failure: Exception) -> None:
    limiter, server = PatientLimiter(limited=True, retry_delays_s=(0.0,)), Server(failure)

    async def edit(patience: int | None = NOW_OR_NEVER) -> Any:
        return await limiter.process_request(server, (), {}, "editMessageMedia", {"chat_id": 5}, patience)

    with pytest.raises(type(failure)):
        await edit()
    assert server.calls == 1
    if isinstance(failure, RetryAfter):  # it does not even ask before the time is over
        with pytest.raises(RetryAfter):
            await edit()
        assert server.calls == 1
    assert await edit(None) is True
    assert server.calls == 2


@pytest.mark.parametrize("failure", [NetworkError("gone"), RetryAfter(9)])
async def test_a_webhook_that_may_still_be_there_is_tried_again(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        await ask(Server(failure), "deleteWebhook")


@pytest.mark.parametrize(
    ("endpoint", "failure"),
    [
        (endpoint, failure)
        for endpoint in sorted(OPTIONAL_METHODS)
        for failure in (InvalidToken("Not Found"), BadRequest("no"), NetworkError("gone"), RetryAfter(9))
        if endpoint != "deleteWebhook" or isinstance(failure, InvalidToken | BadRequest)
    ],
)
async def test_methods_a_server_may_lack_are_logged_not_fatal(
    endpoint: str, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ask(Server(failure), endpoint) is False
    assert f"did not accept {endpoint}" in caplog.text


async def test_a_missing_method_is_a_warning_once(caplog: pytest.LogCaptureFixture) -> None:
    limiter = PatientLimiter(limited=False)
    caplog.set_level(logging.DEBUG)
    for _ in range(3):
        await limiter.process_request(Server(InvalidToken("Not Found")), (), {}, "sendChatAction", {}, None)
    levels = [record.levelname for record in caplog.records if "did not accept" in record.message]
    assert levels == ["WARNING", "DEBUG", "DEBUG"]


@pytest.mark.usefixtures("menus")
async def test_a_bare_server_is_enough(chat: LocalChat, tmp_path: Path) -> None:
    for method in (
        "setMyCommands",
        "sendChatAction",
        "answerCallbackQuery",
        "sendMediaGroup",
        "deleteWebhook",
    ):
        chat.server.faults.unknown(method)
    async with running_bot(chat, tmp_path / "data") as bot:
        await bot.fill_gallery("red", "green", "blue")
        [sent] = await chat.send_photos([jpeg("red")])
        photos = await chat.wait_for_all(is_photo, 3, after=sent)
        answer = next(m for m in await chat.messages() if m.get("text") == "A red wall")
        await chat.press(answer, "Another caption")
        edited = await chat.wait_for_event("edited")
        assert edited["message"]["text"] == "A red wall in the sun"
        assert all("media_group_id" not in photo for photo in photos)


@pytest.mark.parametrize("status", [502, 504, 500])
async def test_answers_survive_a_server_that_stumbles(bot: Bot, status: int) -> None:
    bot.chat.server.faults.add("sendMessage", status=status, times=2)
    bot.chat.server.faults.add("getUpdates", status=status)
    sent = await bot.chat.send_text("/about")
    assert "One Network" in (await bot.chat.wait_for(after=sent))["text"]


async def test_answers_survive_dropped_connections(bot: Bot) -> None:
    for method in ("getFile", "getUpdates", "sendChatAction"):
        bot.chat.server.faults.drop(method)
    [sent] = await bot.chat.send_photos([jpeg("red")])
    assert (await bot.chat.wait_for(after=sent))["text"] == "A red wall"


@pytest.mark.parametrize("processed", [False, True])
async def test_a_message_that_may_have_arrived_is_not_sent_twice(bot: Bot, *, processed: bool) -> None:
    bot.chat.server.faults.drop("sendMessage", processed=processed)
    sent = await bot.chat.send_text("/about")
    answer = await bot.chat.wait_for(lambda m: "connection broke" in m["text"], after=sent)
    assert "If there is no answer above" in answer["text"]
    after = await bot.chat.send_text("/help")
    await bot.chat.wait_for(after=after)
    answers = [m["text"] for m in await bot.chat.messages() if m["from"]["is_bot"]]
    assert sum(text.startswith("One Network") for text in answers) == processed
    assert len(answers) == 2 + processed


async def test_a_message_that_cannot_have_left_is_sent_again() -> None:
    error = NetworkError("no route")
    error.__cause__ = httpx.ConnectError("no route")
    server = Server(error)
    assert await ask(server) is True
    assert server.calls == 2


async def test_a_flood_stops_one_chat_alone(bot: Bot) -> None:
    bot.chat.server.faults.add("sendMessage", status=429, retry_after=5)
    slow = await bot.chat.send_text("/about", chat_id=GROUP)
    await until(lambda: bot.application.bot.failures["flood"] == 1)
    begun = time.monotonic()
    sent = await bot.chat.send_text("/about")
    await bot.chat.wait_for(after=sent)
    waiting = [m for m in await bot.chat.messages(GROUP) if m["from"]["is_bot"]]
    assert waiting == []
    assert "One Network" in (await bot.chat.wait_for(after=slow))["text"]
    assert time.monotonic() - begun > 4


async def test_what_nobody_could_be_told_is_tried_again_later(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        dispatcher = cast(Dispatcher, bot.application.update_processor)
        dispatcher._first_pause_s = 0.05
        chat.server.faults.add("sendMessage", status=502, times=14)
        [sent] = await chat.send_photos([jpeg("red")])
        await until(lambda: bot.services.metrics.counts().get("unheard", 0) > 0)
        chat.server.faults.clear()
        answer = await chat.wait_for(after=sent)
        await until(lambda: bot.services.inbox.open_updates == 0)
        answers = [m for m in await chat.messages() if m["from"]["is_bot"]]
        assert [m["message_id"] for m in answers] == [answer["message_id"]]


async def test_too_many_requests_are_waited_for(bot: Bot) -> None:
    bot.chat.server.faults.add("sendMessage", status=429, retry_after=1)
    sent = await bot.chat.send_text("/about")
    assert "One Network" in (await bot.chat.wait_for(after=sent))["text"]


async def test_a_slow_server_does_not_hold_up_other_answers(bot: Bot) -> None:
    bot.chat.server.faults.delay("sendMessage", 5.0)
    slow = await bot.chat.send_text("/about")
    await until(lambda: bool(bot.requests("sendMessage")))
    before = time.monotonic()
    sent = await bot.chat.send_text("/help")
    await bot.chat.wait_for(lambda m: "Tap an example" in m.get("text", ""), after=sent)
    assert time.monotonic() - before < 4.5
    await bot.chat.wait_for(lambda m: m["text"].startswith("One Network"), after=slow)


async def test_a_refused_token_is_a_sentence_that_does_not_show_it(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.connection.REFUSED_PAUSES_S", (0.01,))
    settings = settings_for(tmp_path, bot_token=Secret("78:wrong_token"), bot_api_url=chat.server.url)
    connection = connect(settings)
    with pytest.raises(SettingsError, match="does not accept BOT_TOKEN") as caught:
        await connection.initialize()
    assert "wrong_token" not in str(caught.value)
    await connection.shutdown()


async def test_a_server_out_of_reach_is_said_and_left_to_be_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(tmp_path, bot_token=Secret(TOKEN), bot_api_url="http://127.0.0.1:9")
    connection = connect(settings, retry_delays_s=())
    with pytest.raises(NetworkError):
        await connection.initialize()
    assert "No answer from http://127.0.0.1:9 yet" in caplog.text
    await connection.shutdown()


async def test_the_token_is_not_in_any_repr_or_log(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    caplog.set_level(logging.INFO)
    async with running_bot(chat, tmp_path / "data") as bot:
        chat.server.faults.add("sendMessage", status=400)
        sent = await chat.send_text("/help")
        await chat.wait_for(after=sent)
        assert TOKENLESS not in repr(bot.application)
        assert TOKENLESS not in repr(bot.application.bot)
        assert TOKENLESS not in repr(bot.services)
    assert TOKENLESS not in caplog.text


async def test_only_what_sends_a_message_takes_a_place_of_a_groups_minute() -> None:
    limiter, server = PatientLimiter(limited=True), Server()

    async def ask(endpoint: str, patience: int | None = None) -> Any:
        data = {"chat_id": -5}
        return await asyncio.wait_for(
            limiter.process_request(server, (), {}, endpoint, data, patience), timeout=2
        )

    for _ in range(30):
        for endpoint in (
            "editMessageMedia",
            "editMessageCaption",
            "getChatMember",
            "deleteMessage",
            "getChat",
        ):
            assert await ask(endpoint) is True
    for _ in range(20):  # all that a group takes in a minute
        assert await ask("sendMessage") is True
    for endpoint in ("editMessageMedia", "getChatMember", "deleteMessage"):
        assert await ask(endpoint) is True
        assert await ask(endpoint, NOW_OR_NEVER) is True
    with pytest.raises(RetryAfter):  # at once: what is of no use later does not wait
        await ask("sendPhoto", NOW_OR_NEVER)
    with pytest.raises(TimeoutError):
        await ask("sendPhoto")


@pytest.mark.parametrize("name", ["dream", "map"])
async def test_a_picture_in_the_making_leaves_most_of_a_groups_minute_to_answers(name: str) -> None:
    handlers = importlib.import_module(f"bot.features.{name}.handlers")
    chat = {"id": -5, "type": "supergroup", "title": "Friends"}
    asked = read_message(Message.de_json({"message_id": 1, "date": 1, "chat": chat, "text": "/x"}, BOT))
    assert 60 / between_edits_s(asked, handlers.EDIT_EVERY_S) <= 6
