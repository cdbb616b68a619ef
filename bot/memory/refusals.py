"""Refusals: photos that the server did not give, perhaps only for now, and when they are asked for again."""

import math
import time

from telegram.error import BadRequest, TelegramError

from bot.memory.table import RememberedPhoto
from onenet.errors import PhotoError

AGAIN_S = 6 * 3600.0
MOST_TRIES = 5  # over 18 hours at least: a server may be unwell for a while


class Refusals:
    """The photos that wait until they are asked for again, all of them together.

    They are not known after a restart: then each is asked for at once, and has all its tries.

    Args:
        again_s: How long they wait.
    """

    def __init__(self, *, again_s: float = AGAIN_S) -> None:
        self._again_s = again_s
        self._first_at = -math.inf
        self._tries: dict[int, int] = {}
        self._tries_before: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._tries)

    def __contains__(self, photo: RememberedPhoto) -> bool:
        return photo.photo_id in self._tries

    @property
    def wait_s(self) -> float | None:
        """The seconds until they are asked for again; None if none waits."""
        return max(0.0, self._first_at + self._again_s - time.monotonic()) if self._tries else None

    def note(self, photo: RememberedPhoto) -> bool:
        """Note that a photo was refused; False if that was once too often."""
        tries = self._tries_before.get(photo.photo_id, 0) + 1
        if tries >= MOST_TRIES:
            return False
        if not self._tries:
            self._first_at = time.monotonic()
        self._tries[photo.photo_id] = tries
        return True

    def end(self) -> bool:
        """Let none wait any longer if they have waited long enough; whether that is so."""
        is_over = self.wait_s == 0.0
        if is_over:
            self._tries_before, self._tries = self._tries, {}
        return is_over


def refusal_of(error: PhotoError | TelegramError) -> TelegramError | None:
    """Give the server's answer where it would not give a photo and may give it some hours later, or None.

    Servers refuse a valid token now and then. Of a wrong file id, Telegram says itself that it may be right.
    """
    refusal = error.__cause__ if isinstance(error, PhotoError) else error
    if isinstance(refusal, BadRequest) and "temporarily unavailable" not in refusal.message.lower():
        return None
    return refusal if isinstance(refusal, TelegramError) else None
