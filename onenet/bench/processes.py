"""What whole programs take, each in a process of its own: seconds, and memory at its peak."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onenet.paths import DATA

_PROJECT = DATA.parent
_CHAT = re.compile(r"The chat is at (http://\S+)")
_LONGEST_S = 300.0


def command_line(*arguments: str) -> list[str]:
    """Give the command that runs a verb of `python -m onenet`."""
    return [sys.executable, "-m", "onenet", *arguments]


def run(command: Sequence[str]) -> tuple[float, int | None]:
    """Run a program to its end: seconds, and megabytes at its peak where the system tells.

    A small process starts it: to the system a new process is for a moment as large as the one it comes from.

    Raises:
        subprocess.CalledProcessError: If it fails.
    """
    starter = [sys.executable, "-m", "onenet.bench.processes", *command]
    done = subprocess.run(starter, cwd=_PROJECT, check=True, capture_output=True, encoding="utf-8")
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def main() -> int:
    """Run the program that the command line names, and print its seconds and megabytes as JSON."""
    command = sys.argv[1:]
    started = time.perf_counter()
    one = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = None
    if hasattr(os, "wait4"):  # not on Windows
        _, status, usage = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
        memory = round(usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024))
    else:
        one.wait()
    print(json.dumps([time.perf_counter() - started, memory]))
    return one.returncode


def bot_to_its_page(checkpoint: Path) -> float:
    """Seconds from the start of `python bot.py` until its page answers.

    Raises:
        OSError: If it does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "BOT_TOKEN": "",
            "CHECKPOINT": str(checkpoint.resolve()),
            "DATA_DIR": folder,
            "LOCAL_PORT": "0",
            "METRICS_PORT": "",
            "OPEN_BROWSER": "0",
            "PYTHONUNBUFFERED": "1",
        }
        started = time.perf_counter()
        bot = subprocess.Popen(
            [sys.executable, "bot.py"],
            cwd=_PROJECT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        try:
            assert bot.stdout is not None
            for line in bot.stdout:
                if (found := _CHAT.search(line)) is not None:
                    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(found[1], timeout=60)
                    return time.perf_counter() - started
            raise OSError("the bot ended before its page was there")
        finally:
            bot.terminate()
            bot.communicate(timeout=_LONGEST_S)


def bot_worker(checkpoint: Path, photo: Path, rounds: int, threads: int) -> dict[str, list[float]]:
    """Seconds of answers through the bot's worker, see `bot.inference.speed`."""
    command = [sys.executable, "-m", "bot.inference.speed", str(checkpoint), str(photo)]
    done = subprocess.run(
        [*command, str(rounds), str(threads)], cwd=_PROJECT, check=True, capture_output=True, encoding="utf-8"
    )
    times: dict[str, Any] = json.loads(done.stdout)
    return times


if __name__ == "__main__":
    sys.exit(main())
