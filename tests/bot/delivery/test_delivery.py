"""Whatever the server does: every photo is answered exactly once, or apologised for."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.delivery import connection
from bot.delivery.dispatch import Dispatcher
from bot.local import Faults
from tests.bot.conftest import Bot, all_answered, jpeg, running_bot, until
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

PHOTOS = 6


async def answers_of(chat: LocalChat, photo: dict[str, Any]) -> list[str]:
    """What the bot said of a photo: in reply to it, or to nothing where it was the last message."""
    messages = await chat.messages(photo["chat"]["id"])
    said: list[str] = []
    last = 0
    for message in messages:
        if not message["from"]["is_bot"]:
            last = message["message_id"]
        elif message.get("reply_to_message", {}).get("message_id", last) == photo["message_id"]:
            said.append(message["text"])
    return said


FAULTS: dict[str, Callable[[Faults], None]] = {
    "429": lambda faults: faults.add("sendMessage", status=429, retry_after=1, times=3),
    "429 for ever so long": lambda faults: faults.add("sendMessage", status=429, retry_after=1, times=9),
    "500": lambda faults: faults.add("sendMessage", status=500, times=2),  # fewer than anybody tries
    "500, again and again": lambda faults: faults.add("sendMessage", status=500, times=5),
    "502 at length": lambda faults: faults.add("sendMessage", status=502, times=40),
    "504 while fetching": lambda faults: faults.add("getFile", status=504, times=4),
    "broken downloads": lambda faults: faults.drop("download", times=4),
    "broken files": lambda faults: faults.drop("getFile", times=4),
    "dropped before": lambda faults: faults.drop("sendMessage", times=3),
    "dropped after": lambda faults: faults.drop("sendMessage", times=3, processed=True),
    "polling stumbles": lambda faults: faults.add("getUpdates", status=502, times=2),
    "polling breaks off after": lambda faults: faults.drop("getUpdates", times=2, processed=True),
    "twice": lambda faults: faults.repeat_updates(PHOTOS),
    "twice, late": lambda faults: faults.repeat_updates(PHOTOS, after_s=0.3),
    "out of order": lambda faults: faults.shuffle_updates(),
    "everything": lambda faults: _break_everything(faults),
}


def _break_everything(faults: Faults) -> None:
    for method in ("getFile", "download", "sendChatAction", "sendMessage"):
        faults.add(method, status=500, times=4)
        faults.drop(method, times=2)
        faults.drop(method, times=2, processed=True)
    faults.add("getUpdates", status=500, times=2)
    faults.add("sendMessage", status=429, times=2)
    faults.repeat_updates(PHOTOS)
    faults.shuffle_updates()


@pytest.mark.parametrize("name", FAULTS)
async def test_every_photo_is_answered_once_or_apologised_for(
    chat: LocalChat, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level("INFO", "bot")
    async with running_bot(chat, tmp_path / "data") as bot:
        cast(Dispatcher, bot.application.update_processor)._first_pause_s = 0.1
        FAULTS[name](chat.server.faults)
        sent = [(await chat.send_photos([jpeg("red")]))[0] for _ in range(PHOTOS)]
        await until(lambda: bot.services.inbox.open_updates == 0 and _done(bot) >= PHOTOS, timeout_s=40)
        if name.startswith("twice"):
            await until(lambda: caplog.text.count("came twice") == PHOTOS)
        await all_answered(bot)  # what came twice may have been counted for a photo that was still on its way
        for photo in sent:
            texts = await answers_of(chat, photo)
            assert texts
            assert texts.count("A red wall") <= 1
            apologies = [text for text in texts if text != "A red wall"]
            assert all("Something went wrong" in text or "answer above" in text for text in apologies)
            if name in ("429", "500", "polling stumbles", "twice", "twice, late", "out of order"):
                assert texts == ["A red wall"]


def _done(bot: Bot) -> int:
    return sum(count for outcome, count in bot.services.metrics.counts().items() if outcome != "unheard")


@pytest.mark.parametrize("polite", [True, False])
async def test_a_request_that_times_out_is_apologised_for(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, polite: bool
) -> None:
    monkeypatch.setattr(connection, "READ_S", 0.5)
    async with running_bot(chat, tmp_path / "data") as bot:
        cast(Dispatcher, bot.application.update_processor)._first_pause_s = 0.1
        chat.server.faults.delay("sendMessage", 1.0, times=1 if polite else 3)
        [photo] = await chat.send_photos([jpeg("red")])
        await until(lambda: bot.services.inbox.open_updates == 0 and _done(bot) >= 1, timeout_s=20)

        async def has_apologised() -> bool:
            return any("answer above" in text for text in await answers_of(chat, photo))

        await until(has_apologised)
        await until(lambda: not chat.server.faults.waiting())
        await asyncio.sleep(1.0)  # nothing that is still on its way may be there twice
        assert (await answers_of(chat, photo)).count("A red wall") <= 1


async def test_a_flooded_chat_waits_and_ten_others_do_not(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        chat.server.faults.add("sendMessage", status=429, retry_after=6, chat_id=GROUP)
        held = await chat.send_text("/about", chat_id=GROUP)
        await until(lambda: bot.application.bot.failures.get("flood", 0) == 1)
        people = [PRIVATE, *[await chat.new_person() for _ in range(9)]]
        sent = [await chat.send_text("/about", chat_id=person) for person in people]
        for each in sent:
            await chat.wait_for(after=each)
        assert [m for m in await chat.messages(GROUP) if m["from"]["is_bot"]] == []
        await chat.wait_for(after=held)
