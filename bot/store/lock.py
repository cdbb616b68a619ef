"""Lock: one bot at a time for one data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from onenet.errors import OneNetError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a data folder for this process; the system lets go of it however the process ends.

    Raises:
        OneNetError: If another process holds it, or it cannot be written to.
    """
    lock = FileLock(folder / "bot.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise OneNetError(
            f"A bot is running with the data in {folder} already: stop it, or change DATA_DIR."
        ) from error
    except OSError as error:
        raise OneNetError(
            f"The folder {folder} cannot be written to ({error.strerror}): set DATA_DIR to another one."
        ) from error
    try:
        yield
    finally:
        lock.release()
