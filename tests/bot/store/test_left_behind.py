"""Nothing is left of what was answered or forgotten, not even where SQLite once moved it."""

import random
from pathlib import Path

import pytest

from bot.delivery.inbox import IN_PAGE, Inbox
from bot.features.game.rounds import Rounds
from bot.memory.table import NetworkReading, PhotoMessage
from bot.store.answers import Answer, KeptAnswers
from bot.store.database import Database
from bot.store.keys import AnswerKey, ChatKey
from bot.store.scrubbing import Scrubbing
from tests.bot.database_file import read_by_another
from tests.bot.delivery.test_inbox import update
from tests.bot.full_disk import full_disk
from tests.bot.memory.test_memory import direction, memory_at


def words_left(database: Database, words: dict[int, str]) -> list[int]:
    """Those that are in one of the files still."""
    files = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    return [number for number, word in words.items() if word.encode() in files]


async def scrub(database: Database) -> None:
    await Scrubbing(database)._step()


@pytest.mark.parametrize("seed", range(4))
async def test_of_what_was_said_to_the_bot(database: Database, seed: int) -> None:
    await database.rewrite()
    chance, inbox, words = random.Random(seed), Inbox(database), dict[int, str]()
    waiting: list[int] = []
    for number in range(600):
        words[number] = f"zq{chance.getrandbits(64):016x}"
        text = f"{'a' * chance.randrange(2500)}{words[number]}{'b' * chance.randrange(800)}"
        await inbox.keep(update(number, text))
        waiting.append(number)
        while waiting and chance.random() < 0.5:
            turn = inbox.turn(update(waiting.pop(chance.randrange(len(waiting)))))
            await turn.sending()
            await turn.sent()
            await turn.finish()
    assert not database.has_forgotten  # the file is not written anew for each answer
    await scrub(database)
    assert words_left(database, words) == waiting


async def test_what_a_page_holds_of_an_update_are_spaces_alone(database: Database) -> None:
    [page_bytes] = await database.row("PRAGMA page_size", ()) or [0]
    most_in_page = (page_bytes - 12) * 64 // 255 - 23  # https://www.sqlite.org/fileformat2.html#b_tree_pages
    assert len(IN_PAGE) > most_in_page


@pytest.mark.parametrize("how", ["chat", "person", "one by one"])
async def test_of_photos_and_answers(tmp_path: Path, how: str) -> None:
    chance = random.Random(how)
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        database, photos = memory._database, memory.photos
        answers, words = KeptAnswers(database), dict[int, str]()
        for number in range(900):
            chat, person = ChatKey(77, 1000 + chance.randrange(10)), chance.randrange(3)
            word = f"zq{chance.getrandbits(64):016x}"
            message = PhotoMessage(number, person, "photo", "f" * 60, word, "r" * 60, 1.0)
            await photos.add(chat, message, None)
            reading = NetworkReading(direction(1, 2, 3), f"a {word} wall", "fake")
            await photos.add(chat, message, reading)
            answer = Answer(direction(1, 2), (word,), about=number, asker=person)
            await answers.keep(AnswerKey(77, chat.chat_id, 5000 + number), answer)
            if chat.chat_id < 1004 and (how != "person" or person == 0):
                words[number] = word
        for chat in (ChatKey(77, number) for number in range(1000, 1004)):
            if how == "chat":
                await memory.forget_chat(chat)
            elif how == "person":
                await photos.forget_answers_to(chat, 0)
                await memory.forget_of(chat, 0)
            else:
                kept = await photos.photos(chat, await photos.all_ids(chat))
                for photo in sorted(kept.values(), key=lambda each: each.message.file_unique_id):
                    await photos.forget(chat, [photo.photo_id])
        await scrub(database)
        assert words_left(database, words) == []
        assert not database.has_forgotten


async def test_of_the_scores_of_a_person(database: Database) -> None:
    await database.rewrite()
    await database.write(
        "INSERT INTO chats (bot_id, chat_id, kind, joined_at) VALUES (77, 5, 'group', 1)", ()
    )
    values = (77, 5, 6, "Ann")
    await database.write("INSERT INTO game_scores VALUES (?, ?, ?, ?, 1, 1)", values)
    assert not await Rounds(database).forget_of(ChatKey(77, 5), 7)
    assert not database.has_forgotten
    assert await Rounds(database).forget_of(ChatKey(77, 5), 6)
    assert database.has_forgotten


async def test_who_has_nothing_forgotten_has_no_file_written_anew(tmp_path: Path) -> None:
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        database, chat = memory._database, ChatKey(77, 1001)
        await memory.photos.add(chat, PhotoMessage(1, 5, "photo", "f", "u", "r", 1.0), None)
        await database.rewrite()
        await memory.forget_of(chat, 6)
        await memory.forget_chat(ChatKey(77, 1002))
        await memory.photos.forget_answers_to(chat, 6)
        await memory.erase_left()
        assert not database.has_forgotten
        await memory.forget_of(chat, 5)
        assert database.has_forgotten


async def test_a_start_writes_the_file_anew_only_where_something_was_forgotten(database: Database) -> None:
    assert database.has_forgotten  # nothing is known of a file that was never written anew
    await database.rewrite()
    await database.write("INSERT INTO people VALUES (77, 5, 'de'), (77, 6, 'de')", ())
    for user_id in (5, 6):
        await database.close()
        await database.open()
        assert not database.has_forgotten
        await database.forget("DELETE FROM people WHERE user_id = ?", (user_id,))
        await database.close()
        await database.open()
        assert database.has_forgotten
        await database.rewrite()


async def test_what_is_taken_back_was_not_forgotten(database: Database) -> None:
    await database.write("INSERT INTO people VALUES (77, 5, 'de')", ())
    await database.rewrite()

    async def fail() -> None:
        async with database.transaction(forgets=True) as connection:
            await connection.execute("DELETE FROM people")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await database.close()
    await database.open()
    assert not database.has_forgotten


async def test_however_often_something_is_forgotten_the_file_is_written_anew_once_in_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrubbing = Scrubbing(database)
    await database.write("INSERT INTO people VALUES (77, 5, 'de'), (77, 6, 'de')", ())
    await scrubbing._step()
    for user_id in (5, 6):
        assert await database.forget("DELETE FROM people WHERE user_id = ?", (user_id,)) == 1
        await scrubbing._step()
        assert database.has_forgotten
    monkeypatch.setattr("bot.store.scrubbing.REWRITE_EVERY_S", 0.0)
    await scrubbing._step()
    assert not database.has_forgotten


async def test_a_file_in_use_is_written_anew_later(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.write("CREATE TABLE words (word TEXT)", ())
    await database.write("INSERT INTO words VALUES ('one'), ('two')", ())
    async with database._connection.execute("SELECT word FROM words") as reading:
        await reading.fetchone()
        await database.rewrite()
    assert database.has_forgotten
    assert "could not be written anew" in caplog.text
    await scrub(database)
    assert not database.has_forgotten


async def statements_of(database: Database) -> list[str]:
    """All that SQLite is asked to do from now on."""
    statements: list[str] = []
    await database._connection.set_trace_callback(statements.append)
    return statements


async def test_on_a_full_disk_the_file_is_written_anew_no_more_often_than_elsewhere(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write("CREATE TABLE words (word TEXT)", ())
    await database.write("INSERT INTO words VALUES (?)", ("x" * 2**20,))
    scrubbing, statements = Scrubbing(database), await statements_of(database)
    with full_disk():
        for _ in range(3):
            await scrubbing._step()
    assert database.has_forgotten
    assert statements.count("VACUUM") == 1
    assert len([each for each in statements if "wal_checkpoint" in each]) == 1
    monkeypatch.setattr("bot.store.scrubbing.REWRITE_EVERY_S", 0.0)
    await scrubbing._step()
    assert not database.has_forgotten


async def test_nobody_waits_long_for_a_log_that_another_program_reads(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    statements = await statements_of(database)
    async with read_by_another(database.path):
        await database.write("INSERT INTO people VALUES (77, 5, 'de')", ())
        await database.scrub()
    assert "could not be emptied" in caplog.text
    assert len([each for each in statements if "wal_checkpoint" in each]) == 1  # it has waited for that long
