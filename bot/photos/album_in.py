"""Albums that come in: their photos arrive as single messages in any order and are put together again."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from telegram import Message
from telegram.constants import MediaGroupLimit

from bot.delivery.turn import Turn
from bot.inference.reading import Reading
from bot.messages.incoming import Incoming
from onenet.errors import PhotoError

QUIET_S = 1.0  # Telegram delivers an album's parts within a fraction of this
REMEMBER_S = 60.0
MAX_ALBUMS = 1000


class Album:
    """An album that somebody sent, and what was answered to it.

    Attributes:
        fresh: The parts that wait for an answer.
        readings: What was read of each part so far, or why it could not be, by message id.
        remembered: What the chat's memory knows each part by, likewise.
        offered: The parts that were given to the memory, which may have forgotten them since.
        answer: The message that answers it with a line a photo; a part that comes later goes into it.
        is_answered: Whether it was answered at all.
        changed_at: When a part came, or the answer, on the monotonic clock.
        leader: Whose turn those that come now follow; None if none has come since the last answer.
        answering: Held while an answer is made.
        is_whole: Whether there can be no more parts.
    """

    def __init__(self) -> None:
        self._parts: dict[int, Incoming] = {}
        self._turns: set[Turn] = set()
        self.fresh: list[Incoming] = []
        self.readings: dict[int, Reading | PhotoError] = {}
        self.remembered: dict[int, str] = {}
        self.offered: set[int] = set()
        self.answer: Message | None = None
        self.is_answered = False
        self.changed_at = 0.0
        self.leader: Turn | None = None
        self.answering = asyncio.Lock()
        self.is_whole = asyncio.Event()

    @property
    def parts(self) -> list[Incoming]:
        """The parts that have come, in the order in which they were sent."""
        return [self._parts[message_id] for message_id in sorted(self._parts)]

    @property
    def is_done(self) -> bool:
        """Whether no part waits for an answer, not even for one that is to be tried again later."""
        return not self.answering.locked() and all(turn.state == "answered" for turn in self._turns)

    def add(self, part: Incoming, turn: Turn, now: float) -> None:
        """Add a part, or its edited form, with the turn of its update."""
        message_id = part.message.message_id
        if message_id not in self._parts:  # edits must not make the others wait
            self.changed_at = now
        self._parts[message_id] = part
        self._turns.add(turn)
        if len(self._parts) >= MediaGroupLimit.MAX_MEDIA_LENGTH:
            self.is_whole.set()


class AlbumBuffer:
    """Puts albums together: each is answered once, when no part has come for a while.

    Args:
        quiet_s: How long that is.
        remember_s: For how long parts that come even later still belong to the answer.
    """

    def __init__(self, *, quiet_s: float = QUIET_S, remember_s: float = REMEMBER_S) -> None:
        self.quiet_s = quiet_s
        self.remember_s = remember_s
        self._albums: dict[tuple[int, str], Album] = {}

    async def join(self, part: Incoming, turn: Turn, answer: Callable[[Album], Awaitable[None]]) -> None:
        """Put a part with the others.

        The first part waits for the others and has all of them answered. The others' turns follow its own:
        none of them is answered before, and after a restart all are there again.

        Args:
            part: Of an album.
            turn: Of its update.
            answer: Answers; called again for parts that come after that.
        """
        album = self._album_of(part)
        album.add(part, turn, time.monotonic())
        if album.leader is not None:
            album.leader.include(turn)
            turn.hand_over()
            return
        album.leader = turn
        try:
            await self._until_quiet(album)
            async with album.answering:
                album.leader = None  # what comes from now on is late, and follows another
                await answer(album)
                album.changed_at = time.monotonic()
        finally:
            if album.leader is turn:
                album.leader = None

    async def _until_quiet(self, album: Album) -> None:
        while not album.is_whole.is_set():
            left_s = album.changed_at + self.quiet_s - time.monotonic()
            if left_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(album.is_whole.wait(), left_s)

    def _album_of(self, part: Incoming) -> Album:
        self._forget_old()
        key = (part.chat.chat_id, part.album)
        album = self._albums.pop(key, None) or Album()
        self._albums[key] = album  # behind the others: those in front are the oldest
        return album

    def _forget_old(self) -> None:
        """Let go of albums that are done with: those too old, and the oldest if there are too many."""
        done = [key for key, album in self._albums.items() if album.is_done]
        oldest = time.monotonic() - self.remember_s
        surplus = len(self._albums) - MAX_ALBUMS
        for number, key in enumerate(done):
            if number < surplus or self._albums[key].changed_at < oldest:
                del self._albums[key]
