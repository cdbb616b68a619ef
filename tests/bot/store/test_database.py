import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.store.database import (
    BUSY_TIMEOUT_MS,
    KEEP_ANSWERS_S,
    MIGRATIONS,
    Answer,
    Database,
    PhotoFile,
    SheetCell,
)
from bot.store.keys import AnswerKey

KEY = AnswerKey(7, 1001, 5)
ANSWER = Answer(
    np.array([0.6, 0.8, 0.0], np.float32), ("a dog", "two dogs ❄"), 0, ("/a.jpg",), (1, 5, 2), "abc"
)
SHEET = (SheetCell("/a.jpg", "a.jpg", 0.5), SheetCell("5", "a photo", 0.25, "https://t.me/c/1/2", copies=3))
BEACH = PhotoFile("/photos/beach.jpg", 100, 1)


def damaged_files(database: Database) -> list[Path]:
    return list(database.path.parent.glob("*.damaged-*"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "deep" / "bot.sqlite3")
    await database.open()
    yield database
    await database.close()


async def test_an_answer_survives_a_restart(database: Database) -> None:
    await database.keep_answer(KEY, ANSWER)
    await database.show_caption(KEY, 1)
    await database.show_photos(KEY, ["/a.jpg", "/b.jpg"])
    await database.close()
    await database.open()
    kept = await database.answer(KEY)
    assert kept is not None
    np.testing.assert_array_equal(kept.representation, ANSWER.representation)
    assert kept.representation.dtype == np.float32
    assert kept.captions == ANSWER.captions
    assert (kept.caption_shown, kept.photos_shown) == (1, ("/a.jpg", "/b.jpg"))
    assert (kept.token_ids, kept.network) == ((1, 5, 2), "abc")


async def test_the_parts_of_an_answer_are_apart(database: Database) -> None:
    second = replace(KEY, part=2)
    await database.keep_answer(KEY, ANSWER)
    await database.keep_answer(second, replace(ANSWER, captions=("a cat",), sheet=SHEET))
    await database.show_photos(second, ["/c.jpg"], SHEET[:1])
    first, kept = await database.answer(KEY), await database.answer(second)
    assert first is not None
    assert kept is not None
    assert (first.captions, first.photos_shown, first.sheet) == (ANSWER.captions, ANSWER.photos_shown, ())
    assert (kept.captions, kept.photos_shown, kept.sheet) == (("a cat",), ("/c.jpg",), SHEET[:1])
    assert await database.answer(replace(KEY, part=1)) is None


async def test_an_answer_of_the_first_version_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    row = (7, 1001, 5, ANSWER.representation.tobytes(), '["a dog"]', 0, '["/a.jpg"]', time.time())
    with sqlite3.connect(path) as connection:
        connection.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
        connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()
    database = Database(path)
    await database.open()
    kept = await database.answer(KEY)
    assert kept is not None
    assert (kept.captions, kept.photos_shown) == (("a dog",), ("/a.jpg",))
    assert (kept.token_ids, kept.network) == ((), "")
    await database.keep_answer(KEY, ANSWER)
    kept = await database.answer(KEY)
    assert kept is not None
    assert kept.token_ids == ANSWER.token_ids
    await database.close()
    assert damaged_files(database) == []


@pytest.mark.parametrize("other", [AnswerKey(8, 1001, 5), AnswerKey(7, 1002, 5), AnswerKey(7, 1001, 6)])
async def test_an_answer_belongs_to_one_message_of_one_bot(database: Database, other: AnswerKey) -> None:
    await database.keep_answer(KEY, ANSWER)
    assert await database.answer(other) is None


async def test_old_answers_are_forgotten(database: Database) -> None:
    await database.keep_answer(KEY, ANSWER)
    await database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute("UPDATE answers SET made_at = ?", (time.time() - KEEP_ANSWERS_S - 1,))
    connection.close()
    await database.open()
    assert await database.answer(KEY) is None


async def test_a_file_id_holds_while_the_file_and_the_bot_are_the_same(database: Database) -> None:
    await database.keep_file_ids(7, {BEACH: "AgAC"})
    assert await database.file_ids(7, [BEACH, PhotoFile("/photos/snow.jpg", 1, 1)]) == {BEACH.photo: "AgAC"}
    assert await database.file_ids(8, [BEACH]) == {}
    assert await database.file_ids(7, [PhotoFile(BEACH.photo, 101, 1)]) == {}
    assert await database.file_ids(7, [PhotoFile(BEACH.photo, 100, 2)]) == {}


async def test_a_file_id_is_replaced_and_forgotten(database: Database) -> None:
    await database.keep_file_ids(7, {BEACH: "old"})
    await database.keep_file_ids(7, {BEACH: "new"})
    assert await database.file_ids(7, [BEACH]) == {BEACH.photo: "new"}
    await database.forget_file_ids(7, [BEACH.photo])
    assert await database.file_ids(7, [BEACH]) == {}


def test_a_photo_file_is_its_path_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"12345")
    file = PhotoFile.of(str(path))
    assert (file.photo, file.size_bytes) == (str(path), 5)
    assert file.modified_ns == path.stat().st_mtime_ns
    with pytest.raises(OSError, match="No such file"):
        PhotoFile.of(str(tmp_path / "b.jpg"))


@pytest.mark.parametrize(
    "damage", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
async def test_a_damaged_file_is_moved_aside_and_a_fresh_one_begun(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bot.sqlite3"
    path.write_bytes(damage)
    database = Database(path)
    await database.open()
    await database.keep_answer(KEY, ANSWER)
    assert await database.answer(KEY) is not None
    await database.close()
    aside = damaged_files(database)
    if damage:
        assert [file.read_bytes() for file in aside] == [damage]
        assert "is damaged" in caplog.text
    else:  # to SQLite an empty file is a new database
        assert aside == []


async def test_a_page_overwritten_in_the_middle_is_noticed(database: Database) -> None:
    for number in range(500):
        await database.keep_answer(AnswerKey(7, 1, number), ANSWER)
    await database.close()
    content = bytearray(database.path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    database.path.write_bytes(bytes(content))
    await database.open()
    assert await database.answer(AnswerKey(7, 1, 3)) is None
    assert damaged_files(database)


async def test_a_file_of_a_newer_version_is_kept_aside(database: Database) -> None:
    await database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    await database.open()
    assert damaged_files(database)


async def test_it_writes_ahead_and_waits_for_locks(database: Database) -> None:
    for pragma, value in (
        ("journal_mode", "wal"),
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("busy_timeout", BUSY_TIMEOUT_MS),
    ):
        row = await database.row(f"PRAGMA {pragma}", ())
        assert row is not None
        assert row[0] == value


async def test_an_old_answer_is_forgotten_while_the_bot_runs(database: Database) -> None:
    await database.keep_answer(KEY, ANSWER)
    with sqlite3.connect(database.path) as connection:
        connection.execute("UPDATE answers SET made_at = ?", (time.time() - KEEP_ANSWERS_S - 1,))
    connection.close()
    assert await database.answer(KEY) is None
    await database.keep_answer(AnswerKey(7, 1, 99), ANSWER)
    with sqlite3.connect(database.path) as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    connection.close()
