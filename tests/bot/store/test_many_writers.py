"""Each table that is read, changed and written, with many who do so at once: what each did is there."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from telegram import Message

from bot.chats.chats import Chats
from bot.delivery.answered import ANSWERS_TO_ONE_MESSAGE, Answered
from bot.delivery.inbox import Inbox
from bot.features.game.rounds import Guess, Round, Rounds, Score
from bot.features.owner.broadcasts import Broadcasts
from bot.memory.table import NetworkReading, PhotoMessage, RememberedPhotos
from bot.messages.incoming import read_message
from bot.store.answers import Answer, KeptAnswers
from bot.store.database import Database
from bot.store.keys import AnswerKey, ChatKey
from bot.store.sent_photos import PhotoFile, SentPhotos
from tests.bot.delivery.test_inbox import BOT, CHAT, PERSON, update

MANY = 30
HERE = ChatKey(77, -100)
KEY = AnswerKey(77, -100, 5)
ANSWER = Answer(np.array([1.0, 0.0], np.float32), ("a dog", "two dogs"), photos_shown=("/0.jpg",))


@pytest.fixture
async def chats(database: Database) -> Chats:
    chats = Chats(database)
    await chats.meet(*HERE, "supergroup")
    return chats


async def all_of(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    return list(await asyncio.gather(*work))


def photo(number: int) -> PhotoMessage:
    return PhotoMessage(number, 5, "photo", f"id{number}", f"u{number}", f"id{number}", 1000.0 + number)


def a_reading(network: str = "net") -> NetworkReading:
    return NetworkReading(np.array([1.0, 0.0], np.float32), "a dog", network)


async def test_answers_show_the_photos_of_all(database: Database) -> None:
    answers = KeptAnswers(database)
    await answers.keep(KEY, ANSWER)
    read = await answers.find(KEY)
    assert read is not None
    shown = [(*read.photos_shown, f"/{number}.jpg") for number in range(1, MANY)]
    await all_of(*(answers.show_photos(KEY, photos) for photos in shown), answers.show_caption(KEY, 1))
    kept = await answers.find(KEY)
    assert kept is not None
    assert kept.photos_shown == tuple(f"/{number}.jpg" for number in range(MANY))
    assert kept.caption_shown == 1


async def test_of_photos_that_come_at_once_one_is_the_first(database: Database) -> None:
    photos = RememberedPhotos(database)
    added = await all_of(*(photos.add(HERE, photo(number), a_reading()) for number in range(MANY)))
    assert sorted(count for _, count in added) == list(range(1, MANY + 1))
    again = await all_of(*(photos.add(HERE, photo(number), a_reading()) for number in range(MANY)))
    assert again == [(photo_id, 0) for photo_id, _ in added]


async def test_the_same_photo_many_times_is_one(database: Database) -> None:
    photos = RememberedPhotos(database)
    added = await all_of(*(photos.add(HERE, photo(1), a_reading()) for _ in range(MANY)))
    assert len({photo_id for photo_id, _ in added}) == 1
    assert sorted(count for _, count in added) == [0] * (MANY - 1) + [1]


async def test_a_photo_that_is_read_is_not_given_up_by_another(database: Database) -> None:
    photos = RememberedPhotos(database)
    for number in range(MANY):
        await photos.add(HERE, photo(number), None)
    unread = await photos.unread(HERE.bot_id, MANY)
    read = await all_of(
        *(
            work
            for each in unread
            for work in (photos.set_reading(each, a_reading()), photos.give_up(each, "net"))
        )
    )
    kept = await photos.ids(HERE, "net")
    assert len(kept) == sum(is_there is True for is_there in read)  # read and there, or given up and gone
    query = "SELECT COUNT(*) FROM remembered_photos WHERE given_up_by <> ''"
    row = await database.row(query, ())
    assert row is not None
    assert row[0] == 0


async def test_a_chat_is_met_by_one_of_many(chats: Chats) -> None:
    assert sum(await all_of(*(chats.meet(77, -200, "group") for _ in range(MANY)))) == 1


async def test_whether_a_chat_was_left_is_known_whoever_met_it_meanwhile(chats: Chats) -> None:
    for number in range(MANY):
        chat_id = -1000 - number
        await all_of(
            chats.meet(77, chat_id, "group"), chats.leave(77, chat_id), chats.meet(77, chat_id, "group")
        )
        await chats.meet(77, chat_id, "group")
        assert await chats.acquaintance(77, chat_id) == "here"


async def test_settings_and_languages_of_many(chats: Chats) -> None:
    names = {
        "captions": "every",
        "remembers": True,
        "seen_before": False,
        "pictures": "album",
        "language": "de",
    }
    for number in range(MANY):
        await chats.meet(77, -number, "group")
        await all_of(*(chats.set(77, -number, **{name: value}) for name, value in names.items()))
        found = await chats.settings(77, -number)
        assert {name: getattr(found, name) for name in names} == names
    await all_of(*(chats.set_language(77, user, "de") for user in range(MANY)))
    assert await all_of(*(chats.language_of(77, user) for user in range(MANY))) == ["de"] * MANY


async def test_a_group_moves_once(chats: Chats, database: Database) -> None:
    await chats.set(*HERE, language="de")
    await KeptAnswers(database).keep(KEY, ANSWER)
    assert sum(await all_of(*(chats.migrate(77, -100, -200) for _ in range(MANY)))) == 1
    assert (await chats.settings(77, -200)).language == "de"
    assert await KeptAnswers(database).find(replace(KEY, chat_id=-200)) is not None


@pytest.mark.usefixtures("chats")
async def test_a_round_of_many_guesses_ends_once_with_all_that_counted(database: Database) -> None:
    rounds = Rounds(database)
    opened = Round(HERE, 1, ("a dog", "a cat"), 1, "en", 1e12)
    await rounds.begin(opened)
    guesses = [rounds.guess(HERE, 1, Guess(user, f"P{user}", user % 2)) for user in range(MANY)]
    done = await all_of(*guesses, *(rounds.finish(opened) for _ in range(3)))
    [outcome] = [each for each in done[MANY:] if each is not None]
    counted = [each for each in done[:MANY] if each is not None]
    assert len(outcome.guesses) >= len(counted)
    scores = await rounds.scores(HERE, MANY)
    assert sum(score.played for score in scores) == len(outcome.guesses)
    assert sum(score.won for score in scores) == len(outcome.winners)


@pytest.mark.usefixtures("chats")
async def test_scores_of_rounds_that_end_together_add_up(database: Database) -> None:
    rounds, chats = Rounds(database), Chats(database)
    for number in range(MANY):
        await chats.meet(77, -1000 - number, "group")
    for number in range(MANY):
        await rounds.begin(Round(ChatKey(77, -1000 - number), 1, ("a", "b"), 0, "en", 1.0))
        await rounds.guess(ChatKey(77, -1000 - number), 1, Guess(5, "Ann", 0))
    assert (
        len([each for each in await all_of(*(map(rounds.finish, await rounds.due(77, 2.0)))) if each]) == MANY
    )
    for number in range(MANY):
        assert await rounds.scores(ChatKey(77, -1000 - number)) == [Score("Ann", 1, 1)]


@pytest.mark.usefixtures("chats")
async def test_a_broadcast_begins_once(chats: Chats, database: Database) -> None:
    broadcasts = Broadcasts(database, chats)
    drafts = await all_of(*(broadcasts.draft(77, f"text {number}") for number in range(MANY)))
    number = max(number for number, _ in drafts)
    begun = await all_of(*(broadcasts.begin(77, number) for _ in range(MANY)), broadcasts.drop(77, number))
    assert [each for each in begun[:-1] if each is not None] == [1]
    assert begun[-1] is False
    assert not any(await all_of(*(broadcasts.begin(77, earlier) for earlier, _ in drafts)))


async def test_a_message_is_answered_once_by_one_of_many(database: Database) -> None:
    answered, done = Answered(database), []

    async def answer(text: str) -> None:
        body = {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, "text": text}
        message = read_message(cast(Message, Message.de_json(body, BOT)))
        async with answered.answering(message) as fresh:
            await asyncio.sleep(0)
            done.extend(text for _ in fresh)

    await all_of(*(answer("hello") for _ in range(MANY)))
    await all_of(*(answer("hello") for _ in range(MANY)))
    assert done == ["hello"]
    for number in range(MANY):
        await all_of(answer(f"edit {number}"), answer(f"edit {number}"))
    assert len(done) == ANSWERS_TO_ONE_MESSAGE


async def test_an_update_is_kept_once_and_is_in_one_state(database: Database) -> None:
    inbox = Inbox(database)
    assert sum(await all_of(*(inbox.keep(update(7)) for _ in range(MANY)))) == 1
    turns = [inbox.turn(update(number)) for number in range(100, 100 + MANY)]
    await all_of(*(inbox.keep(update(number)) for number in range(100, 100 + MANY)))
    await all_of(*(work for turn in turns for work in (turn.sending(), turn.finish())))
    rows = await database.rows("SELECT state, content FROM inbox WHERE update_id >= 100", ())
    assert [tuple(row) for row in rows] == [("answered", "")] * MANY


async def test_file_ids_are_those_of_the_latest_upload(database: Database) -> None:
    sent = SentPhotos(database)
    files = [PhotoFile(f"/{number}.jpg", 1, 1) for number in range(MANY)]
    await all_of(
        *(sent.keep(77, {file: f"id of {file.photo}"}) for file in files for _ in range(2)),
        sent.forget(77, ["/0.jpg"]),
    )
    known = await sent.file_ids(77, files)
    assert known == {file.photo: f"id of {file.photo}" for file in files[1:]}
