import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.delivery.turn import State, Turn, UpdateKey, begin_turn
from bot.inference.errors import BusyError, StoppedError, TooSlowError
from bot.inference.worker import Worker
from onenet.errors import PhotoError
from tests.bot.fake_engine import FakeEngine

RED, GREEN, BLUE = (Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue"))
UNLUCKY = Image.new("RGB", (13, 13), "red")


class Gate:
    """A job that occupies the network's thread until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        assert self.opened.wait(10)
        return "through"


async def unmarked(keys: Sequence[UpdateKey], state: State) -> None:
    """Nothing is noted."""


def turn_of(chat_id: int, user_id: int = 0) -> Turn:
    return Turn(UpdateKey(77, 1), unmarked, chat_id=chat_id, user_id=user_id)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def worker(engine: FakeEngine) -> AsyncIterator[Worker]:
    worker = Worker(engine, queue_size=6, batch_size=4, timeout_s=10)
    worker.start()
    yield worker
    await worker.stop()


async def occupy(worker: Worker) -> tuple[Gate, "asyncio.Task[str]"]:
    gate = Gate()
    task = asyncio.create_task(worker.call(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    return gate, task


async def started(*awaitables: "asyncio.Task[object]") -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_photo_is_read(worker: Worker) -> None:
    reading = await worker.read(RED)
    assert reading.representation.shape == (300,)
    assert [caption.text for caption in reading.captions][:2] == ["a red wall", "a red wall in the sun"]
    assert len(reading.captions) == 5


async def test_photos_that_wait_together_become_one_batch_in_their_order(
    worker: Worker, engine: FakeEngine
) -> None:
    gate, busy = await occupy(worker)
    tasks = [asyncio.create_task(worker.read(photo)) for photo in (RED, GREEN, BLUE)]
    await started()
    gate.opened.set()
    readings = await asyncio.gather(*tasks)
    assert [reading.captions[0].text for reading in readings] == ["a red wall", "a green wall", "a blue wall"]
    assert engine.batches == [3]
    assert engine.caption_calls == 1
    assert await busy == "through"


async def test_a_batch_has_a_largest_size_and_passes_over_functions(
    worker: Worker, engine: FakeEngine
) -> None:
    gate, busy = await occupy(worker)
    order: list[str] = []
    tasks = [asyncio.create_task(worker.read(RED))]
    await started()
    call = asyncio.create_task(worker.call(lambda: order.append(f"after {len(engine.batches)} batches")))
    await started()
    tasks += [asyncio.create_task(worker.read(RED)) for _ in range(4)]
    await started()
    gate.opened.set()
    await asyncio.gather(*tasks, call, busy)
    assert engine.batches == [4, 1]
    assert order == ["after 1 batches"]


async def test_an_album_is_one_batch_and_a_bad_photo_leaves_its_error_in_its_place(
    worker: Worker, engine: FakeEngine
) -> None:
    assert await worker.read_all([]) == []
    readings = await worker.read_all([RED, GREEN, BLUE, RED])
    assert engine.batches == [4]
    assert [each.captions[0].text for each in readings if not isinstance(each, PhotoError)] == [
        "a red wall",
        "a green wall",
        "a blue wall",
        "a red wall",
    ]
    red, unlucky = await worker.read_all([RED, UNLUCKY])
    assert not isinstance(red, PhotoError)
    assert isinstance(unlucky, PhotoError)


async def test_an_album_is_one_question_for_the_limit(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    tasks = [asyncio.create_task(worker.read_all([RED] * 10)) for _ in range(5)]
    await started()
    assert worker.waiting == 5
    last = asyncio.create_task(worker.read(RED))
    await started()
    for refused in (worker.read(RED), worker.read_all([RED] * 2)):
        with pytest.raises(BusyError):
            await refused
    gate.opened.set()
    assert [len(readings) for readings in await asyncio.gather(*tasks)] == [10] * 5
    await asyncio.gather(busy, last)


async def test_an_album_given_up_costs_nothing(worker: Worker, engine: FakeEngine) -> None:
    gate, busy = await occupy(worker)
    task = asyncio.create_task(worker.read_all([RED] * 3))
    await started()
    task.cancel()
    await asyncio.wait([task])
    gate.opened.set()
    await busy
    await worker.read(BLUE)
    assert engine.batches == [1]


async def test_everything_runs_on_one_thread_that_is_not_the_loops(worker: Worker) -> None:
    threads = {await worker.call(threading.get_ident) for _ in range(3)}
    threads.add(await worker.background(threading.get_ident))
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert await worker.decode(threading.get_ident) not in threads


async def test_the_loop_is_free_meanwhile(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    await asyncio.sleep(0)
    assert not busy.done()
    gate.opened.set()
    await busy


async def test_a_bad_photo_does_not_spoil_its_batch(worker: Worker, engine: FakeEngine) -> None:
    gate, busy = await occupy(worker)
    tasks = [asyncio.create_task(worker.read(photo)) for photo in (RED, UNLUCKY, BLUE)]
    await started()
    gate.opened.set()
    red, unlucky, blue = await asyncio.gather(*tasks, return_exceptions=True)
    assert not isinstance(red, BaseException)
    assert not isinstance(blue, BaseException)
    assert (red.captions[0].text, blue.captions[0].text) == ("a red wall", "a blue wall")
    assert isinstance(unlucky, PhotoError)
    assert engine.batches == [3, 1, 1, 1]
    await busy


async def test_an_error_reaches_the_one_who_asked_and_the_thread_lives_on(worker: Worker) -> None:
    def fail() -> None:
        raise ZeroDivisionError("on purpose")

    with pytest.raises(ZeroDivisionError):
        await worker.call(fail)
    with pytest.raises(ZeroDivisionError):
        await worker.background(fail)
    with pytest.raises(ZeroDivisionError):
        await worker.decode(fail)
    assert await worker.call(max, 1, 2) == 2


async def test_a_full_queue_says_when_to_come_back(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    waiting = [asyncio.create_task(worker.read(RED)) for _ in range(6)]
    await started()
    for refused in (worker.read(RED), worker.call(max, 1, 2), worker.decode(max, 1, 2)):
        with pytest.raises(BusyError, match=r"try again in \d+ s") as caught:
            await refused
        assert 1 <= caught.value.wait_s <= 6
    gate.opened.set()
    await asyncio.gather(busy, *waiting)
    assert await worker.call(max, 1, 2) == 2


async def test_the_wait_follows_the_measured_speed(engine: FakeEngine) -> None:
    worker = Worker(engine, queue_size=20)
    worker.start()
    for _ in range(40):
        await worker.call(time.sleep, 0.0)
    gate, busy = await occupy(worker)
    waiting = [asyncio.create_task(worker.call(max, 1, 2)) for _ in range(20)]
    await started()
    with pytest.raises(BusyError) as caught:
        worker.raise_if_full()
    assert caught.value.wait_s == 1  # 20 jobs of next to no time; the first guess would say 10
    gate.opened.set()
    await asyncio.gather(busy, *waiting)
    await worker.stop()


async def test_a_cancelled_question_costs_nothing(worker: Worker, engine: FakeEngine) -> None:
    gate, busy = await occupy(worker)
    kept, dropped = (asyncio.create_task(worker.read(RED)) for _ in range(2))
    await started()
    dropped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dropped
    gate.opened.set()
    await asyncio.gather(busy, kept)
    assert engine.batches == [1]


async def test_a_question_is_given_up_after_its_time(engine: FakeEngine) -> None:
    worker = Worker(engine, timeout_s=0.05)
    worker.start()
    gate = Gate()
    with pytest.raises(TooSlowError, match="try again"):
        await worker.call(gate)
    with pytest.raises(TooSlowError):
        await worker.read(RED)
    gate.opened.set()
    await worker.stop()
    assert engine.batches == []


async def test_background_work_waits_for_the_chat(worker: Worker) -> None:
    order: list[str] = []
    gate, busy = await occupy(worker)

    async def note(lane: Callable[..., object], name: str) -> None:
        await lane(order.append, name)  # type: ignore[misc]

    background = [asyncio.create_task(note(worker.background, "gallery")) for _ in range(2)]
    await started()
    chat = [asyncio.create_task(note(worker.call, "chat")) for _ in range(2)]
    await started()
    gate.opened.set()
    await asyncio.gather(busy, *background, *chat)
    assert order == ["chat", "chat", "gallery", "gallery"]


async def test_background_work_takes_no_place_in_the_queue(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    background = [asyncio.create_task(worker.background(max, 1, 2)) for _ in range(50)]
    await started()
    worker.raise_if_full()
    gate.opened.set()
    await asyncio.gather(busy, *background)


async def test_a_step_beside_waits_for_no_question_and_no_question_for_it(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    assert await worker.beside(max, 1, 2) == 2  # though the network is busy
    gate.opened.set()
    await busy
    let_go = threading.Event()
    step = asyncio.create_task(worker.beside(let_go.wait, 30))
    await started()
    assert await worker.call(max, 1, 2) == 2
    let_go.set()
    assert await step
    with pytest.raises(ZeroDivisionError):
        await worker.beside(divmod, 1, 0)


async def test_steps_beside_come_one_after_another_on_one_thread(worker: Worker) -> None:
    threads = await asyncio.gather(*(worker.beside(threading.get_ident) for _ in range(5)))
    assert len(set(threads)) == 1
    assert threads[0] != await worker.call(threading.get_ident)


async def test_a_step_beside_gives_way_to_a_question_until_it_is_answered(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inference.worker.MOST_WAY_S", 10.0)
    await asyncio.wait_for(worker.beside(worker.give_way), 5)  # nobody asks: it goes on at once
    gate, busy = await occupy(worker)
    step = asyncio.create_task(worker.beside(worker.give_way))
    assert not (await asyncio.wait([step], timeout=0.2))[0]
    gate.opened.set()
    await busy
    await asyncio.wait_for(step, 5)


async def test_a_step_beside_gives_way_to_photos_that_are_opened(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several, until the last one is open."""
    monkeypatch.setattr("bot.inference.worker.MOST_WAY_S", 10.0)
    gates = Gate(), Gate()
    opening = [asyncio.create_task(worker.decode(gate)) for gate in gates]
    for gate in gates:
        await asyncio.to_thread(gate.entered.wait, 10)
    step = asyncio.create_task(worker.beside(worker.give_way))
    for gate, opened in zip(gates, opening, strict=True):
        assert not (await asyncio.wait([step], timeout=0.2))[0]
        gate.opened.set()
        await opened
    await asyncio.wait_for(step, 5)


async def test_a_photo_that_cannot_be_opened_leaves_rest_behind(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.decode(divmod, 1, 0)
    assert await asyncio.to_thread(worker._rest.wait, 5)


async def test_a_question_that_never_ends_does_not_stop_a_step_beside(worker: Worker) -> None:
    gate, busy = await occupy(worker)
    await asyncio.wait_for(worker.beside(worker.give_way), 5)
    gate.opened.set()
    await busy


async def test_background_work_is_given_no_way(worker: Worker) -> None:
    gate = Gate()
    loading = asyncio.create_task(worker.background(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    assert worker._rest.wait(0)
    gate.opened.set()
    await loading


async def test_stopped_it_takes_no_step_beside(engine: FakeEngine) -> None:
    worker = Worker(engine)
    worker.start()
    let_go = threading.Event()
    step, waiting = (asyncio.create_task(worker.beside(let_go.wait, 30)) for _ in range(2))
    await started()
    await worker.stop()
    with pytest.raises(StoppedError):
        await waiting
    with pytest.raises(StoppedError):
        await worker.beside(max, 1, 2)
    let_go.set()
    assert await step


async def test_stop_answers_what_waits_and_takes_nothing_new(engine: FakeEngine) -> None:
    worker = Worker(engine)
    worker.start()
    gate, busy = await occupy(worker)
    waiting = asyncio.create_task(worker.read(RED))
    background = asyncio.create_task(worker.background(max, 1, 2))
    await started()
    stopping = asyncio.create_task(worker.stop())
    await started()
    with pytest.raises(StoppedError):
        await worker.call(max, 1, 2)
    with pytest.raises(StoppedError):
        await worker.background(max, 1, 2)
    with pytest.raises(StoppedError):
        await worker.decode(max, 1, 2)
    gate.opened.set()
    await stopping
    assert await busy == "through"
    assert (await waiting).captions[0].text == "a red wall"
    with pytest.raises(StoppedError):
        await background


async def test_stop_does_not_wait_for_ever(engine: FakeEngine) -> None:
    worker = Worker(engine)
    worker.start()
    gate, busy = await occupy(worker)
    waiting = asyncio.create_task(worker.read(RED))
    await started()
    await worker.stop(drain_s=0.05)
    with pytest.raises(StoppedError):
        await waiting
    gate.opened.set()
    await busy


async def test_the_fake_engine_is_worked_out_by_hand(engine: FakeEngine) -> None:
    [red] = engine.represent([RED])
    np.testing.assert_allclose(red[:3], np.array([256, 1, 1]) / np.linalg.norm([256, 1, 1]), atol=1e-6)
    assert engine.words.analogy("man", "men", "woman", k=1)[0].word == "women"


async def test_a_flooding_chat_delays_others_by_one_batch_at_most(engine: FakeEngine) -> None:
    """Positions, not seconds: what the network's thread did, in its order."""
    worker = Worker(engine, queue_size=200, queue_per_chat=100, batch_size=4)
    worker.start()
    order: list[str] = []

    async def ask(chat_id: int, photo: Image.Image | None = None) -> None:
        begin_turn(turn_of(chat_id))
        await (worker.call(order.append, "word") if photo is None else worker.read(photo))

    gate, busy = await occupy(worker)
    read, batches = engine.represent, []

    def represent(photos: Sequence[Image.Image]) -> NDArray[np.float32]:
        if not batches:  # while the flood's first batch is read, others come
            held.entered.set()
            assert held.opened.wait(10)
        batches.append(len(photos))
        order.extend("other" if photo is GREEN else "flood" for photo in photos)
        return read(photos)

    held = Gate()
    engine.represent = represent  # type: ignore[method-assign]
    flood = [asyncio.create_task(ask(-1, RED)) for _ in range(40)]
    await started()
    gate.opened.set()
    await asyncio.to_thread(held.entered.wait, 10)
    others = [asyncio.create_task(ask(chat)) for chat in (-2, -3)]
    others += [asyncio.create_task(ask(chat, GREEN)) for chat in (-4, -5)]
    await started()
    held.opened.set()
    await asyncio.gather(busy, *others, *flood)
    under_way, at_once = order[:4], order[4:8]
    assert under_way == ["flood"] * 4
    assert at_once == ["word", "word", "other", "other"]
    assert batches == [4] * 10 + [2]
    await worker.stop()


async def test_photos_of_several_chats_form_one_batch(worker: Worker, engine: FakeEngine) -> None:
    gate, busy = await occupy(worker)

    async def ask(chat_id: int, photo: Image.Image) -> str:
        begin_turn(turn_of(chat_id))
        return (await worker.read(photo)).captions[0].text

    tasks = [asyncio.create_task(ask(-1, RED)) for _ in range(3)]
    tasks += [asyncio.create_task(ask(chat, GREEN)) for chat in (-2, -3)]
    await started()
    gate.opened.set()
    await asyncio.gather(busy, *tasks[:1], *tasks[3:])
    assert engine.batches[0] == 4
    await asyncio.gather(*tasks)
    assert engine.batches == [4, 1]
