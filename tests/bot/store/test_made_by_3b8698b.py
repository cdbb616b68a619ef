"""A database and an index that commit 3b8698b made, before the code was put into packages, open after it.

Its bot ran in its local chat with its fake engine and painted pictures; `bot.sql` is its database as SQLite's
`iterdump` wrote it (with the version) while an answer was under way, as a kill would have left it.
"""

import os
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from telegram import Update

from bot.chats.chats import Chats, ChatSettings
from bot.delivery.inbox import Inbox
from bot.features.game.rounds import Guess, Rounds, Score
from bot.features.owner.broadcasts import Broadcasts
from bot.memory.table import RememberedPhotos
from bot.store.answers import KeptAnswers
from bot.store.database import Database
from bot.store.keys import AnswerKey, ChatKey
from bot.store.migrations import MIGRATIONS
from bot.store.sent_photos import PhotoFile, SentPhotos
from onenet.search import ImageIndex
from tests.bot.conftest import is_text, running_bot
from tests.bot.database_file import execute
from tests.bot.delivery.test_inbox import BOT
from tests.bot.features.game.test_game import WALLS, Painter
from tests.bot.local_chat import GROUP, PRIVATE, LocalChat
from tests.bot.store.conftest import damaged_files

FILES = Path(__file__).with_name("made_by_3b8698b")
GALLERY = "/tmp/made-by-3b8698b/data/gallery"
MADE_AT = 1795728098.0  # what is old is dropped: here it is that moment still
OWN, GERMAN, ANN = 77, 2001, 2002
IN_GROUP, IN_PRIVATE = ChatKey(OWN, GROUP), ChatKey(OWN, PRIVATE)


@pytest.fixture
def old_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, at the time when it was made."""
    now, later = time.time, time.time() - MADE_AT
    monkeypatch.setattr(time, "time", lambda: now() - later)
    folder = tmp_path / "data"
    folder.mkdir()
    with sqlite3.connect(folder / "bot.sqlite3") as connection:
        connection.executescript((FILES / "bot.sql").read_text(encoding="utf-8"))
    connection.close()
    return folder


@pytest.fixture
async def database(old_data: Path) -> AsyncIterator[Database]:
    database = Database(old_data / "bot.sqlite3")
    await database.open()
    yield database
    await database.close()
    assert damaged_files(database) == []


async def test_it_is_brought_to_this_version(database: Database) -> None:
    row = await database.row("PRAGMA user_version", ())
    assert row is not None
    assert row[0] == len(MIGRATIONS)
    row = await database.row("PRAGMA foreign_key_check", ())
    assert row is None


async def test_chats_their_settings_and_peoples_languages(database: Database) -> None:
    chats = Chats(database)
    for chat_id in (PRIVATE, GERMAN, GROUP):
        assert await chats.acquaintance(OWN, chat_id) == "here"
    group = ChatSettings(captions="every", remembers=True, quiet_from=2, quiet_to=5, utc_offset=1)
    assert await chats.settings(OWN, GROUP) == group
    private = await chats.settings(OWN, PRIVATE)
    assert (private.captions, private.remembers, private.pictures) == ("every", True, "album")
    assert await chats.language_of(OWN, GERMAN) == "de"
    counts = await chats.counts(OWN)
    assert (counts.groups, counts.people, counts.left, counts.photos) == (1, 2, 0, 4)


async def test_remembered_photos(database: Database) -> None:
    photos = RememberedPhotos(database)
    assert await photos.count(IN_PRIVATE) == 3
    assert await photos.unread(OWN, 10) == []
    own = await photos.photos(IN_PRIVATE, await photos.ids(IN_PRIVATE, "fake"))
    assert [photo.caption for photo in own.values()] == ["a red wall", WALLS["green"], WALLS["blue"]]
    green, blue = list(own.values())[1:]
    assert green.message.album == blue.message.album != ""
    assert (green.message.message_id, green.message.user_id, green.message.kind) == (7, PRIVATE, "photo")
    assert green.message.file_id.startswith("AgACAgQ")
    [group], [representation] = await photos.latest(IN_GROUP, "fake", 10)
    assert group.caption == WALLS["blue"]
    violet = np.array([201, 1, 256])
    np.testing.assert_allclose(representation[:3], violet / np.linalg.norm(violet), atol=0.01)


async def test_answers(database: Database) -> None:
    photo = await KeptAnswers(database).find(AnswerKey(OWN, PRIVATE, 2))
    assert photo is not None
    assert (photo.captions, photo.network, photo.about) == (("a red wall",), "fake", 1)
    assert photo.representation[0] > 0.99
    described = await KeptAnswers(database).find(AnswerKey(OWN, PRIVATE, 11))
    assert described is not None
    assert described.token_ids == (1, 4, 2)
    names = [Path(shown).name for shown in described.photos_shown]
    assert names == ["blue.jpg", "green.jpg", "red.jpg", "chat:1"]
    parts = [await KeptAnswers(database).find(AnswerKey(OWN, PRIVATE, 9, part)) for part in (1, 2, 3)]
    assert [part and part.caption for part in parts] == [WALLS["green"], WALLS["blue"], None]
    sheet = await KeptAnswers(database).find(AnswerKey(OWN, GROUP, 6))
    assert sheet is not None
    assert [(cell.name, round(cell.score, 2)) for cell in sheet.sheet] == [
        ("blue.jpg", 1.0),
        ("green.jpg", 0.01),
        ("red.jpg", 0.01),
        ("white.jpg", -0.58),
    ]


async def test_file_ids_of_sent_photos(database: Database) -> None:
    blue = PhotoFile(f"{GALLERY}/blue.jpg", 677, 1795728094775951050)
    found = await SentPhotos(database).file_ids(OWN, [blue])
    assert found[blue.photo].startswith("AgACAgQ")


async def test_an_open_update(database: Database) -> None:
    inbox = Inbox(database)
    [found] = await inbox.find_open(BOT)
    assert found.update.message is not None
    assert (found.update.message.text, found.state, found.replays) == ("/similar dog", "answering", 1)
    answered = Update(100_016, message=found.update.message)
    answered.set_bot(BOT)
    assert not await inbox.keep(answered)


async def test_a_round_of_the_game_and_the_scores(database: Database) -> None:
    rounds = Rounds(database)
    opened = await rounds.open_in(IN_GROUP)
    assert opened is not None
    assert sorted(opened.captions) == sorted(WALLS.values())
    assert (opened.message_id, opened.answer, opened.language) == (10, 2, "en")
    assert await rounds.guess_of(IN_GROUP, 10, ANN) == Guess(ANN, "Ann", 1)
    assert await rounds.scores(IN_GROUP) == [Score("Ann", 1, 1), Score("Person 2001", 0, 1)]


async def test_the_draft_of_a_broadcast(database: Database) -> None:
    broadcasts = Broadcasts(database, Chats(database))
    [row] = await database.rows("SELECT text FROM broadcasts", ())
    assert row[0] == "Tomorrow I pause for an &lt;b&gt;hour&lt;/b&gt;."
    assert await broadcasts.begin(OWN, 1) == 3


async def test_the_bot_goes_on_with_it(chat: LocalChat, old_data: Path) -> None:
    for number in (GERMAN, ANN):
        assert await chat.new_person() == number
    # This server counts from the beginning.
    await execute(old_data / "bot.sqlite3", "DELETE FROM inbox WHERE state = 'answered'")
    async with running_bot(chat, old_data, Painter(), remembers=True) as bot:
        answer = await chat.wait_for(is_text, chat_id=GERMAN)
        assert answer["text"].startswith("Ich wurde unterbrochen, während ich hierauf antwortete.")
        sent = await chat.send_text("/game scores", chat_id=GROUP)
        scores = await chat.wait_for(is_text, after=sent)
        assert scores["text"].splitlines()[1:] == ["1. Ann: 1 of 1 right", "2. Person 2001: 0 of 1 right"]
        assert damaged_files(bot.services.database) == []


def test_the_index_of_the_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    exists = os.path.exists  # else its photos, which were on the computer that made it, would not be found
    monkeypatch.setattr(os.path, "exists", lambda path: str(path).startswith(GALLERY) or exists(path))
    index = ImageIndex.load(FILES / "index.safetensors", fingerprint="fake")
    assert sorted(index.photos) == [f"{GALLERY}/{name}.jpg" for name in ("blue", "green", "red", "white")]
    red = np.zeros(300, np.float32)
    red[0] = 1.0
    [match] = index.search(red, 1)
    assert (Path(match.photo).name, round(match.score, 2)) == ("red.jpg", 1.0)
    assert index.records[f"{GALLERY}/blue.jpg"].size_bytes == 677
