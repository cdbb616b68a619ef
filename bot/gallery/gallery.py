"""Gallery: a folder of photos, its index kept in step with it while the bot talks, and what it finds."""

import asyncio
import contextlib
import hashlib
import logging
import os
import random
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.background import Background
from bot.gallery.watching import FolderWatch, listing_of
from bot.inference.errors import BusyError, StoppedError, TooSlowError
from bot.inference.worker import Worker
from onenet.engine import Engine
from onenet.errors import IndexAwayError, IndexFileError
from onenet.files import HeldError, held, state_of
from onenet.search import (
    ImageIndex,
    IndexProgress,
    Match,
    MilvusIndex,
    RefinedQuery,
    SearchResult,
    Skipped,
    WordsQuery,
    compact,
    compare,
    nearest_different,
    still_there,
    update_index,
)

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

WATCH_S = 2.0
WATCHED = 10  # times as seldom the folder is looked at while the system tells of changes
WATCH_SHARE = 0.02  # of the time at most goes into looking whether the folder has changed
RETRY_S = 60.0
SLOW_S = 120.0  # until the log says that the folder does not answer
AWAY_S = 3.0  # from one look whether a server is back to the next
# Photos that have gone all at once are kept for so long, across restarts: a drive may not be connected.
MISSING_KEPT_S = 24 * 3600.0
STEP_PHOTOS = 4  # a question from the chat waits for one step at most


@dataclass(frozen=True)
class GalleryState:
    """How much of the gallery can be searched.

    Attributes:
        photos: Searchable photos.
        phase: What is going on.
        done: Of the files that are new or changed, how many have been read.
        total: How many are new or changed.
        skipped: Files that could not be read.
        missing: Photos, among the searchable ones, whose files have gone all at once; not offered meanwhile.
    """

    photos: int = 0
    phase: Literal["empty", "indexing", "ready"] = "empty"
    done: int = 0
    total: int = 0
    skipped: tuple[Skipped, ...] = ()
    missing: int = 0


class DriveAwayError(IndexAwayError):
    """The drive with the photos does not answer."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "")
        self._text = f"The drive with {folder} does not answer."


class Gallery:
    """Watches a folder, indexes its photos in the background, finds them.

    Args:
        folder: The photos, with everything below it; it may come and go.
        index_path: Where the index is kept; a damaged or foreign one is made anew.
        worker: Does the work, on one thread: the index needs no lock.
        engine: Represents the photos, and ranks them for a description.
        watch_s: Seconds between two looks at the folder where the system does not tell of changes.
        served: The index, if it is on a server, and not in a file.
    """

    def __init__(
        self,
        folder: Path,
        index_path: Path,
        worker: Worker,
        engine: Engine,
        *,
        watch_s: float = WATCH_S,
        served: MilvusIndex | None = None,
    ) -> None:
        self.folder = folder
        self._index_path = index_path
        self._worker = worker
        self._engine = engine
        self._watch_s = watch_s
        self._served = served
        self._index: ImageIndex | MilvusIndex = ImageIndex(engine.fingerprint) if served is None else served
        self._missing_since: Mapping[str, float] = {}
        self._state = GalleryState(phase="indexing" if folder.is_dir() else "empty")
        self._indexed = ""
        self._file_state: tuple[int, ...] = ()
        self._logged = ""
        self._is_loaded = False
        self._watch = FolderWatch(folder, self._hear)
        self._is_drive_away = False
        self._was_told = True  # that there may be changes
        self._look_s = 0.0
        self._background = Background(f"The gallery {folder} could not be indexed", retry_s=RETRY_S)

    def start(self) -> None:
        """Begin to watch."""
        self._watch.start()
        self._background.start(self._look)

    async def stop(self) -> None:
        """Stop after the step in hand; what has been read is saved and the rest is for the next time."""
        await self._background.stop()
        await self._watch.stop()

    def state(self) -> GalleryState:
        """Tell how far the index is; callable from any thread."""
        return self._state

    @property
    def _place(self) -> Path | str:
        return self._index_path if self._served is None else self._served.connection.shown

    @property
    def is_away(self) -> bool:
        """Whether nothing can be searched: the server with the index or the drive does not answer."""
        return self._is_drive_away or (self._served is not None and self._served.connection.is_away)

    def wake(self) -> None:
        """Look at the folder now; callable from any thread."""
        self._was_told = True
        self._background.wake()

    async def search(
        self, representation: NDArray[np.float32], k: int, *, exclude: Collection[str] = ()
    ) -> list[Match]:
        """Find the k different photos most like a representation (D,), best first, each with its copies.

        Those unlike it are left out.

        Raises:
            BusyError: If too many questions wait already.
        """
        if not self._state.photos:
            return []
        # Without those sent before, what is like them would no longer be known for copies of them.
        wanted = k + len(exclude)
        matches = await self._call(nearest_different, self._index, representation, wanted)
        return _not_sent([match for match in matches if match.score > 0], exclude)[:k]

    async def search_each(
        self, directions: Sequence[NDArray[np.float32]], k: int, *, exclude: Collection[str] = ()
    ) -> list[list[Match]]:
        """Find for each of some directions (D,) the k photos that go farthest that way, best first.

        Raises:
            BusyError: If too many questions wait already.
        """
        if not self._state.photos:
            return []

        def search() -> list[list[Match]]:
            found = (self._index.search(direction, k, exclude=exclude) for direction in directions)
            return [[match for match in matches if match.score > 0] for matches in found]

        return await self._call(search)

    async def sample(
        self, count: int, chance: random.Random | None = None
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Draw different photos, as many as that or all, with their representations (count, D).

        Args:
            chance: None: always the same ones.

        Raises:
            BusyError: If too many questions wait already.
        """
        return await self._call(_sample, self._index, count, chance or random.Random(0))

    async def representations(self, photos: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Give the representations (D,) of photos, by their names; those that have gone are left out.

        Raises:
            BusyError: If too many questions wait already.
        """

        def look_up() -> dict[str, NDArray[np.float32]]:
            known = [photo for photo in photos if photo in self._index]
            left, rows = still_there(self._index, known, self._index.dimensions)
            return {known[row]: representation for row, representation in zip(left, rows, strict=True)}

        return await self._call(look_up)

    async def find(
        self, query: WordsQuery | RefinedQuery, k: int, *, exclude: Collection[str] = ()
    ) -> SearchResult:
        """Find the k photos that fit a description best, and whether they fit it well.

        Args:
            exclude: Photos that were sent before; the others come in the order that they have among all.

        Raises:
            BusyError: If too many questions wait already.
        """
        if not self._state.photos:
            return SearchResult([], False)
        # Excluding them in the engine would let in further candidates, some of which rank before those sent.
        found = await self._call(self._engine.find, query, self._index, k + len(exclude))
        return replace(found, matches=_not_sent(found.matches, exclude)[:k])

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that asks the index, on the network's thread."""
        await self._reach()
        return await self._worker.call(function, *args, **kwargs)

    async def _reach(self) -> None:
        """Find out whether drive and server answer, so that the network's thread waits for none that hangs.

        Raises:
            IndexAwayError: If one of them does not.
        """
        try:
            await self._worker.glance(_ask, self.folder)
        except TooSlowError:
            self._is_drive_away = True
            raise DriveAwayError(self.folder) from None
        self._is_drive_away = False
        if self._served is not None:
            await asyncio.to_thread(self._served.connection.collections)

    def _hear(self) -> float:
        """Look, for there is a change; the seconds until the next one is of interest."""
        self.wake()
        return self._look_s / WATCH_SHARE

    async def _look(self) -> float | None:
        """Look at the folder once; the seconds until the next look, None if there is no thread for it."""
        try:
            if not self._is_loaded or self._served is not None:
                await self._load()
            return await self._update_if_changed()
        except BusyError:  # the chat comes first
            return self._watch_s
        except IndexAwayError as error:
            self._log(f"The gallery cannot be searched. {error}", logging.WARNING)
            self._state = replace(self._state, phase=self._phase())
            self._indexed = ""  # what was not acknowledged is added then
            return AWAY_S
        except StoppedError:
            return None
        except Exception:  # a full disk, a vanished mount
            self._state = replace(self._state, phase=self._phase())
            raise

    async def _load(self) -> None:
        if self._served is not None:  # which others change too
            photos = await self._worker.aside(_count, self._served)
            self._state = replace(self._state, photos=photos)
            self._is_loaded = True
            return
        self._file_state = state_of(self._index_path)
        try:
            self._index, photos, self._missing_since = await self._worker.aside(
                _load, self._index_path, self._engine.fingerprint
            )
            self._state = replace(self._state, photos=photos)
        except IndexFileError as error:
            if self._index_path.exists():
                logger.warning("%s It is being made anew.", error)
        self._is_loaded = True

    async def _update_if_changed(self) -> float:
        """Look at the folder once; give the seconds until the next look, none after an update."""
        was_told, self._was_told = self._was_told, False
        listing, self._look_s = await self._list()
        if listing is None:  # an unmounted disk has not lost its photos
            self._state = replace(self._state, phase=self._phase(), missing=self._state.photos)
            self._log_missing()
            self._indexed = ""
        elif (
            listing != self._indexed or self._is_given_up() or state_of(self._index_path) != self._file_state
        ):
            if listing != self._indexed and not was_told:
                self._watch.distrust()
            self._was_told = True  # what has changed meanwhile
            try:
                await self._update()
            except HeldError as error:
                self._log(f"The gallery waits: {error}")
            else:
                self._indexed = listing
                return 0.0
        watch_s = self._watch_s * (WATCHED if self._watch.is_reliable else 1)
        return max(watch_s, self._look_s / WATCH_SHARE)

    async def _list(self) -> tuple[str | None, float]:
        """Sum up what lies in the folder now, and give the seconds that this took."""
        slow = asyncio.get_running_loop().call_later(
            SLOW_S, self._log, f"{DriveAwayError(self.folder)} It is waited for.", logging.WARNING
        )
        try:
            listing = await self._worker.walk(_timed_listing, self.folder)
        finally:
            slow.cancel()
        self._is_drive_away = False
        return listing

    async def _update(self) -> None:
        if self._served is not None:  # several may write there, and what is added twice is there once
            await self._index_folder(None)
        else:
            await self._update_file()
        left_out = len(self._state.skipped)
        unreadable = f"; {left_out} files are left out, since they cannot be read" if left_out else ""
        self._log(f"The gallery {self.folder} has {self._state.photos} photos{unreadable}")
        for skipped in self._state.skipped:
            logger.debug("%s is left out: %s", skipped.photo, skipped.reason)
        self._log_missing()

    async def _update_file(self) -> None:
        with held(self._index_path):
            if state_of(self._index_path) not in ((), self._file_state):  # the command line has written it
                await self._load()
            try:
                await self._index_folder(self._index_path)
                await self._compact()
            finally:
                self._file_state = state_of(self._index_path)

    async def _index_folder(self, path: Path | None) -> None:
        # Looking at a hundred thousand files takes a while: not on the network's thread, and nobody adds.
        changes = await self._worker.walk(compare, self._index, self.folder)
        steps = update_index(
            self._index,
            self.folder,
            self._engine.represent,
            prepare=self._engine.prepare,
            path=path,
            batch_size=STEP_PHOTOS,
            patience_s=MISSING_KEPT_S,
            changes=changes,
        )
        try:
            while True:
                await self._reach()
                step = await self._worker.background(_step, steps, self._index)
                if step is None:
                    break
                progress, photos, self._missing_since = step
                phase: Literal["indexing", "empty", "ready"] = "ready" if photos else "empty"
                if progress.done < progress.total:
                    phase = "indexing"
                self._state = GalleryState(
                    photos, phase, progress.done, progress.total, progress.skipped, progress.missing
                )
        finally:
            # Saves what has been read, after the step in hand, also when this task is cancelled.
            with contextlib.suppress(StoppedError):
                await self._worker.background(_close, steps)

    async def _compact(self) -> None:
        """Sort the index if there is much that is new; its search waits for nothing."""
        steps = compact(self._index_path)
        while await self._worker.aside(next, steps, None) is not None:
            pass

    def _is_given_up(self) -> bool:
        """Whether photos have been missing for so long that they are dropped."""
        now = time.time()
        return any(now - since >= MISSING_KEPT_S for since in self._missing_since.values())

    def _log(self, text: str, level: int = logging.INFO) -> None:
        """Write into the log what it does not say already in its last line about this gallery."""
        if text != self._logged:
            logger.log(level, "%s", text)
        self._logged = text

    def _log_missing(self) -> None:
        if self._state.missing:
            self._log(
                f"{self._state.missing} photos of the gallery {self.folder} are missing: is a drive not "
                "connected? They are kept. If its folder stays empty, they are forgotten after "
                f"{MISSING_KEPT_S / 3600:.0f} hours; at once by: "
                f"python -m onenet index {self.folder} --index {self._place} --prune",
                logging.WARNING,
            )

    def _phase(self) -> Literal["empty", "ready"]:
        return "ready" if self._state.photos else "empty"


def index_path_for(data_dir: Path, folder: Path) -> Path:
    """Tell where the index of a folder is kept: one file for each folder."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    return data_dir / "indexes" / f"{name}.safetensors"


def _not_sent(matches: Sequence[Match], sent: Collection[str]) -> list[Match]:
    """Leave out photos that were sent, themselves or a copy."""
    sent = set(sent)
    return [match for match in matches if sent.isdisjoint((match.photo, *match.copies))]


def _sample(
    index: ImageIndex | MilvusIndex, count: int, chance: random.Random
) -> tuple[list[str], NDArray[np.float32]]:
    photos = [photo for photo in index.sample(count, chance) if os.path.exists(photo)]
    if index.missing_since and len(photos) < count:
        there = [photo for photo in index.photos if os.path.exists(photo)]
        photos = chance.sample(there, min(count, len(there)))
    left, representations = still_there(index, photos, index.dimensions)
    return [photos[row] for row in left], representations


def _load(path: Path, fingerprint: str) -> tuple[ImageIndex, int, Mapping[str, float]]:
    index = ImageIndex.load(path, fingerprint=fingerprint)
    return index, len(index), index.missing_since


def _count(index: MilvusIndex) -> int:
    index.connection.check()
    return len(index)


def _step(
    steps: Iterator[IndexProgress], index: ImageIndex | MilvusIndex
) -> tuple[IndexProgress, int, Mapping[str, float]] | None:
    """Do one step; give how far it has come, how many photos there are, and since when others are missing."""
    progress = next(steps, None)
    return None if progress is None else (progress, len(index), index.missing_since)


def _close(steps: object) -> None:
    close = getattr(steps, "close", None)
    if close is not None:
        close()


def _ask(folder: Path) -> None:
    """Ask a drive for what the system does not know without it; the folder itself may be missing."""
    with contextlib.suppress(OSError):
        shutil.disk_usage(folder)


def _timed_listing(folder: Path) -> tuple[str | None, float]:
    begun = time.monotonic()
    return listing_of(folder), time.monotonic() - begun
