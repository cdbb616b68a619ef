"""What must hold in a soak whenever all is quiet."""

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.soak.journal import Record, Turn, UpdateNotes
from tests.soak.people import NEVER_SAID
from tests.soak.world import WORD, Figures, World

_OF_TELEGRAM = re.compile(
    r"^telegram\.error\.\w+|^bot\.delivery\.inbox\.InboxError|^httpx\.\w+", re.MULTILINE
)
_OF_DISK = re.compile(
    r"sqlite3\.\w*Error|OSError|File too large|disk I/O|database is locked|readonly|takes no update", re.I
)
MORE_TASKS, MORE_THREADS, MORE_FILES, MORE_MIB = 25, 12, 25, 150.0
SETTLED_S = 20.0
NOTED_S = 30.0  # soon after the disk is well again all that was answered is noted


@dataclass
class Vanishing:
    """Something that shall be nowhere in the bot's folder soon."""

    what: bytes
    why: str
    since: float


@dataclass
class Checks:
    """Looks at the world and collects what is wrong with it.

    Attributes:
        failures: Sentences.
        figures: The sizes of each process of the bot, whenever all was quiet.
    """

    world: World
    failures: list[str] = field(default_factory=list)
    figures: dict[int, list[Figures]] = field(default_factory=dict)
    vanishing: list[Vanishing] = field(default_factory=list)
    answered: int = 0
    updates: int = 0
    _events: int = 0
    _looked_at: int = 0

    def fail(self, sentence: str) -> None:
        stamp = time.strftime("%H:%M:%S")
        self.failures.append(f"{stamp} life {self.world.journal.life}: {sentence}")
        print(f"FAILURE {self.failures[-1]}", flush=True)

    def all(self) -> None:
        """Wait until all is quiet, then look at everything."""
        world = self.world
        if wrong := world.until_quiet():
            self.fail(wrong)
        self._look_at_log()
        self._look_at_answers()
        self._look_at_chats()
        self._look_at_presses()
        self._look_at_database()
        self._look_at_size()
        self.look_for_what_is_forgotten()
        world.troubles.clear()
        world.counts["quiet points"] += 1

    # The log

    def _look_at_log(self) -> None:
        records = self.world.journal.take_records()
        if any("telegram.error.TimedOut" in record.text for record in records):  # a machine that is busy
            self.world.troubles.add("server")
        for record in records:
            if not self._is_expected(record):
                self.fail(f"the log says {record.level} {record.logger}: {record.text[:1500]}")

    def _is_expected(self, record: Record) -> bool:
        has_trace = "Traceback" in record.text
        if record.level == "WARNING" and not has_trace:
            return "never awaited" not in record.text and "ResourceWarning" not in record.text
        troubles = self.world.troubles
        last = record.text.rstrip().rsplit("\n", 1)[-1]
        if "PhotoError: Thirteen" in last:  # the engine's, which reads the others alone then
            return record.level == "WARNING"
        if "never retrieved" in record.text or record.level in ("CRITICAL", "PRINTED"):
            return False
        if record.logger == "bot.background" and not has_trace:
            return bool(troubles)
        if "disk" in troubles and _OF_DISK.search(record.text):
            return True
        if _OF_TELEGRAM.match(last) or (record.logger.startswith("bot.delivery.updates") and not has_trace):
            return bool(troubles)
        return False

    # Answers

    def _look_at_answers(self) -> None:
        journal = self.world.journal
        for number, notes in sorted(journal.updates.items()):
            if number > self._looked_at:
                self.updates += 1
                self._look_at_turns(number, notes)
        answered_albums = {
            sent.album
            for sent in self.world.sent
            if any(map(self._is_answered, journal.by_message.get((sent.chat_id, sent.message_id), [])))
        }
        unanswered = 0
        for sent in self.world.sent:
            if unanswered > 5:  # the others are of the same kind
                break
            numbers = journal.by_message.get((sent.chat_id, sent.message_id), [])
            if not numbers and sent.must_be_answered:
                self.fail(f"{sent.what!r} in {sent.chat_id} never had a turn")
                unanswered += 1
            elif sent.album and sent.album in answered_albums:  # a part that came late may need no answer
                self.answered += 1
            elif sent.must_be_answered and not any(self._is_answered(each) for each in numbers):
                said = [
                    (each, journal.updates[each].outcomes, journal.updates[each].turns) for each in numbers
                ]
                self.fail(f"{sent.what!r} in {sent.chat_id} was not answered: {said}")
                unanswered += 1
            else:
                self.answered += 1
        self.world.sent.clear()
        self._looked_at = max([self._looked_at, *journal.updates])
        journal.forget(self._looked_at - 500)

    def _look_at_turns(self, number: int, notes: UpdateNotes) -> None:
        """Nothing is answered by a second turn but one that apologises for the first."""
        speaking = [turn for turn in notes.turns if turn.arrived]
        for turn in speaking[1:]:
            is_apology = turn.state == "answering" and len(turn.arrived) == 1
            if not is_apology and "disk" not in self.world.troubles:
                self.fail(f"update {number} was answered twice: {_told(speaking)}")
        for turn in speaking:
            texts = [each["text"] for each in turn.arrived if each["call"] == "sendMessage" and each["text"]]
            again = [text for text, times in Counter(texts).items() if times > 1]
            if again:
                self.fail(f"update {number} was told the same twice: {_told([turn])}")

    def _is_answered(self, number: int) -> bool:
        journal, troubles = self.world.journal, self.world.troubles
        notes = journal.updates[number]
        if any(self._is_answered(other) for other in notes.answered_with if other != number):
            return True
        calls = [call for turn in notes.turns for call in turn.calls]
        said = [call for call in calls if not call["call"].startswith(("answer", "delete", "sendChatAction"))]
        if any(call["status"] == 200 for call in said) or "LeftOutError" in notes.outcomes:
            return True
        # What the server took and did not say so, or what it refused for good.
        if troubles & {"server"} and "Forbidden" in notes.outcomes:
            return True
        return bool(troubles & {"server"}) and any(call["status"] in (0, 400, 403) for call in said)

    def _look_at_presses(self) -> None:
        journal = self.world.journal
        for query in self.world.pressed:
            number = journal.by_press.get(query)
            if number is None:
                self.fail(f"the press {query} never had a turn")
            elif not self.world.troubles:
                calls = [call for turn in journal.updates[number].turns for call in turn.calls]
                times = sum(call["call"] == "answerCallbackQuery" for call in calls)
                if times != 1:
                    self.fail(f"the press {query} (update {number}) was answered {times} times: {calls}")
        self.world.pressed.clear()

    # Chats

    def _look_at_chats(self) -> None:
        self.world.run(_pass_on())
        events = self.world.chat.events
        owners = self._owners()
        for event in events[self._events :]:
            message = event.get("message") or {}
            if message.get("from", {}).get("is_bot"):
                self._look_at_message(message, owners)
            elif event["kind"] == "callback_answer":
                self._look_at_text(str(event.get("text") or ""), "an answer to a press")
        self._events = len(events)

    def _look_at_message(self, message: dict[str, Any], owners: dict[str, set[int]]) -> None:
        chat_id = message["chat"]["id"]
        self._look_at_text(
            message.get("text") or message.get("caption") or "", f"a message in {chat_id}", chat_id
        )
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                self._look_at_text(button["text"], f"a button in {chat_id}", chat_id)
        for size in message.get("photo", []):
            whose = owners.get(size["file_unique_id"])
            if whose and chat_id not in whose:
                self.fail(f"chat {chat_id} was shown a photo of {whose}: {str(message)[:600]}")

    def _look_at_text(self, text: str, where: str, chat_id: int = 0) -> None:
        if found := NEVER_SAID.search(text):
            self.fail(f"{where} says {found[0]!r}: {text[:300]}")
        for word in WORD.findall(text):
            if chat_id and chat_id not in self.world.words[word]:
                self.fail(f"{where} says {word}, which was said in {self.world.words[word]}: {text[:300]}")

    def _owners(self) -> dict[str, set[int]]:
        owners: dict[str, set[int]] = {}
        for place in self.world.places:
            for photo in place.photos:
                owners.setdefault(photo, set()).add(place.chat_id)
        return owners

    # The folder

    def _look_at_database(self) -> None:
        until = time.monotonic() + NOTED_S
        while (left := self._open_in_database()) and time.monotonic() < until:
            time.sleep(0.2)
        connection = self._connection()
        try:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            connection.close()
        if found != [("ok",)] or loose:
            self.fail(f"the database is damaged: {found[:3]} {loose[:3]}")
        if left:
            self.fail(f"{left} updates are open in the database, and none in memory")
        if damaged := list(self.world.data.glob("*.damaged-*")):
            self.fail(f"a database was moved aside: {damaged}")

    def _open_in_database(self) -> int:
        connection = self._connection()
        try:
            query = "SELECT COUNT(*) FROM inbox WHERE state <> 'answered'"
            return int(connection.execute(query).fetchone()[0])
        finally:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        path = self.world.data / "bot.sqlite3"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)

    def shall_vanish(self, what: str, why: str) -> None:
        self.vanishing.append(Vanishing(what.encode(), why, time.monotonic()))

    def may_stay(self, what: Iterable[str]) -> None:
        """Expect no more that these vanish: people have brought them up again."""
        again = {each.encode() for each in what}
        self.vanishing = [each for each in self.vanishing if each.what not in again]

    def look_for_what_is_forgotten(self, *, at_last: bool = False) -> None:
        """Look through all files of the bot's folder for what is due, once it has been well for a while."""
        now, due_s = time.monotonic(), self.world.forgotten_s
        if "disk" in self.world.troubles:  # what cannot be written cannot be wiped out: the time begins anew
            for each in self.vanishing:
                each.since = now
        if at_last and self.vanishing:
            time.sleep(max(0.0, max(each.since for each in self.vanishing) + due_s - now))
            now = time.monotonic()
        due = [
            each
            for each in self.vanishing
            if now - each.since >= due_s and now - self.world.started_at >= due_s / 2
        ]
        if not due:
            return
        contents = list(self._contents())
        for each in due:
            places = [name for name, content in contents if each.what in content]
            if places:
                self.fail(f"{each.what!r} is in {places} still, though {each.why}")
        self.world.counts["looked for"] += len(due)
        self.vanishing = [each for each in self.vanishing if each not in due]

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        for path in self.world.data.rglob("*"):
            if path.is_file() and not path.is_relative_to(self.world.gallery):
                yield path.name, path.read_bytes()

    # Growth

    def _look_at_size(self) -> None:
        life = self.world.journal.life
        if time.monotonic() - self.world.started_at < SETTLED_S:
            return
        now = self.world.size()
        sizes = self.figures.setdefault(life, [])
        sizes.append(now)
        first = sizes[0]
        for name, more in (
            ("tasks", MORE_TASKS),
            ("threads", MORE_THREADS),
            ("files", MORE_FILES),
            ("memory_mib", MORE_MIB),
        ):
            if getattr(now, name) > getattr(first, name) + more:
                self.fail(f"{name} grew from {getattr(first, name)} to {getattr(now, name)}")
                sizes[0] = now

    # The end

    def summary(self, seconds: float) -> str:
        """One line that says it all."""
        world = self.world
        sizes = [size for life in self.figures.values() for size in life]
        memory = (
            f"{sizes[0].memory_mib:.0f} -> {sizes[-1].memory_mib:.0f} MiB (most "
            f"{max(size.memory_mib for size in sizes):.0f}), tasks {sizes[0].tasks} -> {sizes[-1].tasks}"
            if sizes
            else "not measured"
        )
        faults = ", ".join(f"{name} {times}" for name, times in sorted(world.faults.items()))
        counts = world.counts
        return (
            f"soak: {seconds / 60:.0f} min, {counts['steps']} steps, {self.updates} updates, "
            f"{self.answered} messages looked at, {counts['quiet points']} quiet points, "
            f"{counts['restarts']} restarts, {counts['kills']} kills, {counts['ends']} ends of its own, "
            f"faults: {faults or 'none'}; {counts['looked for']} forgotten things looked for; "
            f"memory {memory}; {len(self.failures)} failures"
        )


async def _pass_on() -> None:
    """Let what the page is told of come in."""
    await asyncio.sleep(0.3)


def _told(turns: list[Turn]) -> list[tuple[int, int, str, list[tuple[str, str]]]]:
    return [
        (turn.life, turn.attempt, turn.state, [(each["call"], each["text"]) for each in turn.arrived])
        for turn in turns
    ]
