"""Chats: what is known of them, their settings, and the languages that people chose."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cachetools import TTLCache

from bot.store.database import Database

KNOWN_AFTER_LEAVING_S = 30 * 24 * 3600
TOLD_MOST, TOLD_S = 10_000, 24 * 3600

Acquaintance = Literal["unknown", "here", "left"]


class QuietHours(NamedTuple):
    """Hours in which nothing is said without being asked; none if they begin as they end.

    Attributes:
        zone: Name of the time zone whose clock they go by.
        begin: Minute of the day.
        end: Likewise.
    """

    zone: str
    begin: int
    end: int


def zone_of(name: str) -> tzinfo:
    """Give a time zone; UTC in place of one that this computer does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@dataclass(frozen=True)
class ChatSettings:
    """What a chat's people can set with /settings; only what is not as by default is stored.

    Attributes:
        captions: Whether photos are captioned without being asked; in a private chat they always are.
        remembers: Whether the chat's photos are remembered.
        teaches: Whether words can be taught by showing photos.
        seen_before: Whether a photo that was there before gets a reply that points to it.
        pictures: Found photos as one numbered picture, or as an album.
        zone: Name of the time zone whose clock the quiet hours go by; "": the three below are what was set.
        quiet_begin: Minute of the day from which nothing is said without being asked; as `quiet_end`: never.
        quiet_end: Minute at which that ends.
        quiet_from: Hour, UTC, of a chat that set its quiet hours before there were zones; likewise.
        quiet_to: Hour at which that ends.
        utc_offset: Whole hours that the clock of such a chat is ahead of UTC.
        language: Code of the language the chat chose; "": each person's own.
    """

    captions: Literal["asked", "every"] = "asked"
    remembers: bool = False
    seen_before: bool = True
    teaches: bool = True
    pictures: Literal["sheet", "album"] = "sheet"
    zone: str = ""
    quiet_begin: int = 0
    quiet_end: int = 0
    quiet_from: int = 0
    quiet_to: int = 0
    utc_offset: int = 0
    language: str = ""

    @property
    def clock(self) -> tzinfo | None:
        """The time zone that the chat chose, with its quiet hours; None: this computer's."""
        return zone_of(self.quiet_hours.zone) if self.zone or self.utc_offset else None

    @property
    def quiet_hours(self) -> QuietHours:
        """The quiet hours, whenever they were set."""
        if self.zone:
            return QuietHours(self.zone, self.quiet_begin, self.quiet_end)
        # The signs of these names are those of POSIX: west is plus.
        zone = f"Etc/GMT{-self.utc_offset:+d}" if self.utc_offset else "UTC"
        begin, end = ((hour + self.utc_offset) % 24 * 60 for hour in (self.quiet_from, self.quiet_to))
        return QuietHours(zone, begin, end)

    def is_quiet(self, now: datetime) -> bool:
        """Tell whether a moment, with its time zone, is in the quiet hours."""
        hours = self.quiet_hours
        clock = now.astimezone(zone_of(hours.zone))
        minute = 60 * clock.hour + clock.minute
        if hours.begin <= hours.end:
            return hours.begin <= minute < hours.end
        return minute >= hours.begin or minute < hours.end


GROUP_DEFAULTS = ChatSettings()
PRIVATE_DEFAULTS = ChatSettings(captions="every", remembers=True, pictures="album")


@dataclass(frozen=True)
class Counts:
    """How many the bot has met.

    Attributes:
        groups: Groups it is in.
        people: People it talks with in private.
        left: Groups and people of before.
        photos: Photos that it remembers for all of them.
    """

    groups: int
    people: int
    left: int
    photos: int


class Chats:
    """The chats the bot is in, in the database.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._here: set[tuple[int, int]] = set()  # chats that need not be looked up again
        self.moved: set[int] = set()  # numbers that groups have got since the start, as supergroups
        self._told_of_media = TTLCache[int, bool](TOLD_MOST, TOLD_S)

    async def meet(self, bot_id: int, chat_id: int, kind: str) -> bool:
        """Note that the bot is in a chat; True if it was not before.

        Args:
            kind: "private", "group", "supergroup" or "channel".
        """
        if (bot_id, chat_id) in self._here:
            return False
        is_new = await self._meet(bot_id, chat_id, kind)
        self._here.add((bot_id, chat_id))
        return is_new

    async def _meet(self, bot_id: int, chat_id: int, kind: str) -> bool:
        async with self._database.transaction() as connection:
            query = "SELECT left_at FROM chats WHERE bot_id = ? AND chat_id = ?"
            async with connection.execute(query, (bot_id, chat_id)) as cursor:
                known = await cursor.fetchone()
            if known is None:
                insert = "INSERT INTO chats (bot_id, chat_id, kind, joined_at) VALUES (?, ?, ?, ?)"
                await connection.execute(insert, (bot_id, chat_id, kind, time.time()))
                return True
            if known[0] is None:
                return False
            update = "UPDATE chats SET left_at = NULL, joined_at = ? WHERE bot_id = ? AND chat_id = ?"
            await connection.execute(update, (time.time(), bot_id, chat_id))
            return True

    def is_to_be_told_of_media(self, chat_id: int) -> bool:
        """Tell whether a chat is to hear that no pictures may be sent there: once a day; note that it is."""
        is_news = chat_id not in self._told_of_media
        self._told_of_media[chat_id] = True
        return is_news

    async def leave(self, bot_id: int, chat_id: int) -> None:
        """Note that the bot is no longer in a chat."""
        query = "UPDATE chats SET left_at = ? WHERE bot_id = ? AND chat_id = ? AND left_at IS NULL"
        await self._database.write_if_possible(query, (time.time(), bot_id, chat_id))
        self._here.discard((bot_id, chat_id))  # behind it: who met the chat meanwhile has noted it before

    async def acquaintance(self, bot_id: int, chat_id: int) -> Acquaintance:
        """Tell whether the bot is in a chat, left it in the last 30 days, or does not know it."""
        query = "SELECT left_at FROM chats WHERE bot_id = ? AND chat_id = ?"
        row = await self._database.row(query, (bot_id, chat_id))
        if row is None:
            return "unknown"
        if row[0] is None:
            return "here"
        return "left" if row[0] >= time.time() - KNOWN_AFTER_LEAVING_S else "unknown"

    async def counts(self, bot_id: int) -> Counts:
        """Count the chats, and what is remembered of them."""
        query = """SELECT
            (SELECT COUNT(*) FROM chats WHERE bot_id = ?1 AND left_at IS NULL AND chat_id < 0
                AND kind <> 'channel'),
            (SELECT COUNT(*) FROM chats WHERE bot_id = ?1 AND left_at IS NULL AND chat_id > 0),
            (SELECT COUNT(*) FROM chats WHERE bot_id = ?1 AND left_at IS NOT NULL),
            (SELECT COUNT(*) FROM remembered_photos WHERE bot_id = ?1)"""
        row = await self._database.row(query, (bot_id,))
        assert row is not None
        return Counts(*(int(number) for number in row))

    async def migrate(self, bot_id: int, old: int, new: int) -> bool:
        """Give a group that became a supergroup its new number; False if nothing is known under the old one.

        All that refers to the chat follows it. What was met under the new number before is joined with it.
        """
        async with self._database.transaction() as connection:
            known = "SELECT settings FROM chats WHERE bot_id = ? AND chat_id = ?"
            async with connection.execute(known, (bot_id, old)) as cursor:
                row = await cursor.fetchone()
            if row is None or old == new:
                return False
            for query in _MIGRATE:
                values = {"bot_id": bot_id, "old": old, "new": new, "settings": row[0], "now": time.time()}
                await connection.execute(query, values)
        self._here.discard((bot_id, old))
        return True

    async def settings(self, bot_id: int, chat_id: int) -> ChatSettings:
        """Give the settings of a chat, met or not; a private chat is known by its number."""
        row = await self._database.row(
            "SELECT settings FROM chats WHERE bot_id = ? AND chat_id = ?", (bot_id, chat_id)
        )
        stored = json.loads(row[0]) if row is not None else {}
        return _settings(_defaults(chat_id), stored)

    async def set(self, bot_id: int, chat_id: int, **changes: Any) -> ChatSettings:
        """Change settings of a chat that was met, and give all of them.

        Only what changes is written, in one statement: two who change something at once both have their way.
        """
        defaults = _defaults(chat_id)
        known = {name: value for name, value in changes.items() if name in defaults}
        # null takes a member out: what is as by default is not stored
        patch = {name: None if value == defaults[name] else value for name, value in known.items()}
        query = "UPDATE chats SET settings = json_patch(settings, ?) WHERE bot_id = ? AND chat_id = ?"
        await self._database.write(query, (json.dumps(patch), bot_id, chat_id))
        return await self.settings(bot_id, chat_id)

    async def language_of(self, bot_id: int, user_id: int) -> str:
        """Give the code of the language that a person chose, "" if none."""
        query = "SELECT language FROM people WHERE bot_id = ? AND user_id = ?"
        row = await self._database.row(query, (bot_id, user_id))
        return str(row[0]) if row is not None else ""

    async def set_language(self, bot_id: int, user_id: int, language: str) -> None:
        """Remember the language that a person chose."""
        query = "INSERT OR REPLACE INTO people VALUES (?, ?, ?)"
        await self._database.write(query, (bot_id, user_id, language))


_MIGRATE = (
    """INSERT OR IGNORE INTO chats (bot_id, chat_id, kind, joined_at)
       VALUES (:bot_id, :new, 'supergroup', :now)""",
    "UPDATE chats SET left_at = NULL WHERE bot_id = :bot_id AND chat_id = :new",
    """UPDATE chats SET settings = :settings
       WHERE bot_id = :bot_id AND chat_id = :new AND settings = '{}'""",  # else set since the migration
    "UPDATE OR IGNORE remembered_photos SET chat_id = :new WHERE bot_id = :bot_id AND chat_id = :old",
    "UPDATE OR IGNORE answers SET chat_id = :new WHERE bot_id = :bot_id AND chat_id = :old",
    "DELETE FROM answers WHERE bot_id = :bot_id AND chat_id = :old",
    "UPDATE taught_examples SET chat_id = :new WHERE bot_id = :bot_id AND chat_id = :old",
    "UPDATE OR IGNORE game_scores SET chat_id = :new WHERE bot_id = :bot_id AND chat_id = :old",
    "DELETE FROM chats WHERE bot_id = :bot_id AND chat_id = :old",
)


def _defaults(chat_id: int) -> dict[str, Any]:
    return asdict(PRIVATE_DEFAULTS if chat_id > 0 else GROUP_DEFAULTS)


def _settings(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> ChatSettings:
    known = {field.name for field in fields(ChatSettings)}  # a later version may have stored others
    return ChatSettings(**{**settings, **{name: value for name, value in changes.items() if name in known}})
