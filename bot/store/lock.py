"""Lock: one bot at a time for one data folder."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from onenet.errors import OneNetError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process; the system lets go of it however the process ends.

    Raises:
        OneNetError: If another process holds it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "bot.lock").open("a")
    except OSError as error:
        raise OneNetError(
            f"The folder {folder} cannot be written to ({error.strerror}): set DATA_DIR to another one."
        ) from error
    with file:
        if not _try_lock(file):
            raise OneNetError(
                f"A bot is running with the data in {folder} already: stop it, or change DATA_DIR."
            )
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
