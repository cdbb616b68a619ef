"""The memory's keeper, when the server will not give a photo: for now, or for good."""

from pathlib import Path

import pytest
from PIL.Image import Image

from bot.inference.worker import Worker
from bot.memory.refusals import MOST_TRIES
from bot.messages.photo import File
from bot.photos.fetching import fetch
from onenet.errors import PhotoError
from tests.bot.conftest import Bot, jpeg, running_bot, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.features.privacy.test_memory import (
    counted,
    kept_unread,
    photo_answered,
    remembering_group,
    remembers,
    settled,
)
from tests.bot.local_chat import PRIVATE, LocalChat

__all__ = ["remembers"]  # a fixture

PASSING = [
    ("getFile", 400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
    ("getFile", 401, "Unauthorized"),
    ("getFile", 403, "Forbidden"),
    ("getFile", 404, "Not Found"),
    ("download", 404, "Not Found"),
]


class Other(FakeEngine):
    fingerprint = "other"


def hurry(bot: Bot) -> None:
    """Let no minutes and no hours pass between two tries."""
    bot.services.memory_keeper._reading._retry_s = 0.01
    bot.services.memory_keeper._refusals._again_s = 0.01


@pytest.mark.parametrize(("method", "status", "description"), PASSING)
async def test_an_unread_photo_outlives_what_may_pass(
    bot: Bot, method: str, status: int, description: str
) -> None:
    hurry(bot)
    group = await remembering_group(bot)
    bot.chat.server.faults.add(method, status=status, description=description, times=MOST_TRIES - 1)
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)


@pytest.mark.parametrize(("method", "status", "description"), PASSING)
async def test_a_photo_of_another_network_outlives_what_may_pass(
    chat: LocalChat, tmp_path: Path, method: str, status: int, description: str
) -> None:
    async with running_bot(chat, tmp_path / "data", remembers=True) as bot:
        for colour in ("red", "green"):
            await photo_answered(bot, colour)
    chat.server.faults.add(method, status=status, description=description)
    async with running_bot(chat, tmp_path / "data", Other(), remembers=True) as bot:
        hurry(bot)
        bot.services.memory_keeper.wake()  # it may have begun before

        async def are_read() -> bool:
            ids = await bot.services.memory.photos.representations("other", 0, 9)
            return len(ids[0]) == 2

        await until(are_read)
        assert await counted(bot, PRIVATE) == 2


@pytest.mark.parametrize(("method", "status", "description"), PASSING)
async def test_what_is_refused_again_and_again_is_given_up(
    bot: Bot, method: str, status: int, description: str
) -> None:
    hurry(bot)
    group = await remembering_group(bot)
    bot.chat.server.faults.add(method, status=status, description=description, times=99)
    before = len(bot.requests("getFile"))
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await until(lambda: len(bot.requests("getFile")) > before)
    await settled(bot, group, 0)
    assert len(bot.requests("getFile")) - before == MOST_TRIES


async def test_a_refused_photo_waits_for_hours_and_no_other_waits_with_it(bot: Bot) -> None:
    group = await remembering_group(bot)
    bot.chat.server.faults.add("getFile", status=400, description=PASSING[0][2])
    [refused] = await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await until(lambda: len(bot.services.memory_keeper._refusals) == 1)
    await bot.chat.send_photos([jpeg("green")], chat_id=group)
    await bot.chat.send_photos([jpeg("blue")], chat_id=group)
    await kept_unread(bot, 1)
    asked = [request["file_id"] for request in bot.requests("getFile")]
    assert asked.count(refused["photo"][-1]["file_id"]) == 1
    assert (bot.services.memory_keeper._refusals.wait_s or 0) > 3600


async def test_a_definite_answer_gives_a_photo_up_at_once(bot: Bot) -> None:
    group = await remembering_group(bot)
    bot.chat.server.faults.add("getFile", status=400, description="Bad Request: invalid file_id")
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await until(lambda: bool(bot.requests("getFile")))
    await settled(bot, group, 0)


@pytest.mark.parametrize("cause", [MemoryError(), OSError(5, "Input/output error")])
async def test_what_this_machine_could_not_do_is_tried_again(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, cause: Exception
) -> None:
    hurry(bot)
    group = await remembering_group(bot)
    failed: list[str] = []

    async def failing(file: File, worker: Worker) -> Image:
        if not failed:
            failed.append(file.file_id)
            raise PhotoError("It could not be read.") from cause
        return await fetch(file, worker)

    monkeypatch.setattr("bot.memory.keeper.fetch", failing)
    await bot.chat.send_photos([jpeg("red")], chat_id=group)
    await settled(bot, group, 1)
    assert len(failed) == 1
