"""The world of a soak: the server, the bot's process, its folders, and what goes wrong with them."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import resource
import secrets
import signal
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bot.local import LocalServer
from bot.local.serving import Served
from tests.bot.conftest import TOKEN, jpeg
from tests.bot.local_chat import PRIVATE, LocalChat
from tests.processes import PRELOADED, fork
from tests.soak import bot
from tests.soak.journal import Journal

T = TypeVar("T")
Json = dict[str, Any]

QUIET_S = 900.0
END_S = 60.0
# A new process of the bot need import nothing, unless others were forked in this one before.
multiprocessing.get_context("forkserver").set_forkserver_preload([*PRELOADED, "tests.soak.bot"])
NO_LIMIT = resource.RLIM_INFINITY


class RawServer(LocalServer):
    """A server whose people can say what its page has no words for: in topics, for a channel, covered."""

    chats: Any
    loop: asyncio.AbstractEventLoop

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Served]:
        async with super()._opened() as served:
            routes: list[Any] = list(served.application.routes)  # type: ignore[attr-defined]
            [send] = [
                each
                for each in routes
                if each.path == "/local/chats/{chat_id}/messages" and "POST" in each.methods
            ]
            self.chats, self.loop = send.endpoint.__self__._chats, asyncio.get_running_loop()
            yield served

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def say(self, chat_id: int, sender: int, content: Json) -> Json:
        """Post a message with any fields."""
        user = self.chats.people.user(sender)
        [message] = self.do(self.chats.post_as_person(chat_id, user, [content]))
        return dict(message)

    def photo(self, content: bytes) -> list[Json]:
        """Give the sizes of a photo that is new here."""
        return list(self.do(self.chats.files.add_photo(content)))


@dataclass
class Place:
    """A chat, and who is in it.

    Attributes:
        people: Their numbers.
        photos: The file_unique_id of whatever people sent there, and of what that was made from.
        is_remembering: Whether its memory was ever on.
    """

    chat_id: int
    kind: str
    people: list[int]
    photos: set[str] = field(default_factory=set)
    is_remembering: bool = False

    @property
    def is_private(self) -> bool:
        return self.kind == "private"


@dataclass
class Sent:
    """A message of a person, from which something is expected."""

    chat_id: int
    message_id: int
    what: str
    must_be_answered: bool
    album: str = ""


@dataclass
class Figures:
    """How large the bot's process is."""

    tasks: int
    threads: int
    files: int
    memory_mib: float
    objects: int


class World:
    """A server, a bot in its own process, and people.

    Args:
        folder: Where everything lies.
        scrub_s: How often the bot empties its database's log of changes.
        forgotten_s: How soon nothing is left of what was forgotten.
    """

    def __init__(self, folder: Path, *, scrub_s: float = 20.0, forgotten_s: float = 60.0) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.gallery = self.data / "gallery"
        self.scrub_s, self.forgotten_s = scrub_s, forgotten_s
        self.journal = Journal(folder / "bot.log")
        self.runner = asyncio.Runner()
        self.server = RawServer(folder / "server", token=TOKEN)
        self.places: list[Place] = []
        self.sent: list[Sent] = []
        self.pressed: list[str] = []
        self.words: dict[str, set[int]] = {}  # where those were said that are nowhere else
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.troubles: set[str] = set()  # since all was well the last time
        self.started_at = 0.0
        self.is_well = True
        self._port = 0
        self._process: ForkServerProcess | None = None
        self._hold: sqlite3.Connection | None = None

    # Beginning and ending

    def begin(self) -> None:
        self.server.start()
        self.chat = self.run(_entered(self.server))
        self.gallery.mkdir(parents=True)
        for colour in ("red", "green", "blue", "violet", "dark red"):
            (self.gallery / f"{colour}.jpg").write_bytes(jpeg(colour))
        self.start()
        self.run(self._populate())

    def end(self) -> None:
        self.be_well()
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join(END_S)
        with contextlib.suppress(Exception):
            self.run(self.chat.__aexit__())
        self.server.stop()
        self.runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _populate(self) -> None:
        chat = self.chat
        ann, bo = (
            await chat.new_person("Ann", language="de"),
            await chat.new_person("Bo \u202e🎈", language="zh-hans"),
        )
        eve = await chat.new_person("Eve", language="ru")
        people = [PRIVATE, ann, bo, eve]
        self.places = [Place(each, "private", [each], is_remembering=True) for each in (PRIVATE, ann, bo)]
        for kind, title, admins in (
            ("supergroup", "Quiet", [ann]),
            ("supergroup", "Remembers", [ann, bo]),
            ("group", "Basic", [bo]),
            ("supergroup", "Forum <b>", [ann]),
        ):
            number = await chat.new_group(title, kind=kind, admins=admins, members=[eve, bo, ann])  # type: ignore[arg-type]
            self.places.append(Place(number, "forum" if "Forum" in title else kind, people))
        await chat.set_admin(self.places[4].chat_id, chat.bot_id)

    # The bot's process

    def start(self) -> None:
        """Start the bot and wait until it answers about itself; one that cannot begin must say so and end."""
        self._port = _free_port()
        reading, writing = multiprocessing.Pipe(duplex=False)
        wishes = bot.Wishes(self.server.url, TOKEN, str(self.data), self._port, PRIVATE, self.scrub_s)
        self._process = fork(bot.main, wishes, writing)
        writing.close()
        self.journal.follow(reading)
        self.started_at = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        assert self._process is not None
        return self._process.exitcode

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """End the bot in the middle of whatever it does, and start it again."""
        assert self._process is not None
        self._process.kill()
        self._process.join(END_S)
        self.troubles.add("kill")
        self.counts["kills"] += 1
        self.start()

    def restart(self, number: int = signal.SIGTERM) -> str:
        """End the bot by a signal and start it again; gives what was wrong with its end."""
        assert self._process is not None
        wrong = ""
        if self._process.is_alive():
            os.kill(self.pid, number)
            self._process.join(END_S)
            if self._process.is_alive():
                wrong = f"it did not end within {END_S} s of signal {number}"
                self._process.kill()
                self._process.join(END_S)
            elif self._process.exitcode == -number and self.journal.life not in self.journal.heard_of:
                pass  # so early that it had no word for it
            elif self._process.exitcode:
                wrong = f"it ended with {self._process.exitcode} after signal {number}"
        self.troubles.add("restart")
        self.counts["restarts"] += 1
        self.start()
        return wrong

    def revive(self) -> str:
        """Start a bot that has ended by itself; gives what was wrong with that."""
        code = self.exit_code
        if code is None:
            return ""
        may_end = self.troubles & {"refused", "disk"}
        self.counts["ends"] += 1
        self.start()
        return "" if code and may_end else f"the bot ended by itself with {code}"

    async def figures(self) -> dict[str, float]:
        """What the bot says of itself at /metrics."""
        async with httpx.AsyncClient(verify=False, timeout=5) as client:
            text = (await client.get(f"http://127.0.0.1:{self._port}/metrics")).text
        found = re.findall(r"^(\w+) ([-0-9.e+]+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def size(self) -> Figures:
        """How large the bot's process is now."""
        told = self.run(self.figures())
        status = Path(f"/proc/{self.pid}/statm").read_text().split()
        files = len(list(Path(f"/proc/{self.pid}/fd").iterdir()))
        memory = int(status[1]) * resource.getpagesize() / 2**20
        return Figures(
            int(told["soak_tasks"]), int(told["soak_threads"]), files, memory, int(told["soak_objects"])
        )

    # What goes wrong

    def be_well(self) -> None:
        """Let nothing go wrong any more."""
        self.server.faults.clear()
        away = self.data / "gallery.away"
        if away.exists():
            if self.gallery.exists():
                self.gallery.rmdir()
            away.rename(self.gallery)
        if self._hold is not None:
            self._hold.close()
            self._hold = None
        self._limit_files(NO_LIMIT)
        self.is_well = True

    def lose_gallery(self) -> None:
        """Let the gallery's drive be unplugged."""
        if self.gallery.exists() and not (self.data / "gallery.away").exists():
            self.gallery.rename(self.data / "gallery.away")
            self.trouble("gallery")

    def fill_disk(self) -> None:
        """Let no file of the bot grow."""
        self._limit_files(1)
        self.trouble("disk")

    def hold_database(self) -> None:
        """Let another program write to the database for a while."""
        if self._hold is None:
            hold = sqlite3.connect(self.data / "bot.sqlite3", timeout=1, isolation_level=None)
            try:
                hold.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                hold.close()
                return
            self._hold = hold
            self.trouble("disk")

    def trouble(self, kind: str) -> None:
        self.troubles.add(kind)
        self.faults[kind] += 1
        self.is_well = False

    def _limit_files(self, size: int) -> None:
        if self._process is not None and self._process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, NO_LIMIT))

    # Quiet

    def until_quiet(self) -> str:
        """Wait until nothing is open any more; gives what was wrong: why it is not, or how the bot ended."""
        self.be_well()
        until, wrong, quiet = time.monotonic() + QUIET_S, [], 0
        while quiet < 3:
            if sentence := self.revive():
                wrong.append(sentence)
            self._limit_files(NO_LIMIT)
            if time.monotonic() > until:
                wrong.append(f"not quiet after {QUIET_S} s: {self.run(self._state())}")
                break
            quiet = quiet + 1 if self.run(self._is_quiet()) else 0
            self.run(asyncio.sleep(0.1))
        return "; ".join(wrong)

    async def _is_quiet(self) -> bool:
        with contextlib.suppress(httpx.HTTPError, KeyError):
            if not await self.chat.undelivered():
                return (await self.figures())["onenet_open_updates"] == 0
        return False

    async def _state(self) -> str:
        with contextlib.suppress(httpx.HTTPError):
            told = await self.figures()
            return f"{await self.chat.undelivered()} undelivered, {told.get('onenet_open_updates')} open"
        return f"no figures at all, exit code {self.exit_code}"


WORD = re.compile(r"zq[0-9a-f]{16}")


def fresh_word() -> str:
    """A word that is nowhere else."""
    return f"zq{secrets.token_hex(8)}"


async def _entered(server: LocalServer) -> LocalChat:
    return await LocalChat(server).__aenter__()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
