"""Games: a gallery photo and four captions, one of which is its own; rounds end by themselves."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bot.background import Background
from bot.delivery.turn import begin_turn
from bot.features.game.rounds import Outcome, Round, Rounds
from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.language.network import written_here
from bot.photos.sending import encode_for_chat
from bot.store.keys import ChatKey
from onenet.captions import RIDDLE_PHOTOS, choose_riddle
from onenet.engine import Engine

RETRY_S = 30.0

Reveal = Callable[[Outcome], Awaitable[None]]


@dataclass(frozen=True)
class Riddle:
    """A photo as a JPEG, and captions of which one is its own."""

    image: bytes
    captions: tuple[str, ...]
    answer: int


class Games:
    """Makes riddles, and ends rounds when their time is up, also those of before a restart.

    Args:
        rounds: Where they are kept.
        gallery: Whose photos are shown.
        worker: Does the work.
        engine: Captions the photos.
    """

    def __init__(self, rounds: Rounds, gallery: Gallery, worker: Worker, engine: Engine) -> None:
        self.rounds = rounds
        self._gallery = gallery
        self._worker = worker
        self._engine = engine
        self._random = random.Random()
        self._beginning: set[ChatKey] = set()
        self._background = Background("Rounds of the game could not be ended", retry_s=RETRY_S)
        self._reveal: Reveal | None = None
        self._revealing: set[asyncio.Task[None]] = set()

    def start(self, bot_id: int, reveal: Reveal) -> None:
        """Begin to watch the time.

        Args:
            reveal: Tells the chat how a round ended.
        """
        self._reveal = reveal
        self._background.start(partial(self._end_due, bot_id))

    async def stop(self) -> None:
        """Stop; what is due meanwhile ends after the next start."""
        await self._background.stop()
        for task in self._revealing:
            task.cancel()
        await asyncio.gather(*self._revealing, return_exceptions=True)

    def wake(self) -> None:
        """Look at the time of a new round."""
        self._background.wake()

    @contextlib.contextmanager
    def beginning(self, chat: ChatKey) -> Iterator[bool]:
        """Give True to the first who begins a round in a chat, False to others until that is done."""
        if chat in self._beginning:
            yield False
            return
        self._beginning.add(chat)
        try:
            yield True
        finally:
            self._beginning.discard(chat)

    async def riddle(self) -> Riddle:
        """Choose a photo of the gallery and captions for it.

        Raises:
            OneNetError: If its photos are too few or too much alike.
            BusyError: If too many wait already.
        """
        photos, representations = await self._gallery.sample(RIDDLE_PHOTOS, self._random)
        caption = partial(self._engine.caption, language=written_here(self._engine))
        row, texts = await self._worker.call(choose_riddle, caption, representations)
        image = await self._worker.open_file(encode_for_chat, photos[row])
        own = texts[0]
        self._random.shuffle(texts)
        return Riddle(image, tuple(texts), texts.index(own))

    async def end(self, opened: Round) -> None:
        """End a round, unless that was done, and let its chat see how, for which no other has to wait."""
        outcome = await self.rounds.finish(opened)
        if outcome is None or self._reveal is None:
            return
        task = asyncio.create_task(_in_the_background(self._reveal, outcome))
        self._revealing.add(task)
        task.add_done_callback(self._revealing.discard)

    async def _end_due(self, bot_id: int) -> float | None:
        """End the rounds whose time is up; the seconds until that of the next one is, if there is one."""
        for opened in await self.rounds.due(bot_id, time.time()):
            await self.end(opened)
        end = await self.rounds.next_end(bot_id)
        return None if end is None else max(end - time.time(), 0.0)


async def _in_the_background(reveal: Reveal, outcome: Outcome) -> None:
    begin_turn(None)  # whoever began a round after it has no part in how it ended
    await reveal(outcome)
