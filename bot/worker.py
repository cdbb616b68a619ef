"""Worker: the one place where threads appear; the network's work off the event loop, photos in batches."""

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.engine import Caption
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CAPTIONS = 5  # kept for the button "Another caption"
DECODERS = 2
FIRST_GUESS_S = 0.5  # a job's time before one has been measured
NEW_MEASURE_WEIGHT = 0.2


class BusyError(OneNetError):
    """The queue is full.

    Attributes:
        wait_s: Seconds after which there should be room.
    """

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(f"Many are asking me at once. Please try again in {wait_s} s.")


class TooSlowError(OneNetError):
    """A job did not finish in time."""

    def __init__(self) -> None:
        super().__init__("That took too long, so I stopped. Please try again in a minute.")


class StoppedError(OneNetError):
    """The bot is about to end."""

    def __init__(self) -> None:
        super().__init__("I am being restarted. Please try again in a minute.")


class Reader(Protocol):
    """The part of `onenet.engine.Engine` that reads photos."""

    def represent(self, photos: Sequence[Image]) -> NDArray[np.float32]:
        """Return shape (B, D) for B photos."""
        ...

    def caption(
        self, representations: NDArray[np.float32], *, beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Return n captions for each of B representations."""
        ...


@dataclass(frozen=True)
class Reading:
    """What the network made of a photo.

    Attributes:
        representation: Shape (D,), float32, unit length.
        captions: Best first, distinct.
    """

    representation: NDArray[np.float32]
    captions: list[Caption]


@dataclass(frozen=True)
class _Job:
    """Either a photo to read or a function to call."""

    future: "Future[Any]"
    photo: Image | None = None
    function: Callable[[], Any] | None = None
    in_background: bool = False


class Worker:
    """Runs the network on one thread of its own, questions of the chat before background work.

    Args:
        engine: Reads photos; used on the worker's thread alone.
        queue_size: Questions that may wait; one more gets a BusyError.
        batch_size: Photos that go through the network together at most.
        beam_size: Beams of the caption search.
        timeout_s: After that long a question is given up.
    """

    def __init__(
        self,
        engine: Reader,
        *,
        queue_size: int = 64,
        batch_size: int = 8,
        beam_size: int = 5,
        timeout_s: float = 120.0,
    ) -> None:
        self._engine = engine
        self._queue_size = queue_size
        self._batch_size = batch_size
        self._beam_size = beam_size
        self._timeout_s = timeout_s
        self._jobs: deque[_Job] = deque()
        self._background_jobs: deque[_Job] = deque()
        self._news = threading.Condition()
        self._stopping = False
        self._job_s = FIRST_GUESS_S
        self._decoding = 0
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self, *, drain_s: float = 10.0) -> None:
        """Finish the questions that wait, drop the background work, end the threads.

        Args:
            drain_s: Questions that are still waiting after that long get a StoppedError.
        """
        with self._news:
            self._stopping = True
            _cancel(self._background_jobs)
            self._news.notify()
        self._decoders.shutdown(wait=False, cancel_futures=True)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, drain_s)
        with self._news:
            _cancel(self._jobs)

    async def read(self, photo: Image) -> Reading:
        """Represent and caption a photo; photos that wait together go through the network as one batch.

        Raises:
            BusyError: If the queue is full.
            TooSlowError: If it takes longer than the timeout.
        """
        reading: Reading = await self._answer(self._enqueue(photo=photo))
        return reading

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the network on its thread.

        Raises:
            BusyError: If the queue is full.
            TooSlowError: If it takes longer than the timeout.
        """
        result: T = await self._answer(self._enqueue(function=lambda: function(*args, **kwargs)))
        return result

    async def background(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function on the network's thread when no question waits. Keep each one short."""
        job = _Job(Future(), function=lambda: function(*args, **kwargs), in_background=True)
        with self._news:
            if self._stopping:
                raise StoppedError
            self._background_jobs.append(job)
            self._news.notify()
        result: T = await asyncio.wrap_future(job.future)
        return result

    async def decode(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that needs the processor but not the network, such as opening a photo.

        Raises:
            BusyError: If too many wait already.
        """
        self.raise_if_full()
        self._decoding += 1
        try:
            future = self._decoders.submit(function, *args, **kwargs)
        except RuntimeError:  # shut down
            self._decoding -= 1
            raise StoppedError from None
        try:
            return await self._answer(future)
        finally:
            self._decoding -= 1

    @property
    def waiting(self) -> int:
        """Questions that wait for their turn."""
        return len(self._jobs) + self._decoding

    def raise_if_full(self) -> None:
        """Find out before the work begins, such as a download, whether there is room.

        Raises:
            BusyError: If there is none.
        """
        if self.waiting >= self._queue_size:
            raise BusyError(max(1, math.ceil(self.waiting * self._job_s)))

    def _enqueue(
        self, *, photo: Image | None = None, function: Callable[[], Any] | None = None
    ) -> "Future[Any]":
        self.raise_if_full()
        job = _Job(Future(), photo, function)
        with self._news:
            if self._stopping:
                raise StoppedError
            self._jobs.append(job)
            self._news.notify()
        return job.future

    async def _answer(self, future: "Future[T]") -> T:
        """Wait for a job; giving up cancels it, so that it costs nothing when it has not begun."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise TooSlowError from None
        except asyncio.CancelledError:
            if self._stopping and not _is_cancelled(asyncio.current_task()):
                raise StoppedError from None
            raise

    def _run(self) -> None:
        while jobs := self._next_jobs():
            begun = time.monotonic()
            if jobs[0].photo is not None:
                self._read_batch(jobs)
            else:
                _fulfil(jobs[0])
            if not jobs[0].in_background:
                job_s = (time.monotonic() - begun) / len(jobs)
                self._job_s += NEW_MEASURE_WEIGHT * (job_s - self._job_s)

    def _next_jobs(self) -> list[_Job]:
        """Wait for work: photos up to a batch, or one function; nothing when it is time to end."""
        with self._news:
            while True:
                jobs = self._take()
                if jobs or (self._stopping and not self._jobs):
                    return jobs
                self._news.wait()

    def _take(self) -> list[_Job]:
        while self._jobs:
            first = self._jobs.popleft()
            if not first.future.set_running_or_notify_cancel():
                continue
            return [first] if first.photo is None else [first, *self._take_photos(self._batch_size - 1)]
        while self._background_jobs:
            job = self._background_jobs.popleft()
            if job.future.set_running_or_notify_cancel():
                return [job]
        return []

    def _take_photos(self, count: int) -> list[_Job]:
        """Take photos from anywhere in the queue; one behind a function need not wait for the next batch."""
        photos = [job for job in self._jobs if job.photo is not None][:count]
        for job in photos:
            self._jobs.remove(job)
        return [job for job in photos if job.future.set_running_or_notify_cancel()]

    def _read_batch(self, jobs: Sequence[_Job]) -> None:
        photos = [job.photo for job in jobs if job.photo is not None]
        try:
            readings = self._read(photos)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            logger.warning("A batch of %d photos failed; reading them one by one", len(jobs), exc_info=True)
            for job in jobs:
                self._read_batch([job])
            return
        for job, reading in zip(jobs, readings, strict=True):
            job.future.set_result(reading)

    def _read(self, photos: Sequence[Image]) -> list[Reading]:
        representations = self._engine.represent(photos)
        captions = self._engine.caption(
            representations, beam_size=self._beam_size, n=min(CAPTIONS, self._beam_size)
        )
        return [Reading(row, found) for row, found in zip(representations, captions, strict=True)]


def _fulfil(job: _Job) -> None:
    assert job.function is not None
    try:
        result = job.function()
    except BaseException as error:  # whoever waits for the job must hear of it, whatever it is
        job.future.set_exception(error)
    else:
        job.future.set_result(result)


def _cancel(jobs: "deque[_Job]") -> None:
    while jobs:
        jobs.popleft().future.cancel()


def _is_cancelled(task: "asyncio.Task[Any] | None") -> bool:
    return task is not None and task.cancelling() > 0
