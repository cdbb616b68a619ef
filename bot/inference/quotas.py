"""Limits: how much one chat and one person may ask a minute, and how they are told."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from telegram import Message
from telegram.error import TelegramError

from bot.delivery.connection import may_be_sent_later
from bot.delivery.turn import Turn, begin_turn, current_turn
from bot.language import ngettext
from bot.language import phrases as replies
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

MINUTE_S = 60.0
GATHER_S = 1.0
MOST_KEYS = 1000


class LeftOutError(OneNetError):
    """Something is not answered because there is too much; one message tells of many such things."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(self.summary(1))

    def summary(self, count: int) -> str:
        """Say that `count` things were left out, and why."""
        raise NotImplementedError


class TooManyPhotosError(LeftOutError):
    """A chat sent more photos in a minute than it may."""

    def summary(self, count: int) -> str:
        """Say how many photos were left out."""
        text = ngettext(
            "I left out {count} photo: I look at {limit} a minute in one chat. "
            "Please send it again in a minute.",
            "I left out {count} photos: I look at {limit} a minute in one chat. "
            "Please send them again in a minute.",
            count,
        )
        return text.format(count=count, limit=self.limit)


class TooManyQuestionsError(LeftOutError):
    """A person asked more in a minute than they may."""

    def summary(self, count: int) -> str:
        """Say how many questions were left out."""
        text = ngettext(
            "I left out {count} question: I answer {limit} a minute. Please ask it again in a minute.",
            "I left out {count} questions: I answer {limit} a minute. Please ask them again in a minute.",
            count,
        )
        return text.format(count=count, limit=self.limit)


class ChatBusyError(LeftOutError):
    """As much of a chat waits for the network as may."""

    def summary(self, count: int) -> str:
        """Say how many things were left out."""
        text = ngettext(
            "I left out {count} thing: {limit} of this chat are waiting already. "
            "Please send it again in a minute.",
            "I left out {count} things: {limit} of this chat are waiting already. "
            "Please send them again in a minute.",
            count,
        )
        return text.format(count=count, limit=self.limit)


class RateLimit:
    """So many a minute, for each key.

    Args:
        most: How many.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: dict[int, deque[float]] = {}

    def take(self, key: int, count: int = 1) -> bool:
        """Count some, or give False when the minute's are used up; more than a minute's go when none did."""
        now = time.monotonic()
        self._forget(now)
        times = self._times.setdefault(key, deque())
        while times and now - times[0] >= MINUTE_S:
            times.popleft()
        if times and len(times) + count > self.most:
            return False
        times.extend([now] * count)
        return True

    def _forget(self, now: float) -> None:
        if len(self._times) > MOST_KEYS:
            recent = {key: times for key, times in self._times.items() if now - times[-1] < MINUTE_S}
            self._times = recent


class Limits:
    """What one chat and one person may ask a minute.

    Args:
        photos: Photos of a chat.
        questions: Other questions of a person.
    """

    def __init__(self, photos: int, questions: int) -> None:
        self._photos = RateLimit(photos)
        self._questions = RateLimit(questions)

    def count_photos(self, count: int) -> None:
        """Count photos for the chat that this is done for.

        Raises:
            TooManyPhotosError: If it sent too many in the last minute.
        """
        turn = current_turn()
        if turn is not None:
            turn.is_counted = True
            if not self._photos.take(turn.chat_id, count):
                raise TooManyPhotosError(self._photos.most)

    def count_question(self) -> None:
        """Count a question for the person that this is done for, once an update; a photo is none.

        Raises:
            TooManyQuestionsError: If they asked too many in the last minute.
        """
        turn = current_turn()
        if turn is not None and not turn.is_counted:
            turn.is_counted = True
            if not self._questions.take(turn.user_id or turn.chat_id):
                raise TooManyQuestionsError(self._questions.most)


class _Entry(NamedTuple):
    """Something that was left out."""

    message: Message
    error: LeftOutError
    turn: Turn


class LeftOut:
    """Tells each chat, once a minute at most and in one message, of all that was left out.

    Until then those updates stay open: after a restart they are handled again.

    Args:
        gather_s: Seconds in which what belongs together arrives.
        every_s: Seconds between two such messages.
    """

    def __init__(self, *, gather_s: float = GATHER_S, every_s: float = MINUTE_S) -> None:
        self._gather_s = gather_s
        self._every_s = every_s
        self._entries: dict[int, list[_Entry]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, message: Message, error: LeftOutError, turn: Turn) -> None:
        """Tell of it soon, in reply to a message; call it in the context of the update."""
        turn.hand_over()
        entry = _Entry(message, error, turn)
        if turn.chat_id in self._entries:
            self._entries[turn.chat_id].append(entry)
            return
        self._entries[turn.chat_id] = [entry]
        task = asyncio.create_task(self._tell(turn.chat_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Tell nothing more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, chat_id: int) -> None:
        begin_turn(None)  # one message for many turns
        entries = self._entries[chat_id]
        await asyncio.sleep(self._gather_s)
        while entries:
            told = list(entries)
            if await _send(told):
                del entries[: len(told)]
                for entry in told:
                    await entry.turn.finish()
            await asyncio.sleep(self._every_s)
        del self._entries[chat_id]


async def _send(entries: Sequence[_Entry]) -> bool:
    """Tell of all of them; False if that has to be tried again."""
    by_kind: dict[type[LeftOutError], list[LeftOutError]] = {}
    for entry in entries:
        by_kind.setdefault(type(entry.error), []).append(entry.error)
    text = "\n\n".join(errors[0].summary(len(errors)) for errors in by_kind.values())
    try:
        await entries[0].message.reply_text(replies.sentence(text), do_quote=True)
    except TelegramError as error:
        logger.warning("Could not tell of what was left out: %s", error)
        return not may_be_sent_later(error)
    return True
