"""A drive with photos that does not answer, as over a network: it is waited for where nothing else waits."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.inference.errors import TooSlowError
from bot.inference.worker import Worker
from bot.language import notes
from bot.language.phrases import MORE_LIKE_THIS
from bot.photos import sending
from tests.bot.conftest import Bot, all_answered, is_photo, is_text, jpeg, offered, until
from tests.bot.fake_engine import FakeEngine

HANGS_S = 20.0  # whoever waits for it where nobody should does so for no longer


class Drive:
    """A folder whose drive can be made to hang.

    Attributes:
        waiting: Names of the threads that wait for it, as often as they do.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: list[str] = []
        self._folder = str(folder)
        self._monkeypatch = monkeypatch
        self._answers = threading.Event()
        self._answers.set()

    def hang(self, *calls: tuple[Any, str]) -> None:
        self._answers.clear()
        for owner, name in calls:
            self._monkeypatch.setattr(owner, name, self._hanging(getattr(owner, name)))

    def answer(self) -> None:
        self._answers.set()
        self._monkeypatch.undo()

    def _hanging(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def wait(path: Any, *args: Any, **kwargs: Any) -> Any:
            is_here = isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self._folder)
            if is_here and not self._answers.is_set():
                self.waiting.append(threading.current_thread().name)
                self._answers.wait(HANGS_S)
            return call(path, *args, **kwargs)

        return wait


ALL_CALLS = [
    (os, "stat"),
    (os, "scandir"),
    (os.path, "exists"),
    (os.path, "isdir"),
    (shutil, "disk_usage"),
]


@pytest.fixture
def drive(bot: Bot) -> Iterator[Drive]:
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr("bot.inference.worker.GLANCE_S", 0.2)
    drive = Drive(bot.gallery, monkeypatch)
    yield drive
    drive.answer()


async def caption_of(bot: Bot, colour: str) -> dict[str, Any]:
    [sent] = await bot.chat.send_photos([jpeg(colour)])
    return await bot.chat.wait_for(is_text, after=sent)


async def test_photos_are_captioned_while_it_hangs_and_it_is_searched_when_it_answers(
    bot: Bot, drive: Drive
) -> None:
    await bot.fill_gallery("red", "green")
    drive.hang(*ALL_CALLS)
    bot.services.gallery.wake()
    await until(lambda: bool(drive.waiting))  # for the folder to be listed
    for _ in range(3):
        sent = await bot.chat.send_text("/find red")
        said = await bot.chat.wait_for(is_text, after=sent)
        assert said["text"] == notes.search_away()
    answer = await caption_of(bot, "red")
    assert answer["text"] == "A red wall"
    assert MORE_LIKE_THIS not in offered(answer)
    await bot.chat.inline("red")
    await all_answered(bot)
    assert sorted(thread.partition("_")[0] for thread in drive.waiting) == ["glance", "walk"]
    drive.answer()
    await until(lambda: not bot.services.gallery.is_away)
    sent = await bot.chat.send_text("/find red")
    await bot.chat.wait_for_all(is_photo, 2, after=sent)


async def test_found_photos_are_looked_at_beside_all_else(bot: Bot, drive: Drive) -> None:
    await bot.fill_gallery("red", "green")
    drive.hang((Path, "stat"))
    sent = await bot.chat.send_text("/find red")
    await bot.chat.wait_for(lambda m: m.get("text") == str(TooSlowError()), after=sent)
    await bot.chat.inline("red")
    await all_answered(bot)
    assert (await caption_of(bot, "red"))["text"] == "A red wall"
    assert {thread.partition("_")[0] for thread in drive.waiting} <= {"glance", "walk"}


async def test_found_photos_that_cannot_be_opened_hold_up_no_others(
    bot: Bot, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.search.album_out.OTHERS_UPLOAD_S", 0.0)
    await bot.fill_gallery("red", "green")
    drive.hang((sending, "read_photo"))
    for _ in range(3):
        await bot.chat.send_text("/find red", chat_id=await bot.chat.new_person())
    await until(lambda: len(drive.waiting) == 2)
    assert (await caption_of(bot, "blue"))["text"] == "A blue wall"
    assert {thread.partition("_")[0] for thread in drive.waiting} == {"open"}


async def test_once_all_threads_of_a_drive_hang_nobody_waits_any_more() -> None:
    worker, gate = Worker(FakeEngine(), timeout_s=0.1), threading.Event()
    for _ in range(5):  # but two of them are not even begun
        with pytest.raises(TooSlowError):
            await worker.open_file(gate.wait, HANGS_S)
    assert worker._openers._pool._work_queue.empty()
    assert await worker.decode(max, 1, 2) == 2
    gate.set()

    async def is_open() -> bool:
        try:
            return await worker.open_file(max, 1, 2) == 2
        except TooSlowError:
            return False

    await until(is_open)
    await worker.stop()
