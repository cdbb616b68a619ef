"""Albums put together again, whatever the order and the pauses in which their parts come."""

import asyncio
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message

from bot import incoming
from bot.incoming import Album, AlbumBuffer
from tests.bot.conftest import until

QUIET_S = 0.1


def part(message_id: int, album: str = "a", chat_id: int = 5) -> Message:
    chat = Chat(chat_id, "private")
    return Message(message_id, datetime.now(UTC), chat, media_group_id=album)


class Answers:
    """Notes the albums that it is given; `held` keeps it from finishing."""

    def __init__(self) -> None:
        self.albums: list[list[int]] = []
        self.held: asyncio.Event | None = None
        self.error: Exception | None = None

    async def __call__(self, album: Album) -> None:
        self.albums.append([message.message_id for message in album.parts])
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


def join(buffer: AlbumBuffer, answers: Answers, *ids: int, album: str = "a") -> "list[asyncio.Task[None]]":
    return [asyncio.create_task(buffer.join(part(each, album), answers)) for each in ids]


async def started(answers: Answers, count: int) -> None:
    await until(lambda: len(answers.albums) >= count)


async def test_parts_in_any_order_are_answered_once_in_theirs(buffer: AlbumBuffer, answers: Answers) -> None:
    tasks = join(buffer, answers, 12, 10)
    await asyncio.sleep(QUIET_S / 2)
    tasks += join(buffer, answers, 11)
    await asyncio.gather(*tasks)
    assert answers.albums == [[10, 11, 12]]


async def test_each_album_and_each_chat_by_itself(buffer: AlbumBuffer, answers: Answers) -> None:
    other = asyncio.create_task(buffer.join(part(1, "a", chat_id=6), answers))
    await asyncio.gather(other, *join(buffer, answers, 1, 2), *join(buffer, answers, 3, album="b"))
    assert sorted(answers.albums) == [[1], [1, 2], [3]]


async def test_all_parts_wait_until_the_answer_is_out(buffer: AlbumBuffer, answers: Answers) -> None:
    answers.held = asyncio.Event()
    tasks = join(buffer, answers, 1, 2, 3)
    await started(answers, 1)
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in tasks)
    answers.held.set()
    await asyncio.gather(*tasks)


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


async def test_an_error_is_told_once(buffer: AlbumBuffer, answers: Answers) -> None:
    answers.error = ValueError("broken")
    results = await asyncio.gather(*join(buffer, answers, 1, 2, 3), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, type(None), type(None)]
    answers.error = None
    await asyncio.gather(*join(buffer, answers, 4))
    assert answers.albums == [[1, 2, 3], [1, 2, 3, 4]]


async def test_what_is_cut_off_leaves_no_part_answered(buffer: AlbumBuffer, answers: Answers) -> None:
    answers.held = asyncio.Event()
    tasks = join(buffer, answers, 1, 2, 3)
    await started(answers, 1)
    tasks[0].cancel()
    await asyncio.wait(tasks, timeout=10)
    assert all(task.cancelled() for task in tasks)


async def test_albums_are_forgotten_after_a_while(answers: Answers) -> None:
    buffer = AlbumBuffer(quiet_s=0.01, remember_s=0.05)
    for number in range(5):
        await asyncio.gather(*join(buffer, answers, 1, album=str(number)))
    await asyncio.sleep(0.06)
    await asyncio.gather(*join(buffer, answers, 2, album="0"))
    assert answers.albums[-1] == [2]
    assert len(buffer._albums) == 1


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
