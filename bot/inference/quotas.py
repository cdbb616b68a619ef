"""Quotas: how much one chat and one person may ask a minute."""

import time
from collections import deque

from cachetools import TTLCache

from bot.delivery.turn import current_turn
from bot.language import ngettext
from onenet.errors import OneNetError

MINUTE_S = 60.0
MOST_KEYS = 10_000


class LeftOutError(OneNetError):
    """Something is not answered because there is too much; one message tells of many such things.

    Args:
        limit: How many there may be.
        count: How many are left out.
    """

    def __init__(self, limit: int, count: int = 1) -> None:
        self.limit = limit
        self.count = count
        super().__init__(self.summary(count))

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
        self._times = TTLCache[int, deque[float]](MOST_KEYS, ttl=MINUTE_S, timer=time.monotonic)

    def take(self, key: int, count: int = 1) -> bool:
        """Count some, or give False when the minute's are used up; more than a minute's go when none did."""
        now = time.monotonic()
        times = self._times.get(key) or deque()
        while times and now - times[0] >= MINUTE_S:
            times.popleft()
        if times and len(times) + count > self.most:
            return False
        times.extend([now] * count)
        self._times[key] = times
        return True


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
                raise TooManyPhotosError(self._photos.most, count)

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
