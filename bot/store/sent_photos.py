"""Sent photos in the database: under which file ids Telegram keeps those of the gallery."""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.store.database import Database


@dataclass(frozen=True)
class PhotoFile:
    """A gallery photo as it lies on the disk; when it changes, it is another file to Telegram."""

    photo: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, photo: str) -> "PhotoFile":
        """Describe the file of a photo as it is now.

        Raises:
            OSError: If it has gone.
        """
        status = Path(photo).stat()
        return cls(photo, status.st_size, status.st_mtime_ns)

    @classmethod
    def find_all(cls, photos: Iterable[str]) -> "dict[str, PhotoFile]":
        """Describe the files of photos as they are now, without those that have gone; a drive may hang."""
        found = {}
        for photo in photos:
            with contextlib.suppress(OSError):
                found[photo] = cls.of(photo)
        return found


class SentPhotos:
    """The gallery photos that Telegram has.

    Args:
        database: Where their file ids are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def file_ids(self, bot_id: int, files: Collection[PhotoFile]) -> dict[str, str]:
        """Return the Telegram file ids of those photos that were sent before and have not changed since."""
        found = {}
        for file in files:
            query = """SELECT file_id FROM sent_photos
                       WHERE bot_id = ? AND photo = ? AND size_bytes = ? AND modified_ns = ?"""
            row = await self._database.row(query, (bot_id, file.photo, file.size_bytes, file.modified_ns))
            if row is not None:
                found[file.photo] = str(row[0])
        return found

    async def keep(self, bot_id: int, sent: Mapping[PhotoFile, str]) -> None:
        """Remember under which file ids Telegram keeps the photos."""
        for file, file_id in sent.items():
            await self._database.write_if_possible(
                "INSERT OR REPLACE INTO sent_photos VALUES (?, ?, ?, ?, ?)",
                (bot_id, file.photo, file.size_bytes, file.modified_ns, file_id),
            )

    async def forget(self, bot_id: int, photos: Collection[str]) -> None:
        """Forget file ids that Telegram no longer knows."""
        for photo in photos:
            await self._database.write_if_possible(
                "DELETE FROM sent_photos WHERE bot_id = ? AND photo = ?", (bot_id, photo)
            )
