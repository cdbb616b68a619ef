"""Rounds and scores in a real database."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chats.chats import Chats
from bot.features.game.rounds import Guess, Round, Rounds, Score
from bot.features.privacy.export import export
from bot.memory.table import RememberedPhotos
from bot.store.database import Database
from bot.store.keys import ChatKey

HERE, THERE = ChatKey(77, -100), ChatKey(77, -200)
ANN, BOB = 5, 6


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "bot.sqlite3")
    await database.open()
    chats = Chats(database)
    for chat in (HERE, THERE):
        await chats.meet(*chat, "group")
    yield database
    await database.close()


@pytest.fixture
def rounds(database: Database) -> Rounds:
    return Rounds(database)


def a_round(chat: ChatKey = HERE, message_id: int = 1, ends_at: float = 1e12) -> Round:
    return Round(chat, message_id, ("a dog", "a cat", "a car", "a sea"), 2, "de", ends_at)


async def test_a_round_is_kept_as_it_was(rounds: Rounds) -> None:
    assert await rounds.open_in(HERE) is None
    await rounds.begin(a_round())
    assert await rounds.open_in(HERE) == a_round()
    assert await rounds.open_in(THERE) is None


async def test_a_persons_first_guess_counts(rounds: Rounds) -> None:
    await rounds.begin(a_round())
    first = Guess(ANN, "Ann", 1)
    assert await rounds.guess(HERE, 1, first) == first
    assert await rounds.guess(HERE, 1, Guess(ANN, "Ann", 2)) == first
    assert await rounds.guess_of(HERE, 1, BOB) is None


async def test_there_is_no_guess_in_another_round_or_chat(rounds: Rounds) -> None:
    await rounds.begin(a_round())
    assert await rounds.guess(HERE, 99, Guess(ANN, "Ann", 2)) is None  # an older message
    assert await rounds.guess(THERE, 1, Guess(ANN, "Ann", 2)) is None
    outcome = await rounds.finish(a_round())
    assert outcome is not None
    assert outcome.guesses == ()


async def test_the_end_counts_each_guess_once(rounds: Rounds) -> None:
    await rounds.begin(a_round())
    guesses = Guess(BOB, "Bob", 0), Guess(ANN, "Ann", 2)
    for guess in guesses:
        await rounds.guess(HERE, 1, guess)
    ends = await asyncio.gather(rounds.finish(a_round()), rounds.finish(a_round()))
    [outcome] = [end for end in ends if end is not None]
    assert outcome.guesses == guesses  # as they came
    assert outcome.winners == (guesses[1],)
    assert await rounds.open_in(HERE) is None
    assert await rounds.guess(HERE, 1, guesses[0]) is None
    assert await rounds.scores(HERE) == [Score("Ann", 1, 1), Score("Bob", 0, 1)]
    assert await rounds.scores(THERE) == []


async def test_scores_add_up_and_the_latest_name_is_shown(rounds: Rounds) -> None:
    for number, (ann, bob) in enumerate([(2, 2), (0, 2), (2, None)], 1):
        await rounds.begin(a_round(message_id=number))
        await rounds.guess(HERE, number, Guess(ANN, f"Ann {number}", ann))
        if bob is not None:
            await rounds.guess(HERE, number, Guess(BOB, "Bob", bob))
        await rounds.finish(a_round(message_id=number))
    # equally often right: first who guessed less
    assert await rounds.scores(HERE) == [Score("Bob", 2, 2), Score("Ann 3", 2, 3)]
    assert await rounds.scores(HERE, 1) == [Score("Bob", 2, 2)]


async def test_rounds_are_due_when_their_time_is_up(rounds: Rounds) -> None:
    now = time.time()
    assert await rounds.next_end(77) is None
    await rounds.begin(a_round(ends_at=now - 1))
    await rounds.begin(a_round(THERE, ends_at=now + 60))
    assert [each.chat for each in await rounds.due(77, now)] == [HERE]
    assert await rounds.next_end(77) == now - 1
    assert await rounds.due(78, now + 100) == []  # another bot's


async def test_what_is_forgotten_is_gone_for_one_and_for_all(rounds: Rounds, database: Database) -> None:
    for chat in (HERE, THERE):
        for person in (ANN, BOB):
            await rounds.begin(a_round(chat, person))
            await rounds.guess(chat, person, Guess(person, f"number {person}", 2))
            await rounds.finish(a_round(chat, person))
    assert await rounds.forget_of(HERE, ANN)
    assert not await rounds.forget_of(HERE, ANN)
    assert await rounds.scores(HERE) == [Score("number 6", 1, 1)]
    await rounds.begin(a_round())
    await rounds.guess(HERE, 1, Guess(BOB, "Bob", 0))
    await RememberedPhotos(database).forget_chat(HERE)
    assert await rounds.scores(HERE) == []
    assert await rounds.open_in(HERE) is None
    assert len(await rounds.scores(THERE)) == 2


async def test_scores_follow_a_group_and_are_exported(rounds: Rounds, database: Database) -> None:
    await rounds.begin(a_round())
    await rounds.guess(HERE, 1, Guess(ANN, "Ann", 2))
    await rounds.finish(a_round())
    await rounds.begin(a_round(message_id=2))
    assert await Chats(database).migrate(*HERE, -1000)
    moved = ChatKey(77, -1000)
    assert await rounds.scores(moved) == [Score("Ann", 1, 1)]
    assert await rounds.scores(HERE) == []
    assert await rounds.next_end(77) is None  # its message is of the old group
    [part] = [part async for part in export(database, moved)]
    assert b'"name": "Ann"' in part.content
