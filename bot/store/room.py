"""Room: whether a folder takes what the bot writes soon after its start."""

import os
from pathlib import Path
from tempfile import TemporaryFile

from onenet.errors import OneNetError

ROOM_BYTES = 2 * 1024 * 1024


def check_room(folder: Path) -> None:
    """Write something and delete it: a quota or a limit shows itself only then.

    Raises:
        OneNetError: If there is no room.
    """
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(bytes(ROOM_BYTES))
            file.flush()
            os.fsync(file.fileno())  # where a full disk may be noticed no earlier
    except OSError as error:
        raise OneNetError(
            f"There is no room for {ROOM_BYTES // 1024**2} MB in {folder} ({error.strerror}): make some, or "
            "set DATA_DIR to another folder."
        ) from error
