"""Watching: how one learns that the photos below a folder have changed, told by the system or by a look."""

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Generator
from pathlib import Path

from watchfiles import watch
from watchfiles.main import FileChange

from bot.background import Background
from onenet.search import is_photo

logger = logging.getLogger(__name__)

STEP_MS = 50  # as long takes a stop, and as long no more may change before a change is told of
SIGN_OF_LIFE_MS = 1000
AGAIN_S = 300.0
STOP_S = 1.0


class FolderWatch:
    """Tells of changes below a folder as they happen, where the system does: not on many network drives.

    Waiting is done in a thread, for a drive that does not answer would hold up everything else.

    Args:
        folder: With everything below it; it may come and go.
        on_change: Is told; gives the seconds for which it wants to hear no more.

    Attributes:
        is_reliable: Whether changes are told of, as far as is known.
    """

    def __init__(self, folder: Path, on_change: Callable[[], float]) -> None:
        self._folder = folder
        self._on_change = on_change
        self.is_reliable = False
        self._background = Background(f"The folder {folder} cannot be watched", retry_s=AGAIN_S)
        self._changes = self._open()

    def start(self) -> None:
        """Begin to watch."""
        self._background.start(self._wait)

    async def stop(self) -> None:
        """Stop, and end the thread."""
        self._ended.set()
        await self._background.stop(patience_s=STOP_S)

    def distrust(self) -> None:
        """Watch anew in a while: there was a change that nothing was heard of."""
        self._ended.set()
        self.is_reliable = False

    async def _wait(self) -> float:
        """Wait for a change or a sign of life; the seconds to rest."""
        try:
            changes = await asyncio.to_thread(next, self._changes, None)
        except (OSError, RuntimeError) as error:  # no such folder, too many are watched
            logger.debug("The folder %s cannot be watched: %s", self._folder, error)
            changes = None
        if changes is None:  # it failed, or was ended
            self.is_reliable = False
            self._changes = self._open()
            return AGAIN_S
        self.is_reliable = not self._ended.is_set()
        return self._on_change() if changes else 0.0

    def _open(self) -> Generator[set[FileChange], None, None]:
        self._ended = asyncio.Event()
        return watch(
            self._folder,
            watch_filter=None,
            step=STEP_MS,
            stop_event=self._ended,
            rust_timeout=SIGN_OF_LIFE_MS,
            yield_on_timeout=True,
            force_polling=False,
            ignore_permission_denied=True,
        )


def listing_of(folder: Path) -> str | None:
    """Sum up the photos below a folder in a few letters that change when they do; None if it is not there."""
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    visited: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        try:
            status = os.stat(place)
        except OSError:  # gone since its name was read
            continue
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(place, name)
            if not name.startswith(".") and is_photo(path):
                digest.update(_signature(path))
    return digest.hexdigest()


def _signature(path: str) -> bytes:
    try:
        status = os.stat(path)
    except OSError:
        return b""
    return f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="surrogateescape")
