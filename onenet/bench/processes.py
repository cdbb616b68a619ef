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


def resident_mb(pid: int | str = "self") -> float | None:
    """Megabytes that a process holds in memory now, where the system tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return None
    [line] = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def bot_at_work(checkpoint: Path, photo: Path) -> tuple[float, float, float | None]:
    """Measure `python bot.py` from its start.

    Returns:
        Seconds until its page answers, seconds until the first photo there has its caption, and the megabytes
        that it holds when all is loaded, see `resident_mb`.

    Raises:
        OSError: If it does not come so far.
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
                    page = _Page(found[1].rstrip("/"))
                    page.open("/")
                    page_s = time.perf_counter() - started
                    page.caption(photo)
                    return page_s, time.perf_counter() - started, _settled_mb(bot.pid)
            raise OSError("the bot ended before its page was there")
        finally:
            bot.terminate()
            bot.communicate(timeout=_LONGEST_S)


class _Page:
    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def open(self, path: str, form: bytes | None = None) -> Any:
        """Get an address, or post a form there."""
        kind = {"Content-Type": "multipart/form-data; boundary=form"} if form else {}
        request = urllib.request.Request(self._url + path, form, kind)
        with self._opener.open(request, timeout=_LONGEST_S) as page:
            return page.read()

    def caption(self, photo: Path) -> None:
        """Send a photo and wait for what the bot answers."""
        head = (
            'Content-Disposition: form-data; name="photo"; filename="photo.jpg"\r\nContent-Type: image/jpeg'
        )
        form = b"--form\r\n%s\r\n\r\n%s\r\n--form--\r\n" % (head.encode(), photo.read_bytes())
        [chat] = [
            each for each in json.loads(self.open("/local/state"))["chats"] if each["type"] == "private"
        ]
        messages = f"/local/chats/{chat['id']}/messages"
        sent = json.loads(self.open(messages, form))["messages"][-1]["message_id"]
        until = time.monotonic() + _LONGEST_S
        while time.monotonic() < until:
            for message in json.loads(self.open(messages))["messages"]:
                if message["message_id"] > sent and message["from"]["is_bot"]:
                    return
            time.sleep(0.02)
        raise OSError("the bot did not answer a photo")


def _settled_mb(pid: int) -> float | None:
    """Megabytes that a process holds once they stay the same for two seconds: it loads beside its answers."""
    before, still = resident_mb(pid), 0
    while before is not None and still < 4:
        time.sleep(0.5)
        now = resident_mb(pid)
        still = still + 1 if now is not None and abs(now - before) < 1 else 0
        before = now
    return before


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
