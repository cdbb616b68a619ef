"""Wishes to forget: whom and what they cover, and for how long they are known."""

import time

import pytest

from bot.store import forgettings
from bot.store.database import Database
from bot.store.forgettings import Forgettings
from bot.store.keys import ChatKey

HERE, THERE = ChatKey(7, 1001), ChatKey(7, -5)


@pytest.fixture
def asked_before() -> Forgettings:
    asked_at = time.monotonic()
    return Forgettings(lambda: asked_at)


@pytest.mark.parametrize(
    ("wish", "covered"),
    [
        ({}, {(1, 50), (2, 50), (1, 60), (0, 60)}),
        ({"user_id": 50}, {(1, 50), (2, 50)}),
        ({"messages": [1, 3]}, {(1, 50), (1, 60)}),
        ({"messages": [2], "user_id": 60}, set()),
        ({"messages": []}, set()),
    ],
)
def test_a_wish_covers_what_it_names(
    asked_before: Forgettings, wish: dict[str, object], covered: set[tuple[int, int]]
) -> None:
    asked_before.note(HERE, **wish)
    asked = [(1, 50), (2, 50), (1, 60), (0, 60)]
    assert {
        each for each in asked if asked_before.cover(HERE, message_id=each[0], user_id=each[1])
    } == covered
    assert not any(asked_before.cover(THERE, message_id=each[0], user_id=each[1]) for each in asked)


def test_what_is_asked_after_it_is_kept() -> None:
    wishes = Forgettings()
    wishes.note(HERE)
    assert not wishes.cover(HERE, message_id=1, user_id=50)


def test_old_wishes_are_known_no_more(asked_before: Forgettings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_before.note(HERE, user_id=50)
    asked_before.note(THERE)
    assert asked_before.cover(HERE, message_id=1, user_id=50)
    monkeypatch.setattr(forgettings, "REMEMBERED_S", 0.0)
    asked_before.note(THERE)
    assert not asked_before.cover(HERE, message_id=1, user_id=50)
    assert asked_before.cover(THERE, message_id=1, user_id=50)


def test_wishes_of_an_earlier_process_cover_what_came_before_them(asked_before: Forgettings) -> None:
    asked_before.note(HERE, user_id=50, ago_s=10)
    assert not asked_before.cover(HERE, message_id=1, user_id=50)
    assert not asked_before.came_since(HERE)
    earlier = Forgettings(lambda: time.monotonic() - 20)
    earlier.note(HERE, user_id=50, ago_s=10)
    assert earlier.cover(HERE, message_id=1, user_id=50)
    assert [earlier.came_since(chat) for chat in (HERE, THERE)] == [True, False]


@pytest.mark.parametrize("messages", [None, [], [1, 2]])
async def test_a_wish_is_known_after_a_restart_while_anything_is_open_that_came_before(
    database: Database, messages: list[int] | None
) -> None:
    opened = "INSERT INTO inbox (bot_id, update_id, content, received_at) VALUES (7, 1, '', ?)"
    await database.note_forgetting(HERE, messages=messages)
    assert await database.rows("SELECT * FROM forgettings", ()) == []  # nothing was open
    await database.write(opened, (time.time() - 60,))
    await database.note_forgetting(HERE, messages=messages)
    again = Database(database.path, Forgettings(lambda: time.monotonic() - 60))
    await again.open()
    covered = [again.forgettings.cover(HERE, message_id=number, user_id=50) for number in (1, 2, 3)]
    assert covered == [messages is None or number in messages for number in (1, 2, 3)]
    await again.write("UPDATE inbox SET state = 'answered'", ())
    await again.drop_forgettings()
    assert await again.rows("SELECT * FROM forgettings", ()) == []
    await again.close()
