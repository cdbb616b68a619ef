"""Maps that were drawn before, as files; never one of a chat's own photos."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from onenet.files import replace_file

VERSION = "2"  # another one for maps that are drawn otherwise
MOST_FILES = 200


class MapCache:
    """Picture files by what they are made of. To be called on the worker's threads: it waits for the disk.

    Args:
        folder: Where they are; it is made when the first one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, made_of: bytes, make: Callable[[], bytes]) -> bytes:
        """Give the picture made of something, made only if it was not kept; kept are the last ones used."""
        name = hashlib.sha256(VERSION.encode() + b"\0" + made_of).hexdigest()[:32]
        path = self._folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
            return content
        except OSError:  # not there, or not to be read: made anew
            content = make()
            replace_file(path, content)
            self._drop_oldest()
            return content

    def _drop_oldest(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[MOST_FILES:]:
            path.unlink(missing_ok=True)
