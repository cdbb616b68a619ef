"""The journal of a soak: the bot's log as it comes, read into turns, calls and records."""

import json
import re
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from tests.soak.bot import MARK

_RECORD = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.]+): (.*)")
_OUTCOME = re.compile(r"update=(\d+) kind=(\w+) chat=(\w+) chat_id=(-?\d+) outcome=(\w+) ms=\d+")
NEW_MESSAGES = ("send", "copy", "forward")


@dataclass
class Turn:
    """An update's turn, or one of several that it had.

    Attributes:
        life: Which process of the bot had it.
        attempt: How often nothing could be said before.
        state: As it was found.
        calls: What was sent for it.
    """

    life: int
    attempt: int
    state: str
    calls: list[dict[str, Any]] = field(default_factory=list)

    @property
    def arrived(self) -> list[dict[str, Any]]:
        """The new messages of which the server said that it took them."""
        return [
            each
            for each in self.calls
            if each["status"] == 200
            and each["call"].startswith(NEW_MESSAGES)
            and each["call"] != "sendChatAction"
        ]


@dataclass
class UpdateNotes:
    """All that the log says of an update."""

    chat: int = 0
    message: int = 0
    press: str = ""
    is_new: bool = False
    turns: list[Turn] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    answered_with: set[int] = field(default_factory=set)


@dataclass
class Record:
    """A line of the log with those that belong to it."""

    level: str
    logger: str
    text: str
    life: int


class Journal:
    """Takes down what all processes of the bot say.

    Args:
        path: Where it is written, too.
    """

    def __init__(self, path: Path) -> None:
        self.updates: dict[int, UpdateNotes] = defaultdict(UpdateNotes)
        self.by_message: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.by_press: dict[str, int] = {}
        self.levels: Counter[str] = Counter()
        self.phrases: Counter[str] = Counter()
        self.records: list[Record] = []  # those that somebody has to look at
        self.heard_of: set[int] = set()
        self.life = 0
        self._file = path.open("a", encoding="utf-8", errors="replace")
        self._lock = threading.Lock()
        self._last: Record | None = None

    def follow(self, pipe: Pipe) -> threading.Thread:
        """Read what a new process says until it ends."""
        self.life += 1
        thread = threading.Thread(target=self._read, args=(pipe, self.life), daemon=True)
        thread.start()
        return thread

    def take_records(self) -> list[Record]:
        """Give the records since the last call that are warnings or worse, or no records at all."""
        with self._lock:
            records, self.records = self.records, []
        return records

    def forget(self, before: int) -> None:
        """Let go of the updates before a number."""
        with self._lock:
            for number in [each for each in self.updates if each < before]:
                del self.updates[number]

    def _read(self, pipe: Pipe, life: int) -> None:
        with open(pipe.fileno(), encoding="utf-8", errors="replace", closefd=False) as lines:
            for line in lines:
                with self._lock:
                    self._take(line.rstrip("\n"), life)
        pipe.close()

    def _take(self, line: str, life: int) -> None:
        self._file.write(f"{life} {line}\n")
        self._file.flush()
        self.heard_of.add(life)
        if MARK in line:
            before, _, told = line.partition(MARK)
            self._note(json.loads(told), life)
            line = before
            if not line:
                return
        found = _RECORD.match(line)
        if found is None:
            self._go_on(line, life)
            return
        level, logger, text = found.groups()
        self.levels[level] += 1
        if outcome := _OUTCOME.match(text):
            self.updates[int(outcome[1])].outcomes.append(outcome[5])
        self._last = Record(level, logger, text, life)
        if level not in ("DEBUG", "INFO"):
            self.phrases[f"{level} {logger}: {re.sub(r'[-0-9.]+', 'N', text)[:110]}"] += 1
            self.records.append(self._last)

    def _go_on(self, line: str, life: int) -> None:
        """Take a line that begins no record: it goes on with the last one, or is of nobody."""
        if self._last is not None and self._last.life == life:
            self._last.text += f"\n{line}"
            if line.startswith("Traceback") and self._last not in self.records:
                self.records.append(self._last)
        elif line.strip():
            self._last = Record("PRINTED", "", line, life)
            self.records.append(self._last)

    def _note(self, told: dict[str, Any], life: int) -> None:
        if "turn" in told:
            notes = self.updates[told["turn"]]
            notes.chat, notes.message, notes.press = told["chat"], told["message"], told["press"]
            notes.is_new = told["is_new"]
            notes.turns.append(Turn(life, told["attempt"], told["state"]))
            if told["turn"] not in self.by_message[told["chat"], told["message"]]:
                self.by_message[told["chat"], told["message"]].append(told["turn"])
            if told["press"]:
                self.by_press[told["press"]] = told["turn"]
            return
        notes = self.updates[told["update"]]
        if not notes.turns:
            notes.turns.append(Turn(life, told["attempt"], "waiting"))
        same = [each for each in notes.turns if (each.life, each.attempt) == (life, told["attempt"])]
        (same or notes.turns)[-1].calls.append(told)
        for other in told["with"]:
            self.updates[other].answered_with.add(told["update"])
