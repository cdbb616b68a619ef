"""Many people at once: the real bot with an engine that takes its time, `python -m tests.load --seconds 60`.

Each person sends a photo, waits for its answer, and sends the next; one floods the bot without waiting.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.memory import texts as replies
from bot.metrics import Percentiles
from tests.bot.conftest import TOKEN, Bot, jpeg, running_bot
from tests.bot.fake_engine import FakeEngine
from tests.bot.local_chat import LocalChat, local_chat

PHOTO_S = 0.004
BATCH_S = 0.01
LOOK_S = 0.02
ANSWER_S = 90.0


class SlowEngine(FakeEngine):
    """Takes about as long as a network that reads 100 photos a second."""

    def represent(self, photos: Sequence[Any]) -> Any:
        time.sleep(BATCH_S + PHOTO_S * len(photos))
        return super().represent(photos)


@dataclass
class Report:
    """What happened.

    Attributes:
        sent: Photos, without the flood's.
        flooded: Photos of the flood.
        flood_answered: How many of them have an answer.
        flood_told: How many more the bot said it left out.
        answers: How often a photo of the others got so many answers: all of them should have one.
        outcomes: How often something was answered, by its first words.
        seconds: From sending to the answer, as the people see it.
        grown_mib: How much more memory the process used at the end than after a third of the time.
        open_updates: What the bot had not answered at the end.
    """

    sent: int = 0
    flooded: int = 0
    flood_answered: int = 0
    flood_told: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    grown_mib: float = 0.0
    open_updates: int = 0

    def __str__(self) -> str:
        latency = Percentiles.of(self.seconds)
        return "\n".join(
            (
                f"photos sent and waited for: {self.sent}",
                f"flood: {self.flooded}, answered {self.flood_answered}, told as left out {self.flood_told}",
                f"answers a photo: {dict(self.answers)}; left open: {self.open_updates}",
                f"what was said: {dict(self.outcomes)}",
                f"seconds to the answer: median {latency.p50:.2f}, 95 % {latency.p95:.2f}, "
                f"99 % {latency.p99:.2f}, longest {max(self.seconds, default=0):.2f}",
                f"memory grew by {self.grown_mib:.0f} MiB (bot, server and people together)",
            )
        )


class Crowd:
    """The people, and what they got."""

    def __init__(self, bot: Bot) -> None:
        self.report = Report()
        self._bot = bot
        self._photo = ""
        self._flooding = 0
        self._latest: dict[int, int] = {}
        self._answers: dict[tuple[int, int], list[str]] = {}
        self._news: dict[tuple[int, int], asyncio.Event] = {}

    async def prepare(self, people: int) -> list[int]:
        """Let people come, and a photo be there that they can send without an upload."""
        [sent] = await self._bot.chat.send_photos([jpeg("red")])
        self._photo = sent["photo"][-1]["file_id"]
        await self._bot.chat.wait_for(after=sent)
        return [await self._bot.chat.new_person() for _ in range(people)]

    async def act(self, person: int, until: float) -> None:
        """Send photos one after another until a time."""
        while time.monotonic() < until:
            begun = time.monotonic()
            key = await self.send(person)
            self.report.sent += 1
            await asyncio.wait_for(self._news[key].wait(), ANSWER_S)
            self.report.seconds.append(time.monotonic() - begun)

    async def flood(self, person: int, photos: int) -> None:
        """Send photos without waiting."""
        self._flooding = person
        for _ in range(photos):
            await self.send(person)
            self.report.flooded += 1

    async def send(self, person: int) -> tuple[int, int]:
        """Send a photo; what names it."""
        [sent] = await self._bot.chat.send_photos([self._photo], chat_id=person)
        key = (person, sent["message_id"])
        self._latest[person] = sent["message_id"]
        self._answers.setdefault(key, [])
        self._news.setdefault(key, asyncio.Event())
        return key

    async def listen(self) -> None:
        """Note the answers as the page hears of them."""
        events, place = self._bot.chat.events, 0
        while True:
            for event in events[place:]:
                message = event.get("message") or {}
                if event["kind"] == "message" and message["from"]["is_bot"] and _is_answer(message):
                    self._note(message)
            place = len(events)
            await asyncio.sleep(LOOK_S)

    def finish(self) -> Report:
        """Count; call it when all is quiet."""
        calm = [texts for (chat, _), texts in self._answers.items() if chat != self._flooding]
        flood = [
            text for (chat, _), texts in self._answers.items() if chat == self._flooding for text in texts
        ]
        left_out = [int(found[1]) for text in flood if (found := re.match(r"I left out (\d+)", text))]
        self.report.answers = Counter(map(len, calm))
        self.report.outcomes = Counter(text.split(":")[0] for texts in calm for text in texts)
        self.report.flood_told = sum(left_out)
        self.report.flood_answered = len(flood) - len(left_out)
        self.report.open_updates = self._bot.services.inbox.open_updates
        return self.report

    def _note(self, message: dict[str, Any]) -> None:
        person = message["chat"]["id"]
        asked = message.get("reply_to_message")  # only where several wait for their answers
        key = (person, asked["message_id"]) if asked is not None else (person, self._latest.get(person, 0))
        self._answers.setdefault(key, []).append(message.get("text", ""))
        self._news.setdefault(key, asyncio.Event()).set()


async def load(
    chat: LocalChat, data_dir: Path, *, people: int, seconds: float, flood: int, **settings: Any
) -> Report:
    """Let people send photos for some seconds."""
    async with running_bot(chat, data_dir, SlowEngine(), **settings) as bot, _crowd(bot) as crowd:
        everyone = await crowd.prepare(people + 1)
        until = time.monotonic() + seconds
        watching = asyncio.create_task(_growth_mib(seconds / 3, until))
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.flood(everyone[0], flood))
            for person in everyone[1:]:
                group.create_task(crowd.act(person, until))
        crowd.report.grown_mib = await watching
        quiet_at = time.monotonic() + ANSWER_S
        while bot.services.inbox.open_updates and time.monotonic() < quiet_at:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(5 * LOOK_S)
        return crowd.finish()


def _is_answer(message: dict[str, Any]) -> bool:
    """Whether it is neither a photo that was found nor what is said of the memory."""
    of_memory = replies.seen_before(0, "", is_reply_to_earlier=True)
    return message.get("text", of_memory) not in (of_memory, replies.first_photo())


@asynccontextmanager
async def _crowd(bot: Bot) -> AsyncIterator[Crowd]:
    crowd = Crowd(bot)
    listening = asyncio.create_task(crowd.listen())
    try:
        yield crowd
    finally:
        listening.cancel()


async def _growth_mib(after_s: float, until: float) -> float:
    await asyncio.sleep(after_s)
    before = _memory_mib()
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    return _memory_mib() - before


def _memory_mib() -> float:
    """The resident memory of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _main(arguments: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        async with local_chat(Path(folder) / "server", token=TOKEN) as chat:
            return await load(
                chat,
                Path(folder) / "data",
                people=arguments.people,
                seconds=arguments.seconds,
                flood=arguments.flood,
                queue_size=arguments.queue_size,
                photos_per_minute=arguments.photos_per_minute,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("people", 200), ("flood", 300), ("queue-size", 1000), ("photos-per-minute", 60)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=60.0)
    report = asyncio.run(_main(parser.parse_args()))
    print(report)
    is_well = set(report.answers) == {1} and report.flood_answered + report.flood_told == report.flooded
    sys.exit(not is_well or report.open_updates > 0)
