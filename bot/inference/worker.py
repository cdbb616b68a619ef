"""Worker: the one place where threads appear; the network's work off the event loop, photos in batches."""

import asyncio
import functools
import logging
import math
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from bot.delivery.turn import Trace, current_trace, current_turn
from bot.inference.errors import BusyError, StoppedError, TooSlowError
from bot.inference.fair_queue import FairQueue
from bot.inference.quotas import ChatBusyError, Limits
from bot.inference.reading import Reader, Reading
from bot.language.network import written_here
from onenet.captions import Caption
from onenet.errors import PhotoError

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

CAPTIONS = 5  # kept for the button "Another caption"
DECODERS = 2
OPENERS = 2
GLANCE_S = 10.0  # a disk that rests needs some seconds to wake up
MOST_ASIDE = 8  # slow things that may wait
NICENESS = 10  # of whoever does them
LINGER_S = 0.005  # from an opened photo to the network's work on it: what is done beside does not begin then
MOST_WAY_S = 0.03  # of giving way at a time: what is done beside goes on even if questions never end
FIRST_GUESS_S = 0.5  # a job's time before one has been measured
NEW_MEASURE_WEIGHT = 0.2
NO_CHAT = 0  # whoever asks without an update


@dataclass(frozen=True)
class _Job:
    """Either photos to read and caption, several if they are an album, or a function to call."""

    future: "Future[Any]"
    photos: tuple[Image, ...] = ()
    language: str = ""
    function: Callable[[], Any] | None = None
    in_background: bool = False
    asked_at: float = field(default_factory=time.monotonic)
    trace: Trace = field(default_factory=current_trace)


class _Rest:
    """For what is done beside: disturbed by any number of questions, there again when all are left."""

    def __init__(self) -> None:
        self._questions = 0
        self._lock = threading.Lock()
        self._undisturbed = threading.Event()
        self._undisturbed.set()

    def disturb(self) -> None:
        """Begin with a question."""
        with self._lock:
            self._questions += 1
            self._undisturbed.clear()

    def leave(self) -> None:
        """End with one."""
        with self._lock:
            self._questions -= 1
            if not self._questions:
                self._undisturbed.set()

    def wait(self, most_s: float) -> bool:
        """Wait until there is rest, for so many seconds at most; whether there is."""
        return self._undisturbed.wait(most_s)


class _Threads:
    """A few threads for what may never come back; once all of them hang, nobody waits for them any more.

    Args:
        name: Of the threads.
        count: How many there are.
    """

    def __init__(self, name: str, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._given_up: list[Future[Any]] = []

    def submit(self, function: Callable[[], T]) -> "Future[T]":
        """Let one of them call a function.

        Raises:
            StoppedError: If the bot is about to end.
            TooSlowError: If all of them are at work on what was given up.
        """
        self._given_up = [future for future in self._given_up if not future.done()]
        if len(self._given_up) >= self._count:
            raise TooSlowError
        try:
            return self._pool.submit(function)
        except RuntimeError:  # shut down
            raise StoppedError from None

    def give_up(self, future: "Future[Any]") -> None:
        """Note that nobody waits any more for what is done."""
        self._given_up.append(future)

    def shutdown(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Worker:
    """Runs the network on one thread of its own: the chats' questions in fair turns, then background work.

    Args:
        engine: Reads photos; used on the worker's thread alone.
        queue_size: Questions that may wait; one more gets a BusyError.
        queue_per_chat: Of one chat; one more gets a ChatBusyError.
        limits: What a chat and a person may ask a minute; None: as much as they like.
        observe_batch: Is told, on the worker's thread, of each batch how many photos it had.
        batch_size: Photos that go through the network together at most.
        beam_size: Beams of the caption search.
        timeout_s: After that long a question is given up.
    """

    def __init__(
        self,
        engine: Reader,
        *,
        queue_size: int = 64,
        queue_per_chat: int = 16,
        batch_size: int = 10,
        beam_size: int = 5,
        timeout_s: float = 120.0,
        limits: Limits | None = None,
        observe_batch: Callable[[int], None] = lambda size: None,
    ) -> None:
        self._engine = engine
        self._queue_size = queue_size
        self._queue_per_chat = queue_per_chat
        self._limits = limits
        self._observe_batch = observe_batch
        self._batch_size = batch_size
        self._beam_size = beam_size
        self._timeout_s = timeout_s
        self._jobs: FairQueue[_Job] = FairQueue()
        self._background_jobs: deque[_Job] = deque()
        self._news = threading.Condition()
        self._stopping = False
        self._has_died = False
        self._rest = _Rest()
        self._job_s = FIRST_GUESS_S
        self._traces: list[Trace] = []  # of the questions in hand
        self._decoding = 0
        self._decoders = _Threads("decode", DECODERS)
        # What may wait for a drive that does not answer has threads that nothing else needs.
        self._openers = _Threads("open", OPENERS)
        self._glances = _Threads("glance", 1)
        self._walks = ThreadPoolExecutor(1, thread_name_prefix="walk", initializer=_be_modest)
        self._asides = ThreadPoolExecutor(1, thread_name_prefix="aside", initializer=_be_modest)
        self._aside = 0
        self._besides = ThreadPoolExecutor(1, thread_name_prefix="beside", initializer=_be_modest)
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    @property
    def waiting(self) -> int:
        """How many questions wait, callable from any thread."""
        return len(self._jobs) + self._decoding

    @property
    def is_alive(self) -> bool:
        """Whether the network's thread runs."""
        return self._thread.is_alive()

    @property
    def has_died(self) -> bool:
        """Whether the network's thread has ended though nobody stopped it."""
        return self._has_died

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
            self._background_jobs.clear()
            self._news.notify()
        for threads in (self._decoders, self._openers, self._glances):
            threads.shutdown()
        self._walks.shutdown(wait=False, cancel_futures=True)
        self._asides.shutdown(wait=False, cancel_futures=True)
        self._besides.shutdown(wait=False, cancel_futures=True)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, drain_s)
        with self._news:
            _cancel(self._jobs.clear())

    async def read(self, photo: Image) -> Reading:
        """Represent and caption a photo, in the language of the answer if the network writes that.

        Photos that wait together go through the network as one batch, whatever their languages.

        Raises:
            BusyError: If the queue is full.
            ChatBusyError: If too many of this chat are waiting.
            TooSlowError: If it takes longer than the timeout.
        """
        [reading] = await self._answer(self._enqueue(photos=(photo,)))
        if isinstance(reading, Reading):
            return reading
        raise reading

    async def read_all(self, photos: Sequence[Image]) -> list[Reading | PhotoError]:
        """Represent and caption the photos of an album, together as far as a batch allows.

        They are one question. A photo that the network does not take leaves its error in its place.

        Raises:
            BusyError: If the queue is full.
            ChatBusyError: If too many of this chat are waiting.
            TooSlowError: If it takes longer than the timeout.
        """
        if not photos:
            return []
        results = await self._answer(self._enqueue(photos=tuple(photos)))
        return [_reading_or_photo_error(result) for result in results]

    async def caption_again(self, representation: NDArray[np.float32], language: str) -> list[Caption]:
        """Caption a photo that was read before, given its representation, shape (D,).

        Raises:
            BusyError: If the queue is full.
            LeftOutError: If this chat or person asks too much.
            TooSlowError: If it takes longer than the timeout.
        """
        [captions] = await self.call(self._caption, representation[np.newaxis], language)
        return captions

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of the network on its thread.

        Raises:
            BusyError: If the queue is full.
            LeftOutError: If this chat or person asks too much.
            TooSlowError: If it takes longer than the timeout.
        """
        if self._limits is not None:
            self._limits.count_question()
        result: T = await self._answer(self._enqueue(function=lambda: function(*args, **kwargs)))
        return result

    async def background(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function on the network's thread when no question waits. Keep each one short.

        Raises:
            StoppedError: If the bot is about to end.
        """
        job = _Job(Future(), function=lambda: function(*args, **kwargs), in_background=True)
        with self._news:
            if self._stopping:
                raise StoppedError
            self._background_jobs.append(job)
            self._news.notify()
        result: T = await self._result(job.future)
        return result

    async def decode(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that needs the processor but not the network, such as opening a photo.

        Raises:
            BusyError: If too many wait already.
            TooSlowError: If it takes longer than the timeout.
        """
        return await self._decode(self._decoders, functools.partial(function, *args, **kwargs))

    async def open_file(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that opens a photo of a folder, whose drive may hold up no other photos than those.

        Raises:
            BusyError: If too many wait already.
            TooSlowError: If it takes longer than the timeout, or others have and still do.
        """
        return await self._decode(self._openers, functools.partial(function, *args, **kwargs))

    async def glance(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that asks a drive about a few files.

        Raises:
            TooSlowError: If the drive does not answer soon.
        """
        future = self._glances.submit(functools.partial(function, *args, **kwargs))
        try:
            return await self._answer(future, GLANCE_S)
        except TooSlowError:
            self._glances.give_up(future)
            raise

    async def walk(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that looks through a folder, one after another, for as long as its drive needs.

        Raises:
            StoppedError: If the bot is about to end.
        """
        try:
            future = self._walks.submit(function, *args, **kwargs)
        except RuntimeError:  # shut down
            raise StoppedError from None
        return await self._result(future)

    async def aside(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a slow function that needs nothing of the network's thread, beside all questions.

        They take turns, at a lower priority, so that they delay no answer.

        Raises:
            BusyError: If too many wait already.
            TooSlowError: If it takes longer than the timeout; it should learn that nobody waits any more.
        """
        if self._aside >= MOST_ASIDE:
            raise BusyError(math.ceil(self._timeout_s / 2))
        try:
            future = self._asides.submit(function, *args, **kwargs)
        except RuntimeError:  # shut down
            raise StoppedError from None
        self._aside += 1
        try:
            return await self._answer(future)
        finally:
            self._aside -= 1

    async def beside(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a step of something long that shares nothing with the network's thread, beside all questions.

        At a lower priority, so that answers are hardly slower for it. Keep each step short.

        Raises:
            StoppedError: If the bot is about to end.
        """
        try:
            future = self._besides.submit(function, *args, **kwargs)
        except RuntimeError:  # shut down
            raise StoppedError from None
        return await self._result(future)

    def give_way(self) -> None:
        """Wait while a question is worked on, a moment at most; for what is done beside, on its thread."""
        self._rest.wait(MOST_WAY_S)

    def expect_photos(self, count: int) -> None:
        """Find out before the download of photos whether they may be read, and count them.

        Raises:
            BusyError: If there is no room.
            LeftOutError: If this chat sends too many.
        """
        self.raise_if_full()
        if self._limits is not None:
            self._limits.count_photos(count)

    def raise_if_full(self) -> None:
        """Find out before the work begins whether there is room.

        Raises:
            BusyError: If there is none.
            ChatBusyError: If there is none for this chat.
        """
        if self.waiting >= self._queue_size:
            raise BusyError(max(1, math.ceil(self.waiting * self._job_s)))
        if (chat := _chat()) != NO_CHAT and self._jobs.count(chat) >= self._queue_per_chat:
            raise ChatBusyError(self._queue_per_chat)

    def _enqueue(
        self, *, photos: tuple[Image, ...] = (), function: Callable[[], Any] | None = None
    ) -> "Future[Any]":
        self.raise_if_full()
        job = _Job(Future(), photos, written_here(self._engine), function)
        with self._news:
            if self._stopping:
                raise StoppedError
            self._jobs.add(_chat(), job)
            self._news.notify()
        return job.future

    async def _decode(self, threads: _Threads, function: Callable[[], T]) -> T:
        self.raise_if_full()
        future = threads.submit(function)
        self._decoding += 1
        self._rest.disturb()
        try:
            return await self._answer(future)
        except TooSlowError:
            threads.give_up(future)
            raise
        finally:
            self._decoding -= 1
            asyncio.get_running_loop().call_later(LINGER_S, self._rest.leave)

    async def _answer(self, future: "Future[T]", timeout_s: float | None = None) -> T:
        """Wait for a job; giving up cancels it, so that it costs nothing when it has not begun.

        Args:
            timeout_s: None: as long as for a question.
        """
        try:
            async with asyncio.timeout(self._timeout_s if timeout_s is None else timeout_s):
                return await self._result(future)
        except TimeoutError:
            raise TooSlowError from None

    async def _result(self, future: "Future[T]") -> T:
        """Wait for a job; one that is dropped because the bot ends gives a StoppedError."""
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if self._stopping and not _is_cancelled(asyncio.current_task()):
                raise StoppedError from None
            raise

    def _run(self) -> None:
        jobs: list[_Job] = []
        try:
            self._work(jobs)
        except BaseException:  # not of a question, whose error is its answer
            logger.critical("The network's thread ends of a fault", exc_info=True)
            with self._news:
                self._has_died = self._stopping = True
                _cancel([*self._background_jobs, *self._jobs.clear()])
            for job in jobs:
                if not job.future.done():
                    job.future.set_exception(StoppedError())

    def _work(self, jobs: list[_Job]) -> None:
        """Do what comes until it is time to end; the jobs in hand are in the list."""
        while found := self._next_jobs():
            jobs[:] = found
            begun = time.monotonic()
            asked = not jobs[0].in_background
            if asked:
                self._rest.disturb()
            try:
                if jobs[0].photos:
                    self._read_batch(jobs)
                else:
                    _fulfil(jobs[0])
            finally:
                if asked:
                    self._rest.leave()
            if asked:
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
        while (first := self._jobs.take()) is not None:
            if not first.future.set_running_or_notify_cancel():
                continue
            room = self._batch_size - len(first.photos)
            return [first, *self._take_photos(room)] if first.photos else [first]
        while self._background_jobs:
            job = self._background_jobs.popleft()
            if job.future.set_running_or_notify_cancel():
                return [job]
        return []

    def _take_photos(self, room: int) -> list[_Job]:
        """Take photos from anywhere in the queue; one behind a function need not wait for the next batch."""
        jobs: list[_Job] = []
        while room > 0:
            taken = self._jobs.take_each(1, functools.partial(_fits, room=room))
            if not taken:
                break
            if taken[0].future.set_running_or_notify_cancel():
                jobs += taken
                room -= len(taken[0].photos)
        return jobs

    def _read_batch(self, jobs: Sequence[_Job]) -> None:
        begun = time.monotonic()
        for job in jobs:
            job.trace.note("queue", job.asked_at, begun)
        self._traces = [job.trace for job in jobs]
        photos = [(photo, job.language) for job in jobs for photo in job.photos]
        results: list[Reading | Exception] = []
        for start in range(0, len(photos), self._batch_size):  # only one large album is more than a batch
            results += self._read_together(photos[start : start + self._batch_size])
        answers = iter(results)
        for job in jobs:
            job.future.set_result([next(answers) for _ in job.photos])

    def _read_together(self, photos: Sequence[tuple[Image, str]]) -> list[Reading | Exception]:
        """Read photos as a batch; those that it fails for leave their error in their place."""
        self._observe_batch(len(photos))
        try:
            return list(self._read(photos))
        except Exception as error:
            if len(photos) == 1:
                return [error]
            logger.warning("A batch of %d photos failed; reading them one by one", len(photos), exc_info=True)
        return [result for photo in photos for result in self._read_together([photo])]

    def _read(self, photos: Sequence[tuple[Image, str]]) -> list[Reading]:
        """Read photos and caption each in its language: those of one language together."""
        begun = time.monotonic()
        representations = self._engine.represent([photo for photo, _ in photos])
        encoded = time.monotonic()
        captions: dict[int, list[Caption]] = {}
        for language in dict.fromkeys(language for _, language in photos):
            rows = [row for row, (_, own) in enumerate(photos) if own == language]
            captions |= zip(rows, self._caption(representations[rows], language), strict=True)
        for trace in self._traces:
            trace.note("encoder", begun, encoded)
            trace.note("beam", encoded)
        return [self._as_reading(row, captions[number]) for number, row in enumerate(representations)]

    def _caption(self, representations: NDArray[np.float32], language: str) -> list[list[Caption]]:
        most = min(CAPTIONS, self._beam_size)
        return self._engine.caption(representations, language=language, beam_size=self._beam_size, n=most)

    def _as_reading(self, representation: NDArray[np.float32], captions: list[Caption]) -> Reading:
        sure = captions[0].sure
        if sure is None or sure >= self._engine.sure_from:
            return Reading(representation, captions)
        [names] = self._engine.names(representation[np.newaxis])
        return Reading(representation, captions, is_sure=False, names=tuple(name.text for name in names))


def _be_modest() -> None:
    if sys.platform == "linux":  # elsewhere this would be about the whole process
        os.nice(NICENESS)


def _fits(job: _Job, *, room: int) -> bool:
    return 0 < len(job.photos) <= room


def _reading_or_photo_error(result: Reading | Exception) -> Reading | PhotoError:
    if isinstance(result, Reading | PhotoError):
        return result
    raise result


def _fulfil(job: _Job) -> None:
    assert job.function is not None
    try:
        result = job.function()
    except BaseException as error:  # whoever waits for the job must hear of it, whatever it is
        job.future.set_exception(error)
    else:
        job.future.set_result(result)


def _chat() -> int:
    turn = current_turn()
    return turn.chat_id if turn is not None else NO_CHAT


def _cancel(jobs: Iterable[_Job]) -> None:
    for job in jobs:
        job.future.cancel()


def _is_cancelled(task: "asyncio.Task[Any] | None") -> bool:
    return task is not None and task.cancelling() > 0
