import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram.error import NetworkError

from bot.background import Background
from tests.bot.conftest import until


class Steps:
    """Steps that are counted; each gives the pause that a test sets, or raises its error."""

    def __init__(self) -> None:
        self.taken = 0
        self.pause_s: float | None = None
        self.error: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def step(self) -> float | None:
        self.taken += 1
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return self.pause_s


@pytest.fixture
async def background() -> AsyncIterator[Background]:
    background = Background("The work could not be done", retry_s=0.01)
    yield background
    await background.stop()


async def test_it_goes_on_after_the_pause_that_a_step_gives(background: Background) -> None:
    steps = Steps()
    steps.pause_s = 0.0
    background.start(steps.step)
    await until(lambda: steps.taken > 3)


async def test_without_a_pause_it_waits_until_it_is_woken_from_any_thread(background: Background) -> None:
    steps = Steps()
    background.wake()  # there is nothing yet to be woken
    background.start(steps.step)
    await until(lambda: steps.taken == 1)
    await asyncio.sleep(0.05)
    assert steps.taken == 1
    await asyncio.to_thread(background.wake)
    await until(lambda: steps.taken == 2)
    steps.go_on.clear()
    background.wake()
    await until(lambda: steps.taken == 3)
    background.wake()  # amid a step: it may have looked already
    await asyncio.sleep(0)
    steps.go_on.set()
    await until(lambda: steps.taken == 4)


@pytest.mark.parametrize(
    ("error", "traceback"), [(OSError("no room"), True), (NetworkError("no line"), False)]
)
async def test_a_failure_is_logged_and_the_step_is_taken_again(
    background: Background, caplog: pytest.LogCaptureFixture, error: Exception, traceback: bool
) -> None:
    steps = Steps()
    steps.error = error
    background.start(steps.step)
    await until(lambda: steps.taken > 2)
    assert f"The work could not be done ({error}); next try in 0.01 s" in caplog.text
    assert ("Traceback" in caplog.text) == traceback


@pytest.mark.parametrize("patience_s", [0.0, 0.05])
async def test_a_step_that_does_not_end_is_broken_off(background: Background, patience_s: float) -> None:
    steps = Steps()
    steps.go_on.clear()
    background.start(steps.step)
    await until(lambda: steps.taken == 1)
    await background.stop(patience_s=patience_s)
    await background.stop()
    assert steps.taken == 1


async def test_with_patience_the_step_in_hand_is_the_last(background: Background) -> None:
    steps, ended = Steps(), []
    steps.pause_s = 0.0
    steps.go_on.clear()

    async def step() -> float | None:
        pause_s = await steps.step()
        ended.append(pause_s)
        return pause_s

    background.start(step)
    await until(lambda: steps.taken == 1)
    stopping = asyncio.create_task(background.stop(patience_s=10))
    await asyncio.sleep(0)
    steps.go_on.set()
    await stopping
    assert (steps.taken, ended) == (1, [0.0])


async def test_stopped_before_it_began_it_is_harmless() -> None:
    background = Background("Nothing", retry_s=1)
    await background.stop()
