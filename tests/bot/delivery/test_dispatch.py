import asyncio
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from telegram import Update

from bot.delivery.dispatch import Dispatcher
from bot.delivery.inbox import Inbox, UpdateQueue
from bot.delivery.turn import current_turn
from bot.store.database import Database
from tests.bot.conftest import Bot, jpeg, running_bot, until
from tests.bot.delivery.test_inbox import BOT, PERSON, database, inbox, queue
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat

__all__ = ["database", "inbox", "queue"]  # fixtures


def update(number: int, chat_id: int = 5, *, album: str | None = None) -> Update:
    chat = {"id": chat_id, "type": "private"}
    message = {
        "media_group_id": album,
        "message_id": number,
        "date": 1,
        "chat": chat,
        "from": PERSON,
        "text": "my words",
    }
    return Update.de_json({"update_id": number, "message": message}, BOT)


class Rooms:
    """Handlers that wait until they are let go; `inside` are their chats."""

    def __init__(self) -> None:
        self.inside: list[int] = []
        self.door = asyncio.Event()

    async def enter(self) -> None:
        turn = current_turn()
        assert turn is not None
        self.inside.append(turn.chat_id)
        await self.door.wait()


@pytest.fixture
def dispatcher(inbox: Inbox, queue: UpdateQueue) -> Dispatcher:
    return Dispatcher(inbox, queue, at_once=5, at_once_per_chat=2)


async def test_a_chat_takes_a_few_places_and_leaves_the_others(dispatcher: Dispatcher) -> None:
    rooms = Rooms()
    flood = [asyncio.create_task(dispatcher.process_update(update(n, 1), rooms.enter())) for n in range(50)]
    others = [
        asyncio.create_task(dispatcher.process_update(update(100 + chat, chat), rooms.enter()))
        for chat in (2, 3, 4, 5)
    ]
    await until(lambda: len(rooms.inside) >= 5)
    assert rooms.inside == [1, 1, 2, 3, 4]  # five in all
    rooms.door.set()
    await asyncio.gather(*flood, *others)
    assert sorted(rooms.inside) == [1] * 50 + [2, 3, 4, 5]
    assert not dispatcher._in_chat
    assert not dispatcher._chat_places


async def test_the_parts_of_an_album_share_one_place(dispatcher: Dispatcher) -> None:
    rooms = Rooms()
    parts = [update(n, 1, album="a" if n < 10 else "b") for n in range(20)]
    tasks = [asyncio.create_task(dispatcher.process_update(part, rooms.enter())) for part in parts]
    third = asyncio.create_task(dispatcher.process_update(update(50, 1), rooms.enter()))
    await until(lambda: len(rooms.inside) >= 20)
    assert rooms.inside == [1] * 20  # both albums, whole; the chat's places are taken
    other = asyncio.create_task(dispatcher.process_update(update(60, 2), rooms.enter()))
    await until(lambda: len(rooms.inside) >= 21)
    assert rooms.inside == [1] * 20 + [2]
    rooms.door.set()
    await asyncio.gather(*tasks, third, other)
    assert len(rooms.inside) == 22
    assert not dispatcher._shared
    assert not dispatcher._in_chat


async def test_draining_ends_what_began_and_begins_nothing(
    dispatcher: Dispatcher, inbox: Inbox, queue: UpdateQueue
) -> None:
    rooms = Rooms()
    for n in range(4):
        await queue.put(update(n))
    tasks = [asyncio.create_task(dispatcher.process_update(update(n), rooms.enter())) for n in range(4)]
    await until(lambda: len(rooms.inside) == 2)
    draining = asyncio.create_task(dispatcher.drain(10))
    await asyncio.sleep(0)
    rooms.door.set()
    await asyncio.wait_for(draining, 5)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(rooms.inside) == 2
    late = update(9)
    await dispatcher.process_update(late, rooms.enter())
    assert len(rooms.inside) == 2
    found = await Inbox(inbox._database).find_open(BOT)
    assert [each.update.update_id for each in found] == [2, 3]
    assert {each.state for each in found} == {"waiting"}


async def test_draining_does_not_wait_for_ever(
    dispatcher: Dispatcher, inbox: Inbox, queue: UpdateQueue
) -> None:
    rooms = Rooms()
    await queue.put(update(1))
    task = asyncio.create_task(dispatcher.process_update(update(1), rooms.enter()))
    await until(lambda: rooms.inside == [5])
    await asyncio.wait_for(dispatcher.drain(0.05), 5)
    assert task.cancelled()
    assert [each.state for each in await Inbox(inbox._database).find_open(BOT)] == ["waiting"]


async def states(bot: Bot) -> list[tuple[str, str]]:
    rows = await bot.services.database.rows("SELECT state, content FROM inbox ORDER BY update_id", ())
    return [(row[0], row[1]) for row in rows]


async def test_one_line_an_update_without_its_words(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "bot")
    for text, chat_id in (("/similar cat", PRIVATE), ("/similar quux", PRIVATE), ("chatter", GROUP)):
        await bot.chat.send_text(text, chat_id=chat_id)
    await until(lambda: sum("outcome=" in line for line in caplog.messages) == 3)
    lines = [line for line in caplog.messages if "outcome=" in line]
    outcomes = {line.partition("outcome=")[2].split(" ")[0] for line in lines}
    assert outcomes == {"answered", "silent"}
    assert any(f"kind=message chat=private chat_id={PRIVATE} " in line for line in lines)
    for word in ("cat", "quux", "chatter"):
        assert word not in " ".join(lines)
    assert await states(bot) == [("answered", "")] * 2  # the chatter was never stored


class SlowEngine(FakeEngine):
    """Reads no photo until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.asked = 0

    def represent(self, photos: Any) -> Any:
        if photos[0].size != (8, 8):  # not the first one, which warms it up
            self.asked += 1
            assert self.let.wait(20)
        return super().represent(photos)


async def test_what_was_not_answered_is_after_a_restart_and_nothing_else(
    chat: LocalChat, tmp_path: Path
) -> None:
    engine = SlowEngine()
    async with running_bot(chat, tmp_path / "data", engine) as bot:
        told = await chat.send_text("/about")
        await chat.wait_for(after=told)
        [photo] = await chat.send_photos([jpeg("red")])
        await until(lambda: engine.asked == 1)
        await cast(Dispatcher, bot.application.update_processor).drain(0)  # as a kill would
        engine.let.set()
    async with running_bot(chat, tmp_path / "data"):
        assert (await chat.wait_for(after=photo))["text"] == "A red wall"
        after = await chat.send_text("/help")
        await chat.wait_for(after=after)
    answers = [m["text"] for m in await chat.messages() if m["from"]["is_bot"]]
    assert len(answers) == 3


async def test_what_was_being_answered_is_apologised_for_once(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        chat.server.faults.delay("sendMessage", 1.0)
        sent = await chat.send_text("/about")
        await until(lambda: bool(bot.requests("sendMessage")))
        assert [state for state, _ in await states(bot)] == ["answering"]
        await cast(Dispatcher, bot.application.update_processor).drain(0)
    for _ in range(2):
        async with running_bot(chat, tmp_path / "data") as bot:
            after = await chat.send_text("/help")
            await chat.wait_for(lambda m: "Tap an example" in m["text"], after=after)
    answers = [m for m in await chat.messages() if m["from"]["is_bot"]]
    [apology] = [m for m in answers if "I was interrupted" in m["text"]]
    assert apology["reply_to_message"]["message_id"] == sent["message_id"]
    assert {state for state, _ in await states_of(tmp_path)} == {"answered"}


async def states_of(tmp_path: Path) -> list[tuple[str, str]]:
    database = Database(tmp_path / "data" / "bot.sqlite3")
    await database.open()
    try:
        return [(row[0], row[1]) for row in await database.rows("SELECT state, content FROM inbox", ())]
    finally:
        await database.close()


async def test_a_failing_handler_ends_in_an_apology_and_is_not_repeated(
    chat: LocalChat, tmp_path: Path
) -> None:
    class BrokenEngine(FakeEngine):
        @property
        def words(self) -> Any:
            raise ZeroDivisionError

    async with running_bot(chat, tmp_path / "data", BrokenEngine()) as bot:
        sent = await chat.send_text("/similar dog")
        assert "Something went wrong" in (await chat.wait_for(after=sent))["text"]
        await until(lambda: bot.services.metrics.counts() == {"ZeroDivisionError": 1})
        assert bot.services.inbox.open_updates == 0
    async with running_bot(chat, tmp_path / "data", BrokenEngine()):
        after = await chat.send_text("/help")
        await chat.wait_for(after=after)
    assert len([m for m in await chat.messages() if m["from"]["is_bot"]]) == 2


async def test_what_fails_before_the_handlers_ends_the_update(
    inbox: Inbox, queue: UpdateQueue, caplog: pytest.LogCaptureFixture
) -> None:
    async def prepare(update: Update) -> None:
        raise AttributeError(update.update_id)

    seen: list[str] = []
    dispatcher = Dispatcher(
        inbox, queue, prepare=prepare, observe=lambda kind, outcome, seconds: seen.append(outcome)
    )
    await dispatcher.process_update(update(7), asyncio.sleep(0))
    assert seen == ["AttributeError"]
    assert inbox.open_updates == 0
    assert "could not be handled" in caplog.text


def pressed(number: int, data: str, chat_id: int = 1) -> Update:
    chat = {"id": chat_id, "type": "private"}
    message = {"message_id": number, "date": 1, "chat": chat, "from": PERSON, "text": "ours"}
    query = {"id": str(number), "from": PERSON, "chat_instance": "1", "data": data, "message": message}
    return Update.de_json({"update_id": number, "callback_query": query}, BOT)


async def test_presses_have_places_of_their_own_and_stop_needs_none(inbox: Inbox, queue: UpdateQueue) -> None:
    dispatcher = Dispatcher(
        inbox, queue, at_once=2, at_once_per_chat=2, is_urgent=lambda press: press.data == "stop"
    )
    rooms, presses, stops = Rooms(), Rooms(), Rooms()
    flood = [asyncio.create_task(dispatcher.process_update(update(n, 1), rooms.enter())) for n in range(9)]
    await until(lambda: len(rooms.inside) == 2)
    flood += [
        asyncio.create_task(dispatcher.process_update(pressed(n, "more"), presses.enter()))
        for n in range(20, 29)
    ]
    await until(lambda: len(presses.inside) == 2)
    assert (rooms.inside, presses.inside) == ([1, 1], [1, 1])
    stop = asyncio.create_task(dispatcher.process_update(pressed(50, "stop"), stops.enter()))
    await until(lambda: stops.inside == [1])
    assert (rooms.inside, presses.inside) == ([1, 1], [1, 1])
    for door in (rooms, presses, stops):
        door.door.set()
    await asyncio.gather(*flood, stop)
    assert (len(rooms.inside), len(presses.inside)) == (9, 9)
    assert not dispatcher._in_chat
    assert not dispatcher._chat_places


@pytest.mark.parametrize("data", ["dream:stop", "map:stop"])
async def test_the_buttons_that_stop_are_urgent(bot: Bot, data: str) -> None:
    buttons = [button for feature in bot.services.features.all for button in feature.buttons]
    assert [button.is_urgent for button in buttons if button.pattern == data] == [True]


async def test_a_dream_is_stopped_though_its_chat_waits_for_much(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.features.dream.handlers.FIRST_S", 0.0)
    engine = FakeEngine()
    engine.dream_steps, engine.dream_step_s = 3000, 0.02
    async with running_bot(chat, tmp_path / "data", engine) as bot:
        processor = bot.application.update_processor
        assert isinstance(processor, Dispatcher)
        processor._at_once_per_chat = 1
        sent = await chat.send_text("/dream red")
        shown = await chat.wait_for(lambda message: "reply_markup" in message, after=sent)
        for _ in range(5):
            await chat.send_text("/find red")
        await chat.press(shown, "Stop")
        await chat.wait_for(lambda message: "stopped" in message.get("caption", "").lower(), timeout_s=10)
