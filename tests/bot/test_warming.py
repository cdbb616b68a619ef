import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.conftest import running_bot, until
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat


async def test_what_is_needed_later_is_loaded_after_the_start(chat: LocalChat, tmp_path: Path) -> None:
    async with running_bot(chat, tmp_path / "data") as bot:
        await until(lambda: bot.engine.is_warm)


async def test_questions_come_between_the_parts_that_are_loaded(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    loaded = []

    def warm_up(engine: FakeEngine) -> Iterator[None]:
        yield
        for part in range(3):
            assert asked.wait(30)
            loaded.append(part)
            yield

    monkeypatch.setattr(FakeEngine, "warm_up", warm_up)
    async with running_bot(chat, tmp_path / "data"):
        sent = await chat.send_text("/help")  # needs nothing of the network
        assert await chat.wait_for(after=sent)
        assert loaded == []
        sent = await chat.send_text("/similar dog")
        asked.set()
        assert "puppy" in (await chat.wait_for(after=sent))["text"]
        await until(lambda: loaded == [0, 1, 2])


@pytest.mark.parametrize("parts", [0, 2])
async def test_what_cannot_be_loaded_in_advance_ends_nothing(
    chat: LocalChat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    parts: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def warm_up(engine: FakeEngine) -> Iterator[None]:
        yield
        yield from [None] * parts
        raise ValueError("a dictionary is missing")

    monkeypatch.setattr(FakeEngine, "warm_up", warm_up)
    async with running_bot(chat, tmp_path / "data"):
        sent = await chat.send_text("/similar dog")
        assert "puppy" in (await chat.wait_for(after=sent))["text"]
        await until(lambda: "could not be loaded in advance" in caplog.text)


async def test_the_bot_ends_though_not_all_is_loaded(
    chat: LocalChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def warm_up(engine: FakeEngine) -> Iterator[None]:
        while True:
            loaded.append(1)
            yield

    monkeypatch.setattr(FakeEngine, "warm_up", warm_up)
    async with running_bot(chat, tmp_path / "data"):
        await until(lambda: len(loaded) > 3)
    known = len(loaded)
    assert len(loaded) == known
