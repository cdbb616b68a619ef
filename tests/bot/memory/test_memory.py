"""The memory: each chat's photos for this chat alone, in database and index alike."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.chats.chats import Chats
from bot.inference.reading import Reading
from bot.inference.worker import Worker
from bot.memory.memory import ERASE_AFTER_S, Memory
from bot.memory.table import PhotoMessage
from bot.memory.taught import Example, TaughtWords
from bot.store.answers import SHOWN, Answer, KeptAnswers, SheetCell
from bot.store.database import Database
from bot.store.keys import AnswerKey, ChatKey
from onenet.captions import Caption
from onenet.conversation import SearchState, Wish
from onenet.engine import Engine
from onenet.search import Searchable, SearchResult, WordsQuery
from tests.bot.fake_engine import FakeEngine

BOT = 77
ONE, OTHER = ChatKey(BOT, 1001), ChatKey(BOT, 1002)
GROUP = ChatKey(BOT, -1001)


@asynccontextmanager
async def memory_at(path: Path, engine: Any | None = None) -> AsyncIterator[Memory]:
    database, engine = Database(path), engine or FakeEngine()
    await database.open()
    worker = Worker(engine)
    worker.start()
    memory = Memory(database, worker, cast(Engine, engine), Chats(database))
    await memory.load()
    try:
        yield memory
    finally:
        await worker.stop()
        await database.close()


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        yield memory


def direction(*numbers: float) -> NDArray[np.float32]:
    vector = np.zeros(300, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


RED, PINK, GREEN = direction(1), direction(1, 0.3, 0.3), direction(0, 1)


def reading(representation: NDArray[np.float32], caption: str = "a wall") -> Reading:
    return Reading(representation, [Caption(caption, -1.0)])


def message(number: int, user: int = 5, file: str = "", album: str = "") -> PhotoMessage:
    unique = file or f"unique{number}"
    return PhotoMessage(number, user, "photo", f"id{number}", unique, f"id{number}", 1000.0 + number, album)


async def remember(
    memory: Memory, chat: ChatKey, number: int, representation: NDArray[np.float32] = RED, **details: Any
) -> str:
    return (await memory.remember(chat, message(number, **details), reading(representation))).name


async def found_by(memory: Memory, chat: ChatKey, query: NDArray[np.float32] = RED) -> list[int]:
    """Message ids of what a chat finds, best first, copies behind the photo that stands for them."""
    matches = (await memory.similar(chat, query, 100)).matches
    names = [name for match in matches for name in (match.photo, *match.copies)]
    photos = await memory.own(chat, names)
    return [photos[name].message.message_id for name in names if name in photos]


async def in_index(memory: Memory) -> set[int]:
    await memory._worker.call(memory._index.catch_up)
    return set(memory._index._vectors.ids)


async def in_database(memory: Memory) -> set[int]:
    rows = await memory._database.rows("SELECT photo_id FROM remembered_photos", ())
    return {int(row[0]) for row in rows}


async def test_a_chat_finds_its_own_photos_best_first(memory: Memory) -> None:
    await remember(memory, ONE, 1, GREEN)
    await remember(memory, ONE, 2, PINK)
    await remember(memory, ONE, 3, RED)
    await remember(memory, ONE, 4, -RED)
    assert await found_by(memory, ONE) == [3, 2]
    found = await memory.similar(ONE, PINK, 10)
    assert (found.fitting, len(found.matches)) == (2, 3)  # green is not unlike pink, but not alike either


async def test_no_chat_finds_anothers(memory: Memory) -> None:
    name = await remember(memory, ONE, 1)
    assert await found_by(memory, OTHER) == []
    assert await found_by(memory, ChatKey(BOT + 1, ONE.chat_id)) == []
    await remember(memory, OTHER, 1, GREEN)
    assert await memory.own(OTHER, [name]) == {}
    assert await memory.photos.at(OTHER, 1, "unique1") == await memory.photos.at(OTHER, 1)
    imagined = FakeEngine().imagine("red")
    assert [match.score for match in (await memory.find(OTHER, imagined, 9)).matches] == [
        pytest.approx(0, abs=0.01)
    ]


async def test_the_second_wall_holds_if_the_index_gave_a_foreign_number(memory: Memory) -> None:
    name = await remember(memory, ONE, 1)
    await remember(memory, OTHER, 2, GREEN)

    def leaking(representation: object, k: int, ids: object) -> list[tuple[int, float]]:
        memory._index.catch_up()
        return [(int(name.partition(":")[2]), 1.0)]

    memory._index.search = leaking  # type: ignore[method-assign]
    assert [match.photo for match in (await memory.similar(OTHER, RED, 5)).matches] == [name]
    assert await found_by(memory, OTHER) == []


async def test_a_description_is_ranked_by_the_engine_and_what_was_sent_is_left_out(memory: Memory) -> None:
    names = [
        await remember(memory, ONE, number, vector) for number, vector in enumerate((RED, PINK, GREEN), 1)
    ]
    found = await memory.find(ONE, FakeEngine().imagine("red"), 2)
    assert [match.photo for match in found.matches] == names[:2]
    assert (found.fits, found.fitting) == (True, 2)
    found = await memory.find(ONE, FakeEngine().imagine("red"), 5, exclude=names[:2])
    assert [match.photo for match in found.matches] == names[2:]
    assert found.fitting == 0


async def test_nothing_fits_well_is_said_of_own_photos_too(memory: Memory) -> None:
    await remember(memory, ONE, 1, GREEN)
    found = await memory.find(ONE, FakeEngine().imagine("red"), 5)
    assert (len(found.matches), found.fits) == (1, False)
    assert await memory.find(OTHER, FakeEngine().imagine("red"), 5) == SearchResult([], False)


async def test_it_ranks_in_the_order_of_the_engine(tmp_path: Path) -> None:
    class Backwards(FakeEngine):
        def find(self, imagined: WordsQuery, index: Searchable, k: int) -> SearchResult:
            matches = index.search(imagined.representation, 50)[::-1]
            rows = index.representations_of([match.photo for match in matches])
            assert rows.shape == (len(matches), 300)
            return SearchResult(matches[:k], True, 1)

    async with memory_at(tmp_path / "bot.sqlite3", Backwards()) as memory:
        names = [await remember(memory, ONE, number, vector) for number, vector in enumerate((RED, GREEN))]
        found = await memory.find(ONE, FakeEngine().imagine("red"), 5)
        assert [match.photo for match in found.matches] == names[::-1]


async def test_inline_finds_in_the_private_chat_of_the_person_alone(memory: Memory) -> None:
    await remember(memory, ONE, 1)
    await remember(memory, GROUP, 2)
    imagined = FakeEngine().imagine("red")
    [own] = await memory.find_own(BOT, ONE.chat_id, imagined, 5)
    assert (own.file_id, own.caption, own.score) == ("id1", "a wall", pytest.approx(1, abs=0.01))
    assert await memory.find_own(BOT, 1003, imagined, 5) == []
    with pytest.raises(AssertionError):
        await memory.find_own(BOT, GROUP.chat_id, imagined, 5)


async def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        for number, vector in enumerate((RED, PINK, GREEN), 1):
            await remember(memory, ONE, number, vector)
        await memory.forget(ONE, await memory.photos.at(ONE, 2))
        found = await found_by(memory, ONE)
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        assert await found_by(memory, ONE) == found == [1]
        assert await in_index(memory) == await in_database(memory)


async def test_a_photo_is_remembered_once(memory: Memory) -> None:
    first = await memory.remember(ONE, message(1), reading(RED))
    again = await memory.remember(ONE, message(1), reading(RED))
    second = await memory.remember(ONE, message(2), reading(RED))
    assert (first.is_new, first.is_first) == (True, True)
    assert (again.is_new, again.is_first, again.name) == (False, False, first.name)
    assert (second.is_new, second.is_first) == (True, False)
    assert await memory.photos.count(ONE) == 2


async def test_an_unread_photo_is_found_once_it_is_read(memory: Memory) -> None:
    photo = (await memory.remember(ONE, message(1), None)).photo
    assert await found_by(memory, ONE) == []
    assert await memory.photos.unread(BOT, 5) == [photo]
    assert await memory.photos.unread(BOT + 1, 5) == []
    assert await memory.set_reading(photo, RED, Caption("a red wall", 0.0))
    assert await found_by(memory, ONE) == [1]
    assert not (await memory.remember(ONE, message(1), None)).is_new  # nor is it unread again
    assert await found_by(memory, ONE) == [1]


async def test_a_photo_forgotten_while_it_is_read_stays_forgotten(memory: Memory) -> None:
    photo = (await memory.remember(ONE, message(1), None)).photo
    await memory.forget_chat(ONE)
    assert not await memory.set_reading(photo, RED, Caption("a red wall", 0.0))
    assert await in_index(memory) == await in_database(memory) == set()


async def test_a_copy_points_to_the_photo_before_it(memory: Memory) -> None:
    first = await memory.remember(ONE, message(1), reading(RED))
    await memory.remember(OTHER, message(2), reading(direction(1, 0.01)))
    copy = await memory.remember(ONE, message(3), reading(direction(1, 0.02)))
    another = await memory.remember(ONE, message(4), reading(PINK))
    assert await memory.seen_before(first.photo) is None
    seen = await memory.seen_before(copy.photo)
    assert seen is not None
    assert seen.photo_id == first.photo.photo_id
    assert await memory.seen_before(another.photo) is None


async def test_the_same_file_is_a_copy_whatever_the_network_thinks(memory: Memory) -> None:
    first = await memory.remember(ONE, message(1, file="same"), reading(RED))
    await memory.remember(OTHER, message(2, file="same"), reading(GREEN))
    again = await memory.remember(ONE, message(3, file="same"), reading(GREEN))
    seen = await memory.seen_before(again.photo)
    assert seen is not None
    assert seen.photo_id == first.photo.photo_id


async def test_the_photos_of_one_album_are_no_copies_of_each_other(memory: Memory) -> None:
    await memory.remember(ONE, message(1, album="a"), reading(RED))
    second = await memory.remember(ONE, message(2, album="a"), reading(RED))
    assert await memory.seen_before(second.photo) is None


async def test_forgetting_takes_effect_in_database_and_index_at_once(memory: Memory) -> None:
    for number, user in ((1, 5), (2, 5), (3, 6)):
        await remember(memory, ONE, number, user=user)
    await remember(memory, OTHER, 4, user=5)
    assert await memory.forget_of(ONE, 5) == 2
    assert await found_by(memory, ONE) == [3]
    assert set(memory._index._vectors.ids) == await in_database(memory)  # the index has caught up by itself
    assert await memory.forget(OTHER, await memory.photos.at(ONE, 3)) == 0  # not another chat's
    assert await memory.forget_chat(ONE) == 1
    assert await found_by(memory, ONE) == []
    assert await found_by(memory, OTHER) == [4]


async def test_what_was_forgotten_is_in_no_file_any_more(memory: Memory) -> None:
    secret = np.random.default_rng(3).normal(size=300).astype(np.float32)
    secret /= np.linalg.norm(secret)
    for number in range(40):
        await remember(memory, ONE, number, GREEN)
    await remember(memory, ONE, 99, secret)
    key, answer = AnswerKey(*ONE, 500), Answer(secret, ("a wall",), about=99)
    await KeptAnswers(memory._database).keep(key, answer)
    assert secret.tobytes() in all_bytes(memory)
    await memory.forget(ONE, await memory.photos.at(ONE, 99))
    assert await KeptAnswers(memory._database).find(key) is None
    assert secret.tobytes() not in all_bytes(memory)
    assert await memory.photos.count(ONE) == 40


async def test_other_answers_and_taught_words_hold_nothing_of_a_forgotten_photo_either(
    memory: Memory,
) -> None:
    secret = np.random.default_rng(3).normal(size=300).astype(np.float32)
    secret /= np.linalg.norm(secret)
    name = await remember(memory, ONE, 99, secret)
    other = await remember(memory, ONE, 2, GREEN, user=6)
    sheet = (SheetCell(name, "a secret wall", 0.9, "t.me/secret"), SheetCell(other, "a green wall", 0.5))
    like = SearchState.of_words("wall", (1, 5, 2), "en").now([Wish("", photo=secret, number=1)])
    again = SearchState.load(like.dump()).now([Wish("green", token_ids=(1, 6, 2))])
    similar = Answer(secret, ("a secret wall",), about=50)  # to the photo as the bot showed it
    found = Answer(RED, ("a wall",), token_ids=(1, 5, 2), sheet=sheet)
    of_other = Answer(GREEN, ("a green wall",), about=2, search=SearchState.of_photo(GREEN))
    searches = [Answer(RED, ("a wall",), search=search) for search in (like, again)]
    kept, answers = KeptAnswers(memory._database), [found, of_other, similar, *searches]
    for number, answer in enumerate(answers):
        await kept.keep(AnswerKey(*ONE, 500 + number), answer)
        await kept.keep_beside(AnswerKey(*ONE, 500 + number), [600 + number])
        await kept.keep(AnswerKey(*OTHER, 500 + number), answer)
    taught = TaughtWords(memory._database, Chats(memory._database), memory._worker, memory._engine)
    await taught.teach(ONE, "Rex", [Example(secret, 7, 50, "secret"), Example(GREEN, 6, 2, "green")])
    assert await memory.forget(ONE, await memory.photos.at(ONE, 99)) == 1
    left = [await kept.find(AnswerKey(*ONE, 500 + number)) for number in range(len(answers))]
    assert [answer is not None for answer in left] == [True, True, False, False, False]
    assert left[0] is not None
    assert left[0].sheet == (replace(sheet[0], name="", link=""), sheet[1])
    for number in range(2, len(answers)):
        assert await kept.find(AnswerKey(*ONE, 600 + number, SHOWN)) is None
        assert await kept.find(AnswerKey(*OTHER, 500 + number)) is not None
    assert await taught.pictures(ONE) == {"Rex": "green"}
    await memory.forget_chat(OTHER)
    content = all_bytes(memory)
    half = base64.b64encode(secret.astype("<f2").tobytes())
    assert [what for what in (secret.tobytes(), half, b"secret") if what in content] == []


async def test_who_sent_a_copy_keeps_what_is_about_their_own(memory: Memory) -> None:
    await remember(memory, ONE, 1, user=5)
    await remember(memory, ONE, 2, user=6)
    kept = KeptAnswers(memory._database)
    for about in (1, 2):
        await kept.keep(AnswerKey(*ONE, 100 + about), Answer(RED, ("a wall",), about=about))
    await memory.forget_of(ONE, 5)
    assert [await kept.find(AnswerKey(*ONE, 100 + about)) is not None for about in (1, 2)] == [False, True]


def all_bytes(memory: Memory) -> bytes:
    path = memory._database.path
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


async def test_forgetting_is_done_even_while_somebody_reads(memory: Memory) -> None:
    for number in range(20):
        await remember(memory, ONE, number)

    async def read() -> None:
        for _ in range(50):
            await memory.photos.count(ONE)

    counts = await asyncio.gather(read(), memory.forget_chat(ONE), read())
    assert counts[1] == 20


async def test_answers_about_a_persons_photos_are_forgotten_with_them(memory: Memory) -> None:
    await remember(memory, ONE, 1, user=5)
    await remember(memory, ONE, 2, user=6)
    keys = {about: AnswerKey(*ONE, 100 + about) for about in (0, 1, 2)}
    for about, key in keys.items():
        answer = Answer(RED if about else GREEN, ("a wall",), about=about)
        await KeptAnswers(memory._database).keep(key, answer)
    await KeptAnswers(memory._database).keep(AnswerKey(*OTHER, 101), Answer(RED, ("a wall",), about=1))
    await memory.forget_of(ONE, 5)
    assert [about for about, key in keys.items() if await KeptAnswers(memory._database).find(key)] == [0, 2]
    await memory.forget_chat(ONE)
    assert [about for about, key in keys.items() if await KeptAnswers(memory._database).find(key)] == []
    assert await KeptAnswers(memory._database).find(AnswerKey(*OTHER, 101)) is not None


async def test_a_chat_that_was_left_is_erased_after_thirty_days(memory: Memory) -> None:
    chats = Chats(memory._database)
    for chat in (ONE, OTHER, GROUP):
        await remember(memory, chat, 1)
        await KeptAnswers(memory._database).keep(AnswerKey(*chat, 9), Answer(RED, ()))
        await chats.set_language(*chat, "de")
    await chats.leave(*ONE)
    await chats.leave(*OTHER)
    query = "UPDATE chats SET left_at = ? WHERE chat_id = ?"
    await memory._database.write(query, (time.time() - ERASE_AFTER_S - 60, ONE.chat_id))
    assert await memory.erase_left() == 1
    assert [await found_by(memory, chat) for chat in (ONE, OTHER, GROUP)] == [[], [1], [1]]
    assert await KeptAnswers(memory._database).find(AnswerKey(*ONE, 9)) is None
    assert [await chats.language_of(*chat) for chat in (ONE, OTHER)] == ["", "de"]
    assert [table for table in await tables(memory) if await names_in(memory, table, ONE)] == []
    await chats.meet(*OTHER, "private")
    await memory._database.write(query, (None, OTHER.chat_id))
    assert await memory.erase_left() == 0
    assert await in_index(memory) == await in_database(memory)


async def tables(memory: Memory) -> list[str]:
    rows = await memory._database.rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())
    return [str(row[0]) for row in rows]


async def names_in(memory: Memory, table: str, chat: ChatKey) -> bool:
    """Tell whether any row of a table is about a chat, or about the person of a private one."""
    names, rows = await memory._database.named_rows(f"SELECT * FROM {table}", ())
    columns = [column for column, name in enumerate(names) if name in ("chat_id", "user_id")]
    return any(row[column] == chat.chat_id for row in rows for column in columns)


async def test_everything_of_a_private_chat_is_its_language_too(memory: Memory) -> None:
    chats = Chats(memory._database)
    for chat in (ONE, OTHER):
        await remember(memory, chat, 1)
        await chats.set_language(*chat, "de")
    await memory.forget_chat(ONE)
    assert [await chats.language_of(*chat) for chat in (ONE, OTHER)] == ["", "de"]


async def test_a_migrated_group_keeps_its_memory_and_settings(memory: Memory) -> None:
    chats, new = Chats(memory._database), ChatKey(BOT, -1001234567890)
    await chats.meet(*GROUP, "group")
    await chats.set(*GROUP, remembers=True)
    await remember(memory, GROUP, 1)
    await KeptAnswers(memory._database).keep(AnswerKey(*GROUP, 9), Answer(RED, ("a wall",)))
    for _ in range(2):  # both chats tell of it
        await memory.migrate(BOT, GROUP.chat_id, new.chat_id)
    assert (await chats.settings(*new)).remembers
    assert await found_by(memory, new) == [1]
    assert await found_by(memory, GROUP) == []
    assert await KeptAnswers(memory._database).find(AnswerKey(*new, 9)) is not None
    [photo] = (await memory.own(new, [await remember(memory, new, 1, GREEN)])).values()  # another message 1
    assert photo.sent_in == new.chat_id
    assert await found_by(memory, new) == [1]
    assert await memory.photos.count(new) == 2


async def test_a_group_met_under_its_new_number_first_is_joined_with_the_old(memory: Memory) -> None:
    chats, new = Chats(memory._database), ChatKey(BOT, -1001234567890)
    await chats.meet(*GROUP, "group")
    await chats.set(*GROUP, remembers=True)
    await remember(memory, GROUP, 1)
    await chats.meet(*new, "supergroup")
    await remember(memory, new, 2)
    await memory.migrate(BOT, GROUP.chat_id, new.chat_id)
    assert sorted(await found_by(memory, new)) == [1, 2]
    assert (await chats.settings(*new)).remembers
    assert await memory._database.rows("SELECT chat_id FROM chats", ()) == [(new.chat_id,)]


async def test_photos_of_another_network_are_kept_but_not_found(tmp_path: Path) -> None:
    class Other(FakeEngine):
        fingerprint = "other"

    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        await remember(memory, ONE, 1)
    async with memory_at(tmp_path / "bot.sqlite3", Other()) as memory:
        assert await found_by(memory, ONE) == []
        await remember(memory, ONE, 2)
        assert await found_by(memory, ONE) == [2]
        assert await memory.photos.count(ONE) == 2
        [photo] = await memory.photos.read_by_others(BOT, "other", 0, 9)
        await memory.set_reading(photo, RED, Caption("a wall", 0.0))
        assert sorted(await found_by(memory, ONE)) == [1, 2]
    async with memory_at(tmp_path / "bot.sqlite3") as memory:
        assert await found_by(memory, ONE) == []


# --- trying hard -----------------------------------------------------------------------------------------

CHATS = [1, 2, -1, -2, -1_000_000_000_001, -1_000_000_000_002]
STEPS = st.one_of(
    st.tuples(st.just("remember"), st.sampled_from(CHATS), st.integers(1, 8), st.integers(1, 3)),
    st.tuples(st.just("unread"), st.sampled_from(CHATS), st.integers(1, 8), st.integers(1, 3)),
    st.tuples(st.just("read"), st.just(0), st.just(0), st.just(0)),
    st.tuples(st.just("forget"), st.sampled_from(CHATS), st.integers(1, 8), st.just(0)),
    st.tuples(st.just("forget mine"), st.sampled_from(CHATS), st.just(0), st.integers(1, 3)),
    st.tuples(st.just("forget all"), st.sampled_from(CHATS), st.just(0), st.just(0)),
    st.tuples(st.just("migrate"), st.sampled_from(CHATS[2:4]), st.integers(4, 5), st.just(0)),
    st.tuples(st.just("leave"), st.sampled_from(CHATS), st.just(0), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0), st.just(0)),
)
Model = dict[int, dict[tuple[int, int], tuple[int, bool]]]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_whatever_happens_no_chat_ever_sees_anothers_photo(steps: list[tuple[str, int, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_live(Path(folder) / "bot.sqlite3", steps))


async def _live(path: Path, steps: list[tuple[str, int, int, int]]) -> None:
    """Do all steps; a model, by chat (sent in, message) -> (person, was read), says what may be seen."""
    model: Model = {chat: {} for chat in CHATS}
    while steps:
        async with memory_at(path) as memory:
            while steps:
                name, chat, number, user = steps.pop(0)
                if name == "restart":
                    break
                await _step(memory, model, name, chat, number, user)
                await _check(memory, model)
    async with memory_at(path) as memory:
        await _check(memory, model)


async def _step(memory: Memory, model: Model, name: str, chat: int, number: int, user: int) -> None:
    key = ChatKey(BOT, chat)
    if name in ("remember", "unread"):
        # A caption that names the chat as the photo was sent, and a representation that all chats share.
        read = reading(direction(1, number / 100), f"{chat}") if name == "remember" else None
        await memory.remember(key, message(number, user), read)
        before = model[chat].get((chat, number), (user, False))
        model[chat][chat, number] = (before[0], before[1] or read is not None)
    elif name == "read":
        for photo in await memory.photos.unread(BOT, 99):
            caption = Caption(str(photo.sent_in), 0.0)
            await memory.set_reading(photo, direction(1, photo.message.message_id / 100), caption)
        for photos in model.values():
            photos.update({place: (sender, True) for place, (sender, _) in photos.items()})
    elif name == "forget":
        await memory.forget(key, await memory.photos.at(key, number))
        model[chat].pop((chat, number), None)
    elif name == "forget mine":
        await memory.forget_of(key, user)
        model[chat] = {place: kept for place, kept in model[chat].items() if kept[0] != user}
    elif name == "forget all":
        await memory.forget_chat(key)
        model[chat] = {}
    elif name == "migrate":
        new = CHATS[number]
        await memory.migrate(BOT, chat, new)
        model[new] = {**model[chat], **model[new]}
        model[chat] = {}
    else:
        query = "UPDATE chats SET left_at = 1 WHERE chat_id = ?"
        if await memory._database.write(query, (chat,)):
            await memory.erase_left()
            model[chat] = {}


async def _check(memory: Memory, model: Model) -> None:
    for chat, photos in model.items():
        key = ChatKey(BOT, chat)
        matches = (await memory.similar(key, RED, 1000)).matches
        names = [name for match in matches for name in (match.photo, *match.copies)]
        found = await memory.own(key, names)
        assert len(found) == len(names)
        places = {(photo.sent_in, photo.message.message_id) for photo in found.values()}
        assert places == {place for place, (_, was_read) in photos.items() if was_read}
        assert all(photo.caption == str(photo.sent_in) for photo in found.values())
        assert await memory.photos.count(key) == len(photos)
    read = "SELECT COUNT(*) FROM remembered_photos WHERE network <> ''"
    row = await memory._database.row(read, ())
    assert row is not None
    assert len(await in_index(memory)) == row[0]
