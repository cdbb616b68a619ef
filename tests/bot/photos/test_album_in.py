"""Albums put together again, whatever the order and the pauses in which their parts come."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message

from bot.delivery.turn import State, Turn, UpdateKey
from bot.messages.incoming import Incoming
from bot.photos import album_in as incoming
from bot.photos.album_in import Album, AlbumBuffer
from bot.store.keys import ChatKey
from tests.bot.conftest import until

QUIET_S = 0.1


def part(message_id: int, album: str = "a", chat_id: int = 5) -> Incoming:
    message = Message(message_id, datetime.now(UTC), Chat(chat_id, "private"), media_group_id=album)
    return Incoming(message, ChatKey(1, chat_id), album=album)


class Answers:
    """Notes the albums that it is given; `held` keeps it from finishing."""

    def __init__(self) -> None:
        self.albums: list[list[int]] = []
        self.held: asyncio.Event | None = None
        self.error: Exception | None = None

    async def __call__(self, album: Album) -> None:
        self.albums.append([each.message.message_id for each in album.parts])
        if self.held is not None:
            await self.held.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def buffer() -> AlbumBuffer:
    return AlbumBuffer(quiet_s=QUIET_S)


@pytest.fixture
def answers() -> Answers:
    return Answers()


class Marks(dict[int, State]):
    """What became of the updates, by the ids of their messages."""

    def turn(self, message_id: int) -> Turn:
        return Turn(UpdateKey(1, message_id), self._mark)

    async def _mark(self, keys: Sequence[UpdateKey], state: State) -> None:
        self.update({key.update_id: state for key in keys})


def join(
    buffer: AlbumBuffer, answers: Answers, *ids: int, album: str = "a", marks: Marks | None = None
) -> "list[asyncio.Task[None]]":
    """Let parts come as the dispatcher does: a handler that ends finishes what was not handed over."""
    noted = Marks() if marks is None else marks

    async def handle(message_id: int) -> None:
        turn = noted.turn(message_id)
        await buffer.join(part(message_id, album), turn, answers)
        if not turn.is_handed_over:
            await turn.finish()

    return [asyncio.create_task(handle(each)) for each in ids]


class Clock:
    """The clock, which can be put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s


async def started(answers: Answers, count: int) -> None:
    await until(lambda: len(answers.albums) >= count)


async def test_parts_in_any_order_are_answered_once_in_theirs(answers: Answers) -> None:
    buffer = AlbumBuffer(quiet_s=1.0)  # long beside what the next part takes to come
    tasks = join(buffer, answers, 12, 10)
    await asyncio.sleep(QUIET_S / 2)
    tasks += join(buffer, answers, 11)
    await asyncio.gather(*tasks)
    assert answers.albums == [[10, 11, 12]]


async def test_each_album_and_each_chat_by_itself(buffer: AlbumBuffer, answers: Answers) -> None:
    other = asyncio.create_task(buffer.join(part(1, "a", chat_id=6), Marks().turn(9), answers))
    await asyncio.gather(other, *join(buffer, answers, 1, 2), *join(buffer, answers, 3, album="b"))
    assert sorted(answers.albums) == [[1], [1, 2], [3]]


async def test_no_part_is_answered_before_the_answer_is_out(buffer: AlbumBuffer, answers: Answers) -> None:
    answers.held, marks = asyncio.Event(), Marks()
    tasks = join(buffer, answers, 1, 2, 3, marks=marks)
    await started(answers, 1)
    assert [task.done() for task in tasks] == [False, True, True]  # those that follow hold no place
    assert marks == {}
    answers.held.set()
    await asyncio.gather(*tasks)
    assert marks == {1: "answered", 2: "answered", 3: "answered"}


async def test_a_part_that_comes_late_is_answered_after_the_others(
    buffer: AlbumBuffer, answers: Answers
) -> None:
    answers.held = asyncio.Event()
    tasks = join(buffer, answers, 2, 3)
    await started(answers, 1)
    tasks += join(buffer, answers, 1)
    await asyncio.sleep(2 * QUIET_S)
    assert answers.albums == [[2, 3]]
    answers.held.set()
    await asyncio.gather(*tasks)
    await asyncio.gather(*join(buffer, answers, 4))
    assert answers.albums == [[2, 3], [1, 2, 3], [1, 2, 3, 4]]


async def test_ten_parts_are_all_there_can_be(answers: Answers) -> None:
    buffer = AlbumBuffer(quiet_s=60)
    tasks = join(buffer, answers, *range(9))
    await asyncio.sleep(QUIET_S)
    assert answers.albums == []
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, *join(buffer, answers, 9))
    assert answers.albums == [list(range(10))]


async def test_an_error_is_told_once_and_the_album_can_be_tried_again(
    buffer: AlbumBuffer, answers: Answers
) -> None:
    answers.error, marks = ValueError("broken"), Marks()
    results = await asyncio.gather(*join(buffer, answers, 1, 2, 3, marks=marks), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, type(None), type(None)]
    assert marks == {}
    answers.error = None
    await asyncio.gather(*join(buffer, answers, 1))
    assert answers.albums == [[1, 2, 3], [1, 2, 3]]


async def test_what_is_cut_off_leaves_no_part_answered(buffer: AlbumBuffer, answers: Answers) -> None:
    answers.held, marks = asyncio.Event(), Marks()
    tasks = join(buffer, answers, 1, 2, 3, marks=marks)
    await started(answers, 1)
    tasks[0].cancel()
    await asyncio.wait(tasks, timeout=10)
    assert tasks[0].cancelled()
    assert marks == {}


async def test_albums_are_forgotten_after_a_while(answers: Answers) -> None:
    buffer = AlbumBuffer(quiet_s=0.01, remember_s=0.05)
    for number in range(5):
        await asyncio.gather(*join(buffer, answers, 1, album=str(number)))
    await asyncio.sleep(0.06)
    await asyncio.gather(*join(buffer, answers, 2, album="0"))
    assert answers.albums[-1] == [2]
    assert len(buffer._albums) == 1


@pytest.mark.parametrize("most_albums", [0, 1000])
async def test_an_album_whose_answer_is_owed_is_whole_however_late_it_is_tried_again(
    buffer: AlbumBuffer, answers: Answers, monkeypatch: pytest.MonkeyPatch, most_albums: int
) -> None:
    clock = Clock()
    monkeypatch.setattr(incoming, "time", clock)
    monkeypatch.setattr(incoming, "MAX_ALBUMS", most_albums)
    answers.error, turn = ValueError("no connection"), Marks().turn(1)
    first = asyncio.create_task(buffer.join(part(1), turn, answers))
    await asyncio.gather(first, *join(buffer, answers, 2, 3), return_exceptions=True)
    answers.error = None
    clock.ahead_s += 600
    await asyncio.gather(*join(buffer, answers, 1, album="another"))
    await buffer.join(part(1), turn, answers)
    assert answers.albums == [[1, 2, 3], [1], [1, 2, 3]]
    await turn.finish()
    clock.ahead_s += 600
    await asyncio.gather(*join(buffer, answers, 1, album="third"))
    assert len(buffer._albums) == 1  # nothing is owed any more


async def test_there_are_never_too_many_albums_and_none_is_lost(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MAX_ALBUMS", 20)
    buffer = AlbumBuffer(quiet_s=0.01)
    for number in range(100):
        await asyncio.gather(*join(buffer, answers, 1, 2, album=str(number)))
        assert len(buffer._albums) <= 21
    waiting = [task for number in range(50) for task in join(buffer, answers, 1, album=f"new {number}")]
    await asyncio.gather(*waiting)
    assert len(answers.albums) == 150
