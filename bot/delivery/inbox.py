"""Inbox: every update lies in the database before the server hears that it arrived, until it is answered."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from cachetools import FIFOCache, LRUCache
from telegram import Bot, Chat, Update, User
from telegram.error import NetworkError

from bot.delivery.turn import State, Turn, UpdateKey
from bot.messages.incoming import Arrival, read_update
from bot.store.database import Database

logger = logging.getLogger(__name__)

KEEP_S = 2 * 24 * 3600
PURGE_EVERY_S = 3600.0
PRESSES_KEEP_S = 60.0  # a pressed button or an inline query waits no longer for its answer
MOST_REPLAYS = 3  # an update that was there at every crash may be the cause
MOST_OPEN = 5000  # updates in memory
MOST_CHATS = 10_000  # whose latest update is known
MOST_UNKEPT = 1000  # updates known without the database
MOST_ALBUMS = 1000  # of which it is known that they are stored
UNKEPT_WAIT_S = 60.0
# SQLite moves rows from page to page and leaves a copy behind, but only of what a page holds of a row: its
# first 1000 bytes. Before what an update says there are as many spaces, which JSON does not mind.
IN_PAGE = " " * 1100
NOTE_AGAIN_S = 1.0
NOTE_LATER_S = 5.0  # where no other update comes, with which they would be written


AlbumKey = tuple[int, int, str]


class InboxError(NetworkError):
    """An update could not be kept; raised to the library, it makes the server send it once more."""


class OpenUpdate(NamedTuple):
    """An update that was open when the bot ended."""

    update: Update
    state: State
    replays: int
    received_at: float

    @property
    def is_stale(self) -> bool:
        """Whether nobody waits for the answer any more."""
        is_press = self.update.callback_query is not None or self.update.inline_query is not None
        return is_press and time.time() - self.received_at > PRESSES_KEEP_S


class Inbox:
    """The updates that are known, and the turns of those that are open.

    Args:
        database: Keeps them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns: dict[UpdateKey, Turn] = {}
        self._unnoted: dict[UpdateKey, State] = {}
        self._unkept = FIFOCache[UpdateKey, asyncio.Event](MOST_UNKEPT)
        self._passing: dict[UpdateKey, Update] = {}
        self._kept_albums = LRUCache[AlbumKey, bool](MOST_ALBUMS)
        self._latest = LRUCache[int, UpdateKey](MOST_CHATS)
        self._arrived_at = FIFOCache[UpdateKey, float](MOST_OPEN)
        self._noting = asyncio.Lock()
        self._later: asyncio.TimerHandle | None = None
        self._noting_later: asyncio.Task[None] | None = None
        self._purged_at = 0.0
        self.failed_at = float("-inf")

    @property
    def open_updates(self) -> int:
        """How many updates are not answered yet."""
        return len(self._turns)

    def turn(self, update: Update) -> Turn:
        """Give the turn of an update, new or open."""
        key = key_of(update)
        if key not in self._turns:
            self._turns[key] = self._new_turn(update, "waiting")
            self._latest[self._turns[key].chat_id] = key
        return self._turns[key]

    def note_arrival(self, update: Update) -> None:
        """Note that an update has come just now, before anything is done about it."""
        self._arrived_at[key_of(update)] = time.monotonic()

    async def keep(self, update: Update) -> bool:
        """Store an update; False if it is known already.

        Raises:
            sqlite3.Error: If it cannot be stored.
        """
        await self._purge()
        key = key_of(update)
        in_memory = self._unkept.get(key)
        if in_memory is not None and in_memory.is_set():
            return False
        query = """INSERT OR IGNORE INTO inbox (bot_id, update_id, content, received_at)
                   VALUES (?, ?, ?, ?)"""
        is_new = await self._database.write(query, (*key, IN_PAGE + update.to_json(), time.time())) > 0
        await self._keep_album(update)
        return is_new and in_memory is None

    def let_pass(self, update: Update) -> None:
        """Know an update of which nothing is stored, neither what it says nor how far it is.

        A part of an album is stored all the same as soon as another one is.
        """
        self._passing[key_of(update)] = update

    def keeps_album_of(self, update: Update) -> bool:
        """Tell whether an update is part of an album of which another part was stored."""
        return album_of(update) in self._kept_albums

    def keep_in_memory(self, update: Update) -> tuple[bool, asyncio.Event]:
        """Know an update that cannot be stored: whether it is new, and an event for when it is answered."""
        key = key_of(update)
        is_new = key not in self._unkept
        return is_new, self._unkept.setdefault(key, asyncio.Event())

    async def find_open(self, bot: Bot) -> list[OpenUpdate]:
        """Give the updates that were open when the bot ended, oldest first, and count that they were."""
        query = "UPDATE inbox SET replays = replays + 1 WHERE bot_id = ? AND state <> 'answered'"
        await self._database.write_if_possible(query, (bot.id,))
        rows = await self._database.rows(
            """SELECT content, state, replays, received_at FROM inbox
               WHERE bot_id = ? AND state <> 'answered' ORDER BY update_id""",
            (bot.id,),
        )
        found = [OpenUpdate(Update.de_json(json.loads(row[0]), bot), row[1], row[2], row[3]) for row in rows]
        clock_s = time.monotonic() - time.time()
        for each in found:
            self._arrived_at[key_of(each.update)] = clock_s + each.received_at
            state: State = "answering" if each.replays > MOST_REPLAYS else each.state
            self._turns[key_of(each.update)] = self._new_turn(each.update, state)
        return found

    async def mark(self, keys: Sequence[UpdateKey], state: State) -> None:
        """Note a state of updates, of all or of none; what cannot be written now is written with the next."""
        for key in keys:
            if key not in self._passing:
                self._unnoted[key] = state
            if state == "answered":
                self._passing.pop(key, None)
                self._turns.pop(key, None)
                if key in self._unkept:
                    self._unkept[key].set()
        async with self._noting:
            is_open = any(key in self._unnoted for key in keys)  # nobody else wrote them meanwhile
            if is_open and time.monotonic() - self.failed_at > NOTE_AGAIN_S:
                await self.note()
            elif is_open:
                self._note_later()

    async def note(self) -> None:
        """Write the states that are not written yet."""
        try:
            await self._write_states()
        except sqlite3.Error as error:
            self.failed_at = time.monotonic()
            logger.warning("The state of %d updates is not noted yet (%s)", len(self._unnoted), error)
            self._note_later()

    async def stop(self) -> None:
        """Write what is not written yet for the last time."""
        if self._later is not None:
            self._later.cancel()
        if self._noting_later is not None:
            await asyncio.wait([self._noting_later])
        await self.note()
        if self._later is not None:
            self._later.cancel()

    def _note_later(self) -> None:
        """Let the states be written without another update too: after a crash all would be answered again."""

        async def note() -> None:
            async with self._noting:
                await self.note()

        def begin() -> None:
            self._later = None
            self._noting_later = asyncio.create_task(note())

        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(NOTE_LATER_S, begin)

    async def _keep_album(self, update: Update) -> None:
        """Store the parts of an update's album that came before it and are open, as far as that can be done.

        They belong to the answer, and a restart has to find them.
        """
        album = album_of(update)
        if album is None:
            return
        self._kept_albums[album] = True
        async with self._noting:  # what becomes of them meanwhile is noted behind it
            parts = [(key, each) for key, each in self._passing.items() if album_of(each) == album]
            for key, part in parts:
                del self._passing[key]
                state: State = self._turns[key].state if key in self._turns else "waiting"
                query = """INSERT OR IGNORE INTO inbox (bot_id, update_id, content, received_at, state)
                           VALUES (?, ?, ?, ?, ?)"""
                try:
                    await self._database.write(query, (*key, IN_PAGE + part.to_json(), time.time(), state))
                except sqlite3.Error as error:
                    logger.warning("A part of an album is not stored (%s)", error)

    async def _write_states(self) -> None:
        states = list(self._unnoted.items())
        if not states:
            return
        async with self._database.transaction() as connection:
            await connection.executemany(
                """UPDATE inbox SET state = ?1, content = CASE ?1 WHEN 'answered' THEN '' ELSE content END
                   WHERE bot_id = ?2 AND update_id = ?3""",
                [(state, *key) for key, state in states],
            )
        for key, state in states:
            if self._unnoted.get(key) == state:
                del self._unnoted[key]

    async def _purge(self) -> None:
        """Drop what is too old; an update lies no longer at the server either."""
        if time.monotonic() - self._purged_at > PURGE_EVERY_S or not self._purged_at:
            await self._database.write("DELETE FROM inbox WHERE received_at < ?", (time.time() - KEEP_S,))
            await self._database.drop_forgettings()
            self._purged_at = time.monotonic()

    def _new_turn(self, update: Update, state: State) -> Turn:
        # Not the user: an admin who hides is the same one in every group.
        user_id = _number_of(update.effective_sender)
        chat_id = _number_of(update.effective_chat) or user_id
        key = key_of(update)
        is_alone = partial(self._is_alone, key, chat_id)
        return Turn(
            *(key, self.mark),
            chat_id=chat_id,
            user_id=user_id,
            state=state,
            is_alone=is_alone,
            arrived_at=self._arrived_at.pop(key, None),
        )

    def _is_alone(self, key: UpdateKey, chat_id: int) -> bool:
        """Tell whether no update of a chat is open but this one, and none has come since."""
        others = (turn for other, turn in self._turns.items() if other != key)
        return self._latest.get(chat_id) == key and not any(turn.chat_id == chat_id for turn in others)


class UpdateQueue(asyncio.Queue[object]):
    """The application's queue: what is put into it is stored first.

    The library confirms polled updates, and answers a webhook's, after `put`.

    Args:
        inbox: Stores them.
        wants: Tells whether anything will be done about what came; None: always. All else is handled as ever,
            but never stored.
        most_open: As many are in memory at once; the server keeps the others meanwhile.
    """

    def __init__(
        self,
        inbox: Inbox,
        *,
        wants: Callable[[Arrival], Awaitable[bool]] | None = None,
        most_open: int = MOST_OPEN,
    ) -> None:
        super().__init__()
        self._inbox = inbox
        self._wants = wants
        self._most_open = most_open
        self._open = 0
        self._room = asyncio.Event()

    async def put(self, item: object) -> None:
        """Store an update, unless it is known, and queue it.

        Raises:
            InboxError: If it could not be stored just now.
        """
        if not isinstance(item, Update):  # the library's signal to stop
            self.put_nowait(item)
            return
        self._inbox.note_arrival(item)
        while self._open >= self._most_open:
            self._room.clear()
            await self._room.wait()
        try:
            if not (await self._is_wanted(item) or self._inbox.keeps_album_of(item)):
                self._inbox.let_pass(item)
                self.put_nowait(item)
                return
            is_new = await self._inbox.keep(item)
        except sqlite3.Error as error:
            await self._put_unkept(item, error)
            return
        if is_new:
            self.put_nowait(item)
        else:
            logger.info("Update %d came twice", item.update_id)

    async def _is_wanted(self, update: Update) -> bool:
        if self._wants is None:
            return True
        try:
            arrival = read_update(update)
        except Exception:  # whatever a server of another make sends: the dispatcher says so
            return False
        return await self._wants(arrival)

    def put_nowait(self, item: object) -> None:
        """Queue something that is stored or need not be."""
        super().put_nowait(item)
        self._open += 1

    def task_done(self) -> None:
        """Make room for one more."""
        super().task_done()
        self._open -= 1
        self._room.set()

    async def replay(self, bot: Bot) -> None:
        """Queue what was open when the bot ended, in its order."""
        found = await self._inbox.find_open(bot)
        for each in found:
            if each.is_stale:
                await self._inbox.turn(each.update).finish()
            else:
                self.put_nowait(each.update)
        if found:
            logger.info("%d updates were not answered when the bot ended", len(found))

    async def _put_unkept(self, update: Update, error: sqlite3.Error) -> None:
        """Handle an update before the server hears of it, where the database will not take it."""
        self._inbox.failed_at = time.monotonic()
        if is_busy(error):
            raise InboxError(f"The database is in use by another program: {error}") from error
        logger.error("The database takes no update (%s): they are answered one by one", error)
        is_new, answered = self._inbox.keep_in_memory(update)
        if is_new:
            self.put_nowait(update)
        try:
            await asyncio.wait_for(answered.wait(), UNKEPT_WAIT_S)
        except TimeoutError:
            raise InboxError(f"An update could not be stored: {error}") from error


def _number_of(whose: Chat | User | None) -> int:
    """Give an id; what servers of another make send may be no number."""
    number = whose.id if whose is not None else 0
    return number if isinstance(number, int) else 0


def album_of(update: Update) -> AlbumKey | None:
    """Name the album that an update is a part of; None if it is none."""
    message = update.effective_message
    if message is None or message.media_group_id is None or update.callback_query is not None:
        return None
    return update.get_bot().id, message.chat.id, message.media_group_id


def key_of(update: Update) -> UpdateKey:
    """Name an update."""
    return UpdateKey(update.get_bot().id, update.update_id)


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether the database is only locked, which ends."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
