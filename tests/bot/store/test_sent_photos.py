from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.sent_photos import PhotoFile, SentPhotos

BEACH = PhotoFile("/photos/beach.jpg", 100, 1)


async def test_a_file_id_holds_while_the_file_and_the_bot_are_the_same(database: Database) -> None:
    await SentPhotos(database).keep(7, {BEACH: "AgAC"})
    assert await SentPhotos(database).file_ids(7, [BEACH, PhotoFile("/photos/snow.jpg", 1, 1)]) == {
        BEACH.photo: "AgAC"
    }
    assert await SentPhotos(database).file_ids(8, [BEACH]) == {}
    assert await SentPhotos(database).file_ids(7, [PhotoFile(BEACH.photo, 101, 1)]) == {}
    assert await SentPhotos(database).file_ids(7, [PhotoFile(BEACH.photo, 100, 2)]) == {}


async def test_a_file_id_is_replaced_and_forgotten(database: Database) -> None:
    await SentPhotos(database).keep(7, {BEACH: "old"})
    await SentPhotos(database).keep(7, {BEACH: "new"})
    assert await SentPhotos(database).file_ids(7, [BEACH]) == {BEACH.photo: "new"}
    await SentPhotos(database).forget(7, [BEACH.photo])
    assert await SentPhotos(database).file_ids(7, [BEACH]) == {}


def test_a_photo_file_is_its_path_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    file = PhotoFile.of(str(path))
    assert (file.photo, file.size_bytes) == (str(path), 5)
    assert file.modified_ns == path.stat().st_mtime_ns
    with pytest.raises(OSError, match="No such file"):
        PhotoFile.of(str(tmp_path / "b.jpg"))
