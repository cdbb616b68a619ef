"""Programs that tests start: a Python of its own, or a fork of a process that has imported everything.

To import torch takes longer than what most of these tests look at. A fork has it at once, and runs the same
file as a person does.
"""

import multiprocessing
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bot.conftest import settings_for

PROJECT = Path(__file__).resolve().parents[1]
LONGEST_S = 120.0

_FORKS = multiprocessing.get_context("forkserver")
PRELOADED = ["pytest", "tests.bot.killed_bot", "tests.processes"]
_FORKS.set_forkserver_preload(PRELOADED)


def fork(function: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """Call a function in a process of its own."""
    process = _FORKS.Process(target=function, args=arguments)
    process.start()
    return process


class Process:
    """A running `python bot.py`; `text` is all it has printed so far.

    Args:
        environ: Settings of the bot.
        forked: Whether it begins with its modules imported; else it is a Python of its own.
        before: Is called in the fork, before the bot begins.
    """

    def __init__(
        self, environ: dict[str, str], *, forked: bool = True, before: Callable[[], None] | None = None
    ) -> None:
        names = {field.upper() for field in settings_for(Path()).__dataclass_fields__}
        inherited = {name: value for name, value in os.environ.items() if name not in names}
        # Every variable is set, so that a developer's own .env does not matter.
        environ = (
            dict.fromkeys(names, "") | {"OPEN_BROWSER": "0", "LOCAL_PORT": "0", "THREADS": "1"} | environ
        )
        self._folder = TemporaryDirectory()
        self._printed = Path(self._folder.name, "printed.txt")
        self._printed.touch()
        self._last_text: str | None = None
        self._process: ForkServerProcess | subprocess.Popen[bytes]
        if forked:
            self._process = fork(_run_bot, inherited | environ, self._printed, before)
        else:
            with self._printed.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "bot.py"],
                    cwd=PROJECT,
                    env=inherited | environ,
                    stdout=output,
                    stderr=output,
                )

    @property
    def text(self) -> str:
        if self._last_text is not None:
            return self._last_text
        return self._printed.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern: str) -> "re.Match[str]":
        deadline = time.monotonic() + LONGEST_S
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, f"{pattern!r} is not in:\n{self.text}"
            assert self._wait(0.02) is None or re.search(pattern, self.text), self.text
        return found

    def end(self, how: signal.Signals | None = None) -> int:
        """The exit code, once it has ended: by itself, or by a signal."""
        if self._last_text is None:
            if how is not None and self._wait(0) is None:
                assert self._process.pid is not None
                os.kill(self._process.pid, how)
            try:
                assert self._wait(LONGEST_S) is not None, self.text
            finally:
                self._process.kill()
                self._wait(LONGEST_S)
                self._last_text = self.text
                self._folder.cleanup()
        code = self._wait(0)
        assert code is not None
        return code

    def _wait(self, timeout_s: float) -> int | None:
        if isinstance(self._process, ForkServerProcess):
            self._process.join(timeout_s)
            return self._process.exitcode
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None


@contextmanager
def process(
    *, forked: bool = True, before: Callable[[], None] | None = None, **environ: str | Path
) -> Iterator[Process]:
    """A bot that is asked to end afterwards, if it has not."""
    running = Process({name: str(value) for name, value in environ.items()}, forked=forked, before=before)
    try:
        yield running
    finally:
        running.end(signal.SIGTERM)


def _run_bot(environ: dict[str, str], printed: Path, before: Callable[[], None] | None) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(PROJECT)
    with printed.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if before is not None:
        before()
    runpy.run_path(str(PROJECT / "bot.py"), run_name="__main__")
