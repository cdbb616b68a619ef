"""Slow work beside the network's."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from bot.inference.errors import BusyError, StoppedError
from bot.inference.worker import MOST_ASIDE, NICENESS, Worker
from tests.bot.fake_engine import FakeEngine
from tests.bot.inference.test_worker import Gate


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(FakeEngine(), timeout_s=20)
    worker.start()
    yield worker
    await worker.stop()


async def begun(worker: Worker) -> tuple[Gate, "asyncio.Task[str]"]:
    gate = Gate()
    task = asyncio.create_task(worker.aside(gate))
    assert await asyncio.to_thread(gate.entered.wait, 10)
    return gate, task


async def test_photos_are_read_while_something_slow_goes_on(worker: Worker) -> None:
    gate, task = await begun(worker)
    reading = await worker.read(Image.new("RGB", (4, 4), "red"))
    assert reading.captions[0].text == "a red wall"
    assert not task.done()
    gate.opened.set()
    assert await task == "through"


async def test_slow_things_take_turns_and_too_many_are_refused(worker: Worker) -> None:
    gate, task = await begun(worker)
    order: list[int] = []
    others = [asyncio.create_task(worker.aside(order.append, number)) for number in range(MOST_ASIDE - 1)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await worker.aside(order.append, -1)
    assert order == []
    gate.opened.set()
    await asyncio.gather(task, *others)
    assert order == list(range(MOST_ASIDE - 1))
    await worker.aside(order.append, 99)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux threads have a priority of their own")
async def test_they_yield_to_everything_else(worker: Worker) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)

    def own_priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    assert await worker.aside(own_priority) == min(before + NICENESS, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


async def test_what_waits_at_the_end_hears_of_it(worker: Worker) -> None:
    gate, task = await begun(worker)
    waiting = asyncio.create_task(worker.aside(int))
    await asyncio.sleep(0)
    await worker.stop()
    with pytest.raises(StoppedError):
        await waiting
    with pytest.raises(StoppedError):
        await worker.aside(int)
    gate.opened.set()
    assert await task == "through"
