"""Dreams beside the chats' questions: whose turn it is, how long one may take, what it never delays."""

import asyncio
import contextlib
import io
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.features.dream import service as dreams_module
from bot.features.dream.service import MOST_WAITING, SENT_PX, ChatDreamsError, Dream, Dreams, ManyDreamsError
from bot.inference.errors import StoppedError, TooSlowError
from bot.inference.worker import Worker
from bot.store.keys import ChatKey
from onenet.engine import Engine
from onenet.search import WordsQuery
from tests.bot.conftest import until
from tests.bot.fake_engine import FakeEngine

RED = Image.new("RGB", (4, 4), "red")


class NotingEngine(FakeEngine):
    """Notes in which order it works; each step of a dream waits until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.steps_allowed = threading.Semaphore(0)

    def dream(self, imagined: WordsQuery, **settings: Any) -> Any:
        for step in super().dream(imagined, **settings):
            self.notes.append(imagined.description)
            assert self.steps_allowed.acquire(timeout=10)
            yield step

    def represent(self, photos: Sequence[Any]) -> NDArray[np.float32]:
        self.notes.append("photo")
        return super().represent(photos)


@pytest.fixture
def engine() -> NotingEngine:
    return NotingEngine()


@pytest.fixture
async def worker(engine: NotingEngine) -> AsyncIterator[Worker]:
    worker = Worker(engine)
    worker.start()
    yield worker
    engine.steps_allowed.release(1000)
    await worker.stop()


@pytest.fixture
def dreams(engine: NotingEngine, worker: Worker) -> Dreams:
    return Dreams(cast(Engine, engine), worker)


def key(chat_id: int) -> ChatKey:
    return ChatKey(77, chat_id)


async def dreaming(dreams: Dreams, engine: FakeEngine, chat_id: int, colour: str = "red") -> Dream:
    """Dream for a chat, from the wait in line to the end."""
    with dreams.expecting(key(chat_id)) as dream:
        await dreams.dream(dream, engine.imagine(colour))
    return dream


async def begun(engine: NotingEngine, count: int) -> None:
    """Return when so many things have been noted."""
    await until(lambda: len(engine.notes) >= count)


async def test_a_dream_goes_step_by_step_and_is_looked_at(dreams: Dreams, engine: NotingEngine) -> None:
    engine.steps_allowed.release(4)
    dream = await dreaming(dreams, engine, 1)
    assert engine.notes == ["red"] * 4
    dreamt = await dreams.look_at(dream, engine.imagine("red"))
    assert (dreamt.seen.caption, dreamt.is_whole) == ("a red wall", True)
    assert dreamt.seen.cosine > 0.99
    with Image.open(io.BytesIO(dreamt.picture)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (SENT_PX, SENT_PX))
        red, green, blue = cast(tuple[int, int, int], picture.getpixel((400, 400)))
        assert red > 240
        assert max(green, blue) < 15


async def test_a_question_waits_for_no_step_of_a_dream(
    dreams: Dreams, engine: NotingEngine, worker: Worker
) -> None:
    task = asyncio.create_task(dreaming(dreams, engine, 1))
    await begun(engine, 1)
    assert (await worker.read(RED)).captions[0].text == "a red wall"  # though the step is not over
    assert engine.notes == ["red", "photo"]
    engine.steps_allowed.release(4)
    await task
    assert engine.notes == ["red", "photo", "red", "red", "red"]


async def test_chats_dream_one_after_another_in_their_order(dreams: Dreams, engine: NotingEngine) -> None:
    engine.dream_steps = 2
    tasks = [
        asyncio.create_task(dreaming(dreams, engine, chat, colour))
        for chat, colour in enumerate(("red", "green", "blue"), 1)
    ]
    await begun(engine, 1)
    assert [dreams.before(dream) for dream in dreams.open] == [0, 1, 2]
    engine.steps_allowed.release(6)
    ended = await asyncio.gather(*tasks)
    assert engine.notes == ["red", "red", "green", "green", "blue", "blue"]
    assert [dream.share for dream in ended] == [1.0, 1.0, 1.0]
    assert not dreams.open


async def test_one_a_chat_and_few_in_all(dreams: Dreams) -> None:
    with contextlib.ExitStack() as stack:
        for chat in range(1 + MOST_WAITING):
            stack.enter_context(dreams.expecting(key(chat)))
        with pytest.raises(ChatDreamsError, match="already"), dreams.expecting(key(0)):
            pass
        with pytest.raises(ManyDreamsError, match="ask again in a few minutes"):
            stack.enter_context(dreams.expecting(key(9)))
        assert len(dreams.open) == 1 + MOST_WAITING
    assert not dreams.open
    with dreams.expecting(key(9)):
        assert len(dreams.open) == 1


async def test_who_is_stopped_in_line_leaves_it_without_a_step(dreams: Dreams, engine: NotingEngine) -> None:
    first, second, third = (
        asyncio.create_task(dreaming(dreams, engine, chat, colour))
        for chat, colour in enumerate(("red", "green", "blue"), 1)
    )
    await begun(engine, 1)
    assert dreams.open.stop(key(2))
    assert not dreams.open.stop(key(9))
    assert (await second).step is None
    assert [dreams.before(dream) for dream in dreams.open] == [0, 1]
    engine.steps_allowed.release(8)
    await asyncio.gather(first, third)
    assert "green" not in engine.notes


async def test_a_stopped_dream_ends_at_its_next_step(dreams: Dreams, engine: NotingEngine) -> None:
    task = asyncio.create_task(dreaming(dreams, engine, 1))
    engine.steps_allowed.release(1)
    await begun(engine, 2)
    dreams.open.stop(key(1))
    engine.steps_allowed.release(9)
    dream = await task
    assert (dream.share, engine.notes) == (0.5, ["red", "red"])


async def test_when_its_time_is_up_it_is_what_it_is(
    dreams: Dreams, engine: NotingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dreams_module, "MOST_S", 1.0)
    engine.steps_allowed.release(1)
    dream = await dreaming(dreams, engine, 1)
    assert dream.share == 0.25
    engine.steps_allowed.release(9)
    dreamt = await dreams.look_at(dream, engine.imagine("red"))
    assert (dreamt.seen.caption, dreamt.is_whole) == ("a red wall", False)


async def test_a_dream_that_never_gets_a_step_is_given_up(
    dreams: Dreams, engine: NotingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dreams_module, "MOST_S", 0.1)
    with pytest.raises(TooSlowError, match="try again"):
        await dreaming(dreams, engine, 1)
    assert not dreams.open
    engine.steps_allowed.release(9)


async def test_a_dream_of_a_bot_that_ends_is_given_up(
    dreams: Dreams, engine: NotingEngine, worker: Worker
) -> None:
    task = asyncio.create_task(dreaming(dreams, engine, 1))
    await begun(engine, 1)
    stopping = asyncio.create_task(worker.stop())
    await until(lambda: worker._stopping)
    engine.steps_allowed.release(9)
    with pytest.raises(StoppedError, match="restarted"):
        await task
    await stopping
    assert engine.notes == ["red"]
    assert not dreams.open
