"""The gallery as the page sees it: how far its index is, photos dropped into it, Flickr8K fetched for it."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from bot.local.errors import PageError
from bot.local.store.events import EventStream
from bot.local.store.files import write_whole
from bot.local.store.records import Json
from onenet.errors import OneNetError
from onenet.search import OTHER_SUFFIXES, image_kind, suffix_of

logger = logging.getLogger(__name__)

_WATCH_S = 0.3
_REPORT_S = 0.2
_MAX_DEPTH = 6
_MAX_NAME = 100
_SHOWN_SKIPPED = 50
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
)


class GalleryControl(Protocol):
    """What the server needs of the bot's gallery; `state` and `wake` are called from the server's thread."""

    @property
    def folder(self) -> Path:
        """Where the photos lie."""

    def state(self) -> Any:
        """An object with photos, phase, done, total and skipped, and how many photos are missing."""

    def wake(self) -> None:
        """Look at the folder now."""


class FetchFlickr8k(Protocol):
    """`onenet.datasets.download.download_flickr8k`, or a fake."""

    def __call__(self, folder: Path, *, progress: Callable[[Any], None]) -> Path:
        """The folder with the data set in it; `progress` is told how far it is."""


class PageGallery:
    """Stands between the page and the gallery."""

    def __init__(
        self, control: GalleryControl | None, fetch: FetchFlickr8k | None, events: EventStream
    ) -> None:
        self._control = control
        self._fetch = fetch
        self._events = events
        self._download: Json | None = None
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def close(self) -> None:
        """Let a download under way end; what it has fetched stays for the next try."""
        self._closed.set()

    def describe(self) -> Json | None:
        """The gallery as JSON for the page, or None if there is none."""
        if self._control is None:
            return None
        state = self._control.state()
        return {
            "photos": state.photos,
            "phase": state.phase,
            "done": state.done,
            "total": state.total,
            **({"missing": missing} if (missing := getattr(state, "missing", 0)) else {}),
            "skipped": [
                _skipped(entry, self._control.folder) for entry in list(state.skipped)[:_SHOWN_SKIPPED]
            ],
            "folder": str(self._control.folder),
            "download": self._download,
        }

    async def watch(self) -> None:
        """Publish the gallery whenever something about it changed."""
        last = self._described()
        while not self._closed.is_set():
            await asyncio.sleep(_WATCH_S)
            now = self._described()
            if now != last:
                last = now
                self._events.publish("gallery", gallery=now)

    def _described(self) -> Json | None:
        try:
            return self.describe()
        except Exception:
            # The chat goes on without the gallery's news rather than not at all.
            logger.exception("The gallery does not say how it is")
            return None

    def add(self, name: str, content: bytes) -> str | None:
        """Why a photo cannot be kept in the gallery's folder, or None. Blocks: call in a thread."""
        if image_kind(content) is None:
            return "This file is not a photo."
        folder = self._required().folder
        target = folder.joinpath(*_safe_parts(name))
        if (suffix := suffix_of(target.name)) in OTHER_SUFFIXES:  # would lie there and never be found
            return f"Files named {suffix} are not looked into for photos; name it .jpg, .png or the like."
        if not target.resolve().is_relative_to(folder.resolve()):
            return "This name leads out of the gallery's folder."
        for above in target.relative_to(folder).parents:
            if (folder / above).is_file():
                return f"The gallery has a file named {above.name}, so it can have no folder of this name."
        for free in (
            target,
            *(target.with_name(f"{target.stem}-{n}{target.suffix}") for n in range(2, 1000)),
        ):
            if not free.exists():
                write_whole(free, content)
                return None
            if free.is_file() and free.stat().st_size == len(content) and free.read_bytes() == content:
                return "This photo is in the gallery already."
        return "There are too many photos of this name."

    def wake(self) -> None:
        """Have new photos indexed."""
        self._required().wake()

    def fetch_flickr8k(self) -> None:
        """Begin to fetch the data set in a thread of its own."""
        control = self._required()
        if self._fetch is None:
            raise PageError("Flickr8K cannot be fetched here.", status=404)
        if self._thread is not None and self._thread.is_alive():
            raise PageError("Flickr8K is being fetched already.", status=409)
        self._download = {"phase": "downloading", "done_bytes": 0, "total_bytes": 0, "message": ""}
        arguments = (self._fetch, control)
        self._thread = threading.Thread(target=self._run, args=arguments, name="flickr8k", daemon=True)
        self._thread.start()

    def _run(self, fetch: FetchFlickr8k, control: GalleryControl) -> None:
        reported_at = 0.0

        def report(progress: Any) -> None:
            nonlocal reported_at
            if self._closed.is_set():
                raise _StoppedError
            if time.monotonic() - reported_at >= _REPORT_S:
                reported_at = time.monotonic()
                self._download = _progress(progress)

        try:
            fetch(control.folder / "flickr8k", progress=report)
            last = self._download or {}
            self._download = {**last, "phase": "done", "message": "Flickr8K is here."}
            control.wake()
        except _StoppedError:
            logger.info("The download of Flickr8K stops here; it goes on from here the next time.")
        except OneNetError as error:
            self._fail(str(error))
        except Exception:
            logger.exception("Flickr8K could not be fetched")
            self._fail("Flickr8K could not be fetched. The log says why; try again.")

    def _fail(self, sentence: str) -> None:
        self._download = {**(self._download or {}), "phase": "failed", "message": sentence}

    def _required(self) -> GalleryControl:
        if self._control is None:
            raise PageError("There is no gallery here.", status=404)
        return self._control


class _StoppedError(Exception):
    """The server stops while a download is under way."""


def _progress(progress: Any) -> Json:
    phase = getattr(progress, "phase", "downloading")
    return {
        "phase": "downloading" if phase == "done" else phase,  # one archive is done, not yet all of them
        "done_bytes": getattr(progress, "done_bytes", 0),
        "total_bytes": getattr(progress, "total_bytes", None) or 0,
        "message": getattr(progress, "notice", ""),
    }


def _skipped(entry: Any, folder: Path) -> Json:
    photo, reason = str(getattr(entry, "photo", entry)), str(getattr(entry, "reason", ""))
    return {"photo": photo.removeprefix(f"{folder}/"), "reason": reason}


def _safe_parts(name: str) -> list[str]:
    """A relative name as a browser gives it -> names that stay inside the folder on every system."""
    parts = [_safe_part(part) for part in name.replace("\\", "/").split("/")]
    return [part for part in parts if part][-_MAX_DEPTH:] or ["photo"]


def _safe_part(part: str) -> str:
    kept = "".join("_" if c in '<>:"|?*' or not c.isprintable() else c for c in part).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > _MAX_NAME:
        kept = f"{stem[: _MAX_NAME - 10]}{dot}{suffix[:9]}"
    return f"_{kept}" if kept.split(".")[0].lower() in _RESERVED else kept
