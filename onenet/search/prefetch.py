"""Photos read and made ready on threads of their own, while the network has those before them."""

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from PIL.Image import Image

from onenet.errors import PhotoError
from onenet.search.photos import read_photo

S = TypeVar("S")
T = TypeVar("T")

READERS = max(1, min(4, os.cpu_count() or 1))  # decoders let go of Python's lock
NICENESS = 10  # of the readers: whoever has the network waits for none of them longer than need be


def prefetch(
    photos: Sequence[Path], prepare: Callable[[Image], T], *, ahead: int, readers: int = READERS
) -> Generator[T | PhotoError, None, None]:
    """Give of each photo what was made of it, or why it cannot be read, in the order of the photos.

    The first photo is opened when the first answer is asked for, and from then on so many are at hand that
    nobody waits for the disk. Closed early, it opens no more files.

    Args:
        photos: Files.
        prepare: Makes of a photo what is to be kept of it until it is asked for; called on several threads.
            What it raises is raised in the place of that photo.
        ahead: How many are read before they are asked for.
        readers: Threads.
    """
    return do_ahead(photos, partial(_read, prepare=prepare), ahead=ahead, readers=readers)


def do_ahead(
    sources: Iterable[S], do: Callable[[S], T], *, ahead: int, readers: int = READERS
) -> Generator[T, None, None]:
    """Give what was made of each of some sources, in their order, see `prefetch`.

    Args:
        sources: Whatever `do` takes.
        do: Called on several threads.
        ahead: How often it is called before it is asked for.
        readers: Threads.
    """
    waiting: deque[Future[T]] = deque()
    left = iter(sources)
    pool = ThreadPoolExecutor(readers, thread_name_prefix="read", initializer=_be_modest)

    def read_on() -> None:
        while len(waiting) <= ahead and (source := next(left, None)) is not None:
            waiting.append(pool.submit(do, source))

    try:
        read_on()
        while waiting:
            answer = waiting.popleft().result()
            read_on()
            yield answer
    finally:
        # A file on a drive that hangs is not waited for: the program may be about to end.
        pool.shutdown(wait=False, cancel_futures=True)


def _read(photo: Path, prepare: Callable[[Image], T]) -> T | PhotoError:
    try:
        return prepare(read_photo(photo))
    except PhotoError as error:
        return error


def _be_modest() -> None:
    if sys.platform == "linux":  # elsewhere this would be about the whole process
        os.nice(NICENESS)
