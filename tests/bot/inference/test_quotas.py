import asyncio
from pathlib import Path
from typing import Any

import pytest
from telegram import Update

from bot.delivery.inbox import Inbox
from bot.delivery.turn import begin_turn
from bot.inference import quotas as limits
from bot.inference.quotas import ChatBusyError, Limits, RateLimit, TooManyPhotosError, TooManyQuestionsError
from bot.inference.worker import Worker
from bot.store.database import Database
from tests.bot.conftest import jpeg, running_bot, until
from tests.bot.delivery.test_inbox import BOT
from tests.bot.fake_engine import FakeEngine
from tests.bot.inference.test_worker import RED, occupy, turn_of
from tests.bot.local_chat import GROUP, LocalChat


def test_so_many_a_minute_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    limit = RateLimit(2)
    assert [limit.take(1), limit.take(1), limit.take(1), limit.take(2)] == [True, True, False, True]
    now += 59.9
    assert not limit.take(1)
    now += 0.2
    assert [limit.take(1), limit.take(1), limit.take(1)] == [True, True, False]


def test_those_who_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    limit = RateLimit(2)
    for key in range(3000):
        now += 1.0
        limit.take(key)
    assert len(limit._times) <= limits.MINUTE_S


async def test_photos_count_for_the_chat_and_questions_for_the_person() -> None:
    counted = Limits(photos=2, questions=1)
    begin_turn(turn_of(-5, 1))
    counted.count_photos(1)
    counted.count_question()  # part of the photo's answer
    begin_turn(turn_of(-5, 2))
    counted.count_photos(1)
    with pytest.raises(TooManyPhotosError):
        counted.count_photos(1)
    begin_turn(turn_of(-5, 1))
    counted.count_question()
    counted.count_question()  # of the same update
    begin_turn(turn_of(-6, 1))
    with pytest.raises(TooManyQuestionsError):
        counted.count_question()
    begin_turn(turn_of(-6, 2))
    counted.count_question()


async def test_in_the_background_nothing_is_counted() -> None:
    begin_turn(None)
    counted = Limits(photos=1, questions=1)
    for _ in range(5):
        counted.count_photos(1)
        counted.count_question()


async def test_a_chat_may_fill_its_own_share_of_the_queue_only() -> None:
    worker = Worker(FakeEngine(), queue_size=50, queue_per_chat=3)
    worker.start()
    gate, busy = await occupy(worker)

    async def ask(chat_id: int) -> Any:
        begin_turn(turn_of(chat_id))
        return await worker.read(RED)

    waiting = [asyncio.create_task(ask(-5)) for _ in range(3)]
    await until(lambda: worker.waiting == 3)
    with pytest.raises(ChatBusyError, match="3 of this chat are waiting already"):
        await asyncio.create_task(ask(-5))
    other = asyncio.create_task(ask(-6))
    gate.opened.set()
    await asyncio.gather(busy, other, *waiting)
    await worker.stop()


async def test_photos_over_the_limit_are_told_of_in_one_message(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", photos_per_minute=3) as bot:
        bot.services.left_out._gather_s = 0.3
        sent = [(await chat.send_photos([jpeg("red")]))[0] for _ in range(8)]
        note = await chat.wait_for(lambda m: "left out" in m.get("text", ""), after=sent[0])
        assert note["text"].startswith("I left out 5 photos: I look at 3 a minute in one chat.")
        await until(lambda: bot.services.inbox.open_updates == 0)
        answers = [m["text"] for m in await chat.messages() if m["from"]["is_bot"]]
        assert sorted(answers) == ["A red wall"] * 3 + [note["text"]]
        [other] = await chat.send_photos([jpeg("green")], chat_id=GROUP, caption="/caption")
        assert (await chat.wait_for(after=other))["text"] == "A green wall"
        assert len(bot.requests("getFile")) == 4  # what is left out is not fetched


async def test_every_photo_of_an_album_over_the_limit_is_told_of(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", photos_per_minute=3) as bot:
        bot.services.left_out._gather_s = 3.0  # both albums are whole by then
        [first] = await chat.send_photos([jpeg("red")])
        await chat.wait_for(after=first)
        for count in (3, 4):
            await chat.send_photos([jpeg("red")] * count)
        note = await chat.wait_for(lambda m: "left out" in m.get("text", ""), after=first, timeout_s=20)
        assert note["text"].startswith("I left out 7 photos: I look at 3 a minute in one chat.")


async def test_the_second_message_comes_a_while_after_the_first(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", questions_per_minute=1) as bot:
        bot.services.left_out._gather_s = 0.05
        bot.services.left_out._every_s = 1.0
        await chat.send_text("/similar dog")
        first = await chat.send_text("/similar dog")
        note = await chat.wait_for(lambda m: "left out 1 question:" in m["text"], after=first)
        for _ in range(3):
            await chat.send_text("/similar dog")
        await until(lambda: bot.services.metrics.counts()["TooManyQuestionsError"] == 4)
        notes = [m for m in await chat.messages() if "left out" in m.get("text", "")]
        assert [m["message_id"] for m in notes] == [note["message_id"]]
        await chat.wait_for(lambda m: "left out 3 questions:" in m["text"], after=note)
        await until(lambda: bot.services.inbox.open_updates == 0)


async def test_what_was_not_told_of_is_handled_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", photos_per_minute=1) as bot:
        bot.services.left_out._gather_s = 60.0
        sent = [(await chat.send_photos([jpeg("red")]))[0] for _ in range(2)]
        await until(lambda: bot.services.metrics.counts().get("TooManyPhotosError") == 1)
    async with running_bot(chat, tmp_path / "data"):
        await chat.wait_for_all(lambda m: m["text"] == "A red wall", 2, after=sent[0])
    assert len([m for m in await chat.messages() if m["from"]["is_bot"]]) == 2


async def test_a_note_that_cannot_be_sent_is_sent_later(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data", questions_per_minute=1) as bot:
        services = bot.services
        services.left_out._gather_s = services.left_out._every_s = 0.05
        sent = await chat.send_text("/similar dog")
        await chat.wait_for(after=sent)
        chat.server.faults.add("sendMessage", status=502, times=5)
        await chat.send_text("/similar dog")
        await chat.wait_for(lambda m: "left out 1 question" in m["text"], after=sent)
        await until(lambda: services.inbox.open_updates == 0)


def test_every_kind_of_limit_speaks_of_one_and_of_many() -> None:
    for kind in (TooManyPhotosError, TooManyQuestionsError, ChatBusyError):
        assert "1 " in kind(60).summary(1)
        assert "12 " in kind(60).summary(12)
        assert "60" in kind(60).summary(12)
        assert str(kind(60)) == kind(60).summary(1)
        assert str(kind(60, 12)) == kind(60).summary(12)


async def test_admins_who_hide_are_counted_for_their_group() -> None:
    """To Telegram all of them are the same user."""
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    channel = {"id": -9, "type": "channel", "title": "News"}
    inbox, counted = Inbox(Database(Path("never_made"))), Limits(photos=1, questions=1)

    def asks(number: int, chat_id: int, sender_chat: dict[str, Any] | None = None) -> None:
        chat = {"id": chat_id, "type": "supergroup", "title": "Friends"}
        message = {
            **{"message_id": number, "date": 1, "chat": chat, "text": "/find dog"},
            **{"from": anonymous, "sender_chat": sender_chat or chat},
        }
        begin_turn(inbox.turn(Update.de_json({"update_id": number, "message": message}, BOT)))
        counted.count_question()

    asks(1, -5)
    asks(2, -6)
    asks(3, -6, channel)
    with pytest.raises(TooManyQuestionsError):
        asks(4, -5)
