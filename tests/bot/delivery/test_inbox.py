import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot as TelegramBot
from telegram import Update, User
from telegram.error import NetworkError

from bot.delivery.inbox import KEEP_S, MOST_REPLAYS, Inbox, InboxError, UpdateQueue
from bot.delivery.turn import UpdateKey
from bot.messages.incoming import Arrival
from bot.store.database import Database
from tests.bot.database_file import execute, locked

BOT = TelegramBot("77:AAH-secret_of_the_tests")
BOT._bot_user = User(77, "One", True)
CHAT = {"id": 5, "type": "private", "first_name": "You"}
PERSON = {"id": 5, "is_bot": False, "first_name": "You"}


def update(number: int, text: str = "hello", **kinds: Any) -> Update:
    message = {"message_id": number, "date": 1, "chat": CHAT, "from": PERSON, "text": text}
    return Update.de_json({"update_id": number, **(kinds or {"message": message})}, BOT)


def press(number: int) -> Update:
    query = {"id": "1", "from": PERSON, "chat_instance": "1", "data": "x"}
    return update(number, callback_query=query)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "bot.sqlite3")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


@pytest.fixture
def queue(inbox: Inbox) -> UpdateQueue:
    return UpdateQueue(inbox)


async def stored(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.rows("SELECT update_id, state, content FROM inbox ORDER BY update_id", ())
    return [tuple(row) for row in rows]


def queued(queue: UpdateQueue) -> list[int]:
    numbers = []
    while not queue.empty():
        item = queue.get_nowait()
        assert isinstance(item, Update)
        numbers.append(item.update_id)
    return numbers


async def test_an_update_is_stored_before_put_returns(queue: UpdateQueue, database: Database) -> None:
    await queue.put(update(1, "my words"))
    [(content, state)] = await execute(database.path, "SELECT content, state FROM inbox")  # as after a kill
    assert json.loads(content)["message"]["text"] == "my words"
    assert state == "waiting"
    assert queued(queue) == [1]


async def test_what_comes_twice_or_out_of_order_is_queued_once(queue: UpdateQueue, inbox: Inbox) -> None:
    for number in (2, 1, 2):
        await queue.put(update(number))
    assert queued(queue) == [2, 1]
    await inbox.turn(update(1)).finish()
    await queue.put(update(1))
    assert queued(queue) == []


async def test_signals_of_the_library_pass(queue: UpdateQueue, database: Database) -> None:
    await queue.put(signal := object())
    assert queue.get_nowait() is signal
    assert await stored(database) == []


async def test_an_answer_is_noted_as_it_goes_out_and_its_words_are_dropped(
    queue: UpdateQueue, inbox: Inbox, database: Database
) -> None:
    await queue.put(update(1, "my words"))
    turn = inbox.turn(update(1))
    await turn.sending()
    assert [row[:2] for row in await stored(database)] == [(1, "answering")]
    await turn.sent()
    assert await stored(database) == [(1, "answered", "")]
    assert inbox.open_updates == 0
    await turn.sending()  # its second message
    await turn.refused()
    assert await stored(database) == [(1, "answered", "")]
    await execute(database.path, "PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"my words" not in database.path.read_bytes()


async def test_what_surely_did_not_go_out_waits_again(inbox: Inbox, database: Database) -> None:
    await inbox.keep(update(1))
    turn = inbox.turn(update(1))
    await turn.sending()
    await turn.refused()
    assert [row[:2] for row in await stored(database)] == [(1, "waiting")]


async def test_but_not_while_another_message_may_have(inbox: Inbox, database: Database) -> None:
    await inbox.keep(update(1))
    turn = inbox.turn(update(1))
    await turn.sending()
    await turn.sending()
    await turn.refused()
    assert [row[:2] for row in await stored(database)] == [(1, "answering")]


async def test_updates_that_are_answered_together_are_noted_together(
    inbox: Inbox, database: Database
) -> None:
    turns = []
    for number in (1, 2, 3, 4):
        await inbox.keep(update(number))
        turns.append(inbox.turn(update(number)))
    for turn in turns[:3]:
        turns[0].include(turn)
    await turns[0].sending()
    states = [row[1] for row in await stored(database)]
    assert states == ["answering", "answering", "answering", "waiting"]
    await turns[0].sent()
    states = [row[1] for row in await stored(database)]
    assert states == ["answered", "answered", "answered", "waiting"]
    await turns[1].finish()  # as the end of its own handler does
    assert [turn.state for turn in turns] == states
    assert inbox.open_updates == 1


async def test_after_a_restart_what_is_open_comes_again_in_order(database: Database) -> None:
    before = Inbox(database)
    for number in (3, 1, 2, 4):
        await before.keep(update(number))
    await before.turn(update(2)).finish()
    await before.turn(update(3)).sending()
    inbox = Inbox(database)
    queue = UpdateQueue(inbox)
    await queue.replay(BOT)
    assert queued(queue) == [1, 3, 4]
    assert inbox.turn(update(3)).state == "answering"
    assert inbox.turn(update(1)).state == "waiting"
    await queue.put(update(4))
    assert queued(queue) == []


async def test_an_update_that_was_there_at_every_crash_is_handled_no_more(database: Database) -> None:
    await Inbox(database).keep(update(1))
    for _ in range(MOST_REPLAYS):
        inbox = Inbox(database)
        await inbox.find_open(BOT)
        assert inbox.turn(update(1)).state == "waiting"
    inbox = Inbox(database)
    await inbox.find_open(BOT)
    assert inbox.turn(update(1)).state == "answering"


async def test_an_old_press_of_a_button_is_dropped_and_an_old_message_is_not(database: Database) -> None:
    before = Inbox(database)
    for each in (update(1), press(2), press(3)):
        await before.keep(each)
    await database.write("UPDATE inbox SET received_at = ? WHERE update_id IN (1, 2)", (time.time() - 90,))
    queue = UpdateQueue(Inbox(database))
    await queue.replay(BOT)
    assert queued(queue) == [1, 3]
    assert [row[:2] for row in await stored(database)] == [(1, "waiting"), (2, "answered"), (3, "waiting")]


async def test_another_bots_updates_are_left_alone(database: Database) -> None:
    await Inbox(database).keep(update(1))
    await database.write("UPDATE inbox SET bot_id = 78", ())
    assert await Inbox(database).find_open(BOT) == []


async def test_rows_are_dropped_after_two_days(database: Database) -> None:
    inbox = Inbox(database)
    await inbox.keep(update(1))
    await database.write("UPDATE inbox SET received_at = ?", (time.time() - KEEP_S - 1,))
    await Inbox(database).keep(update(2))
    assert [row[0] for row in await stored(database)] == [2]


async def test_a_locked_database_makes_the_server_send_it_again(
    queue: UpdateQueue, database: Database
) -> None:
    await database.rows("PRAGMA busy_timeout = 20", ())
    async with locked(database.path):
        with pytest.raises(InboxError, match="in use by another program") as caught:
            await queue.put(update(1))
        assert isinstance(caught.value, NetworkError)
        assert queued(queue) == []
    await queue.put(update(1))
    assert queued(queue) == [1]


async def test_a_state_that_could_not_be_noted_is_noted_with_the_next(
    inbox: Inbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.rows("PRAGMA busy_timeout = 20", ())
    for number in (1, 2):
        await inbox.keep(update(number))
    async with locked(database.path):
        await inbox.turn(update(1)).finish()
    assert "The state of 1 updates is not noted yet" in caplog.text
    inbox.failed_at = float("-inf")
    await inbox.turn(update(2)).finish()
    assert [row[:2] for row in await stored(database)] == [(1, "answered"), (2, "answered")]


async def test_when_the_database_takes_nothing_put_waits_for_the_answer(
    queue: UpdateQueue, inbox: Inbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """So that the server does not hear of it before."""
    await database.rows("PRAGMA query_only = ON", ())
    putting = asyncio.create_task(queue.put(update(1)))
    taken = await queue.get()
    assert isinstance(taken, Update)
    await asyncio.sleep(0.05)
    assert not putting.done()
    await inbox.turn(taken).finish()
    await putting
    assert "they are answered one by one" in caplog.text
    await queue.put(update(1))
    await database.rows("PRAGMA query_only = OFF", ())
    await queue.put(update(1))
    assert queue.empty()


async def test_only_so_many_are_in_memory(inbox: Inbox) -> None:
    queue = UpdateQueue(inbox, most_open=2)
    for number in (1, 2):
        await queue.put(update(number))
    third = asyncio.create_task(queue.put(update(3)))
    assert queued(queue) == [1, 2]
    assert not third.done()
    queue.task_done()
    await asyncio.wait_for(third, 5)
    assert queued(queue) == [3]


def test_a_key_names_bot_and_update() -> None:
    assert UpdateKey(77, 1) != UpdateKey(78, 1)


def album_part(number: int, album: str, caption: str = "") -> Update:
    message = {"message_id": number, "date": 1, "chat": CHAT, "from": PERSON, "media_group_id": album}
    return update(number, message={**message, "caption": caption})


async def test_an_album_is_stored_as_soon_as_one_part_of_it_is_wanted(
    inbox: Inbox, database: Database
) -> None:
    async def wants(arrival: Arrival) -> bool:
        return arrival.message is not None and "?" in arrival.message.text

    queue = UpdateQueue(inbox, wants=wants)
    for part in (album_part(1, "a"), album_part(2, "b"), album_part(3, "a"), update(4)):
        await queue.put(part)
        inbox.turn(part)
    await inbox.turn(album_part(3, "a")).finish()  # done with: nothing of it need be found again
    assert await stored(database) == []
    for part in (album_part(5, "a", "what?"), album_part(6, "a"), album_part(7, "b")):
        await queue.put(part)
    assert queued(queue) == [1, 2, 3, 4, 5, 6, 7]
    assert [row[0] for row in await stored(database)] == [1, 5, 6]
    found = await Inbox(database).find_open(BOT)  # as after a kill
    assert [each.update.update_id for each in found] == [1, 5, 6]
    for part in (album_part(1, "a"), album_part(5, "a"), album_part(6, "a"), album_part(2, "b")):
        await inbox.turn(part).finish()
    assert {row[1:] for row in await stored(database)} == {("answered", "")}


async def test_so_is_what_was_not_even_tried_as_the_disk_had_just_failed(
    queue: UpdateQueue, inbox: Inbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.inbox.NOTE_LATER_S", 0.02)
    await queue.put(update(1))
    inbox.failed_at = time.monotonic()
    await inbox.turn(update(1)).finish()
    assert (await stored(database))[0][1] == "waiting"
    while await stored(database) != [(1, "answered", "")]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await inbox.stop()


async def test_what_could_not_be_noted_is_noted_soon_though_nothing_more_comes(
    queue: UpdateQueue, inbox: Inbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.inbox.NOTE_LATER_S", 0.02)
    await queue.put(update(1))
    await database.write("PRAGMA busy_timeout = 1", ())
    async with locked(database.path):
        await inbox.turn(update(1)).finish()
        await asyncio.sleep(0.1)  # some tries fail
        assert (await stored(database))[0][1] == "waiting"
    while await stored(database) != [(1, "answered", "")]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await inbox.stop()
