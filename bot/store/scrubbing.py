"""Scrubbing: what was emptied or forgotten leaves the log of changes and all pages too, soon after."""

import math
import time

from bot.background import Background
from bot.store.database import Database

EVERY_S = 20.0
REWRITE_EVERY_S = 300.0  # no answer can be given meanwhile, and in a large file that takes seconds
RETRY_S = 20.0


class Scrubbing:
    """Empties the database's log of changes, in which what was deleted would lie until it is full.

    Where something was forgotten the file is written anew before, once in a while however often that is.

    Args:
        database: Whose log it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._scrubbed_at = -1  # as many rows had changed; none of this process, at first
        self._rewritten_at = -math.inf
        self._background = Background("The log of changes could not be emptied", retry_s=RETRY_S)

    def start(self) -> None:
        """Begin, with what an earlier process has left there."""
        self._background.start(self._step)

    async def stop(self) -> None:
        """Stop; to close the database empties the log too."""
        await self._background.stop()

    async def _step(self) -> float:
        row = await self._database.row("SELECT total_changes()", ())
        changes = int(row[0]) if row is not None else 0
        is_due = time.monotonic() - self._rewritten_at >= REWRITE_EVERY_S
        is_to_rewrite = self._database.has_forgotten and is_due
        if is_to_rewrite:
            await self._database.rewrite()
            self._rewritten_at = time.monotonic()  # where it failed, too: on a full disk it takes as long
        if changes != self._scrubbed_at or is_to_rewrite:
            await self._database.scrub()
            self._scrubbed_at = changes
        return EVERY_S
