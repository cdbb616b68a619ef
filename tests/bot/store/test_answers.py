import time
from dataclasses import replace
from pathlib import Path

import aiosqlite
import numpy as np
import pytest

from bot.store.answers import KEEP_ANSWERS_S, Answer, KeptAnswers, SheetCell
from bot.store.database import Database
from bot.store.keys import AnswerKey
from bot.store.migrations import MIGRATIONS
from tests.bot.database_file import execute
from tests.bot.store.conftest import damaged_files

KEY = AnswerKey(7, 1001, 5)
ANSWER = Answer(
    np.array([0.6, 0.8, 0.0], np.float32), ("a dog", "two dogs ❄"), 0, ("/a.jpg",), (1, 5, 2), "abc"
)
SHEET = (SheetCell("/a.jpg", "a.jpg", 0.5), SheetCell("5", "a photo", 0.25, "https://t.me/c/1/2", copies=3))


async def test_an_answer_survives_a_restart(database: Database) -> None:
    await KeptAnswers(database).keep(KEY, ANSWER)
    await KeptAnswers(database).show_caption(KEY, 1)
    await KeptAnswers(database).show_photos(KEY, ["/a.jpg", "/b.jpg"])
    await database.close()
    await database.open()
    kept = await KeptAnswers(database).find(KEY)
    assert kept is not None
    np.testing.assert_array_equal(kept.representation, ANSWER.representation)
    assert kept.representation.dtype == np.float32
    assert kept.captions == ANSWER.captions
    assert (kept.caption_shown, kept.photos_shown) == (1, ("/a.jpg", "/b.jpg"))
    assert (kept.token_ids, kept.network) == ((1, 5, 2), "abc")


async def test_the_parts_of_an_answer_are_apart(database: Database) -> None:
    second = replace(KEY, part=2)
    await KeptAnswers(database).keep(KEY, ANSWER)
    await KeptAnswers(database).keep(second, replace(ANSWER, captions=("a cat",), sheet=SHEET))
    await KeptAnswers(database).show_photos(second, ["/c.jpg"], SHEET[:1])
    first, kept = await KeptAnswers(database).find(KEY), await KeptAnswers(database).find(second)
    assert first is not None
    assert kept is not None
    assert (first.captions, first.photos_shown, first.sheet) == (ANSWER.captions, ANSWER.photos_shown, ())
    assert (kept.captions, kept.photos_shown, kept.sheet) == (("a cat",), ("/a.jpg", "/c.jpg"), SHEET[:1])
    assert await KeptAnswers(database).find(replace(KEY, part=1)) is None


async def test_an_answer_of_the_first_version_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    row = (7, 1001, 5, ANSWER.representation.tobytes(), '["a dog"]', 0, '["/a.jpg"]', time.time())
    async with aiosqlite.connect(path) as connection:
        await connection.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
        await connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        await connection.commit()
    database = Database(path)
    await database.open()
    kept = await KeptAnswers(database).find(KEY)
    assert kept is not None
    assert (kept.captions, kept.photos_shown) == (("a dog",), ("/a.jpg",))
    assert (kept.token_ids, kept.network) == ((), "")
    await KeptAnswers(database).keep(KEY, ANSWER)
    kept = await KeptAnswers(database).find(KEY)
    assert kept is not None
    assert kept.token_ids == ANSWER.token_ids
    await database.close()
    assert damaged_files(database) == []


@pytest.mark.parametrize("other", [AnswerKey(8, 1001, 5), AnswerKey(7, 1002, 5), AnswerKey(7, 1001, 6)])
async def test_an_answer_belongs_to_one_message_of_one_bot(database: Database, other: AnswerKey) -> None:
    await KeptAnswers(database).keep(KEY, ANSWER)
    assert await KeptAnswers(database).find(other) is None


async def test_old_answers_are_forgotten(database: Database) -> None:
    await KeptAnswers(database).keep(KEY, ANSWER)
    await database.close()
    await execute(database.path, "UPDATE answers SET made_at = ?", (time.time() - KEEP_ANSWERS_S - 1,))
    await database.open()
    assert await KeptAnswers(database).find(KEY) is None


async def test_an_old_answer_is_forgotten_while_the_bot_runs(database: Database) -> None:
    await KeptAnswers(database).keep(KEY, ANSWER)
    await execute(database.path, "UPDATE answers SET made_at = ?", (time.time() - KEEP_ANSWERS_S - 1,))
    assert await KeptAnswers(database).find(KEY) is None
    await KeptAnswers(database).keep(AnswerKey(7, 1, 99), ANSWER)
    assert await execute(database.path, "SELECT count(*) FROM answers") == [(1,)]
