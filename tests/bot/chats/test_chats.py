"""What is known of chats: their settings, the languages of people, whether the bot is in them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chats.chats import GROUP_DEFAULTS, PRIVATE_DEFAULTS, Chats, ChatSettings, Counts
from bot.store.database import Database

BOT, GROUP, PERSON = 77, -100, 5


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "bot.sqlite3")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def chats(database: Database) -> Chats:
    return Chats(database)


async def test_changes_at_the_same_time_all_count(tmp_path: Path) -> None:
    """Thirty times two admins, each changing something else; and one whose change is not as it was."""
    database = Database(tmp_path / "bot.sqlite3")
    await database.open()
    try:
        chats = Chats(database)
        for chat_id in range(-30, 0):
            await chats.meet(1, chat_id, "supergroup")
            await asyncio.gather(
                chats.set(1, chat_id, captions="every"),
                chats.set(1, chat_id, remembers=True),
                chats.set(1, chat_id, quiet_from=22, quiet_to=7),
            )
            await asyncio.gather(chats.set(1, chat_id, remembers=False), chats.set(1, chat_id, language="de"))
            found = await chats.settings(1, chat_id)
            assert found == ChatSettings(captions="every", quiet_from=22, quiet_to=7, language="de")
    finally:
        await database.close()


async def test_a_chat_is_met_once_until_it_is_left(chats: Chats) -> None:
    assert await chats.meet(BOT, GROUP, "group")
    assert not await chats.meet(BOT, GROUP, "group")
    await chats.leave(BOT, GROUP)
    assert await chats.meet(BOT, GROUP, "group")


async def test_settings_begin_with_the_defaults_of_the_kind_of_chat(chats: Chats) -> None:
    assert await chats.settings(BOT, GROUP) == GROUP_DEFAULTS
    assert await chats.settings(BOT, PERSON) == PRIVATE_DEFAULTS


async def test_settings_are_kept_for_their_chat_alone(chats: Chats) -> None:
    await chats.meet(BOT, GROUP, "group")
    changed = await chats.set(BOT, GROUP, remembers=True, quiet_from=22, quiet_to=7)
    assert changed == ChatSettings(remembers=True, quiet_from=22, quiet_to=7)
    assert await chats.settings(BOT, GROUP) == changed
    assert await chats.settings(BOT, GROUP - 1) == GROUP_DEFAULTS


async def test_only_what_differs_from_the_defaults_is_stored(chats: Chats, database: Database) -> None:
    await chats.meet(BOT, GROUP, "group")
    await chats.set(BOT, GROUP, captions="every", language="de")
    await chats.set(BOT, GROUP, captions="asked")
    row = await database.row("SELECT settings FROM chats WHERE chat_id = ?", (GROUP,))
    assert row is not None
    assert json.loads(row[0]) == {"language": "de"}


async def test_a_setting_of_a_later_version_does_no_harm(chats: Chats, database: Database) -> None:
    await chats.meet(BOT, GROUP, "group")
    await database.write("UPDATE chats SET settings = ?", ('{"remembers": true, "colour": "blue"}',))
    assert await chats.settings(BOT, GROUP) == ChatSettings(remembers=True)


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "quiet_hours"),
    [(0, 0, []), (13, 15, [13, 14]), (22, 2, [0, 1, 22, 23])],
)
def test_quiet_hours_may_go_past_midnight(quiet_from: int, quiet_to: int, quiet_hours: list[int]) -> None:
    settings = ChatSettings(quiet_from=quiet_from, quiet_to=quiet_to)
    day = datetime(2026, 11, 21, tzinfo=UTC)
    assert [hour for hour in range(24) if settings.is_quiet(day.replace(hour=hour))] == quiet_hours


@pytest.mark.parametrize(
    ("zone", "moment", "is_quiet"),
    [
        ("Europe/Berlin", datetime(2026, 1, 15, 21, 30, tzinfo=UTC), True),  # 22:30
        ("Europe/Berlin", datetime(2026, 1, 15, 20, 59, tzinfo=UTC), False),
        ("Europe/Berlin", datetime(2026, 7, 15, 20, 30, tzinfo=UTC), True),  # 22:30 in summer too
        ("Europe/Berlin", datetime(2026, 7, 15, 5, 10, tzinfo=UTC), True),  # 7:10
        ("Europe/Berlin", datetime(2026, 7, 15, 5, 31, tzinfo=UTC), False),
        ("Asia/Kolkata", datetime(2026, 1, 15, 16, 29, tzinfo=UTC), False),  # 21:59, five and a half ahead
        ("Asia/Kolkata", datetime(2026, 1, 15, 16, 30, tzinfo=UTC), True),
        ("No/Where", datetime(2026, 1, 15, 22, 0, tzinfo=UTC), True),  # as in UTC
    ],
)
def test_quiet_hours_go_by_the_clock_of_their_zone(zone: str, moment: datetime, is_quiet: bool) -> None:
    settings = ChatSettings(zone=zone, quiet_begin=22 * 60, quiet_end=7 * 60 + 30)
    assert settings.is_quiet(moment) is is_quiet


def test_hours_of_before_there_were_zones_are_as_quiet_as_they_were() -> None:
    for offset in range(-12, 15):
        old = ChatSettings(quiet_from=22, quiet_to=3, utc_offset=offset)
        zone, begin, end = old.quiet_hours
        new = ChatSettings(zone=zone, quiet_begin=begin, quiet_end=end)
        for hour in range(24):
            now = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=59)
            assert old.is_quiet(now) is new.is_quiet(now) is (hour >= 22 or hour < 3)


async def test_a_person_chooses_a_language(chats: Chats) -> None:
    assert await chats.language_of(BOT, PERSON) == ""
    await chats.set_language(BOT, PERSON, "ru")
    await chats.set_language(BOT, PERSON, "es")
    assert await chats.language_of(BOT, PERSON) == "es"


async def test_a_chat_is_known_until_a_month_after_it_was_left(chats: Chats, database: Database) -> None:
    assert await chats.acquaintance(BOT, GROUP) == "unknown"
    await chats.meet(BOT, GROUP, "group")
    assert await chats.acquaintance(BOT, GROUP) == "here"
    await chats.leave(BOT, GROUP)
    assert await chats.acquaintance(BOT, GROUP) == "left"
    assert await chats.acquaintance(BOT + 1, GROUP) == "unknown"
    await database.write("UPDATE chats SET left_at = left_at - 31 * 24 * 3600", ())
    assert await chats.acquaintance(BOT, GROUP) == "unknown"


async def test_a_chat_that_was_met_is_not_looked_up_again(chats: Chats, database: Database) -> None:
    await chats.meet(BOT, GROUP, "group")
    await database.close()
    assert not await chats.meet(BOT, GROUP, "group")
    await database.open()


async def test_chats_and_what_is_remembered_are_counted_for_each_bot(
    chats: Chats, database: Database
) -> None:
    for chat_id, kind in (
        (GROUP, "group"),
        (GROUP - 1, "supergroup"),
        (PERSON, "private"),
        (6, "private"),
        (-7, "channel"),
    ):
        await chats.meet(BOT, chat_id, kind)
    await chats.meet(BOT + 1, GROUP, "group")
    await chats.leave(BOT, 6)
    for bot_id in (BOT, BOT, BOT + 1):
        await database.write(
            """INSERT INTO remembered_photos (bot_id, chat_id, sent_in, message_id, user_id, album, kind,
               file_id, file_unique_id, read_file_id, caption, representation, network, sent_at)
               SELECT ?1, ?2, ?2, COUNT(*), 5, '', 'photo', 'f', 'u', 'f', 'c', x'00', 'n', 1
               FROM remembered_photos""",
            (bot_id, GROUP),
        )
    assert await chats.counts(BOT) == Counts(groups=2, people=1, left=1, photos=2)
    assert await chats.counts(BOT + 1) == Counts(groups=1, people=0, left=0, photos=1)
