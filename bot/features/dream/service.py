"""Dreams: pictures of descriptions, dreamt one after another beside what else is to be done."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from bot.inference.errors import TooSlowError
from bot.inference.one_per_chat import OnePerChat
from bot.inference.worker import Worker
from bot.language.network import written_here
from bot.photos.sending import as_jpeg
from bot.store.keys import ChatKey
from onenet.dreams import DreamStep, Recognised
from onenet.engine import Engine
from onenet.errors import N_, OneNetError
from onenet.search import WordsQuery

MOST_S = 60.0  # for one dream
MOST_WAITING = 3
SENT_PX = 896  # a dream's own pixels would be small and sharp-edged on a phone


class ChatDreamsError(OneNetError):
    """A chat asks for a dream while it has one in the making."""

    def __init__(self) -> None:
        super().__init__(
            N_("I am dreaming for this chat already. Ask for the next dream when that is over, or stop it.")
        )


class ManyDreamsError(OneNetError):
    """As many dreams wait as may."""

    def __init__(self) -> None:
        super().__init__(N_("Too many dreams wait already. Please ask again in a few minutes."))


class Dream:
    """A dream that a chat waits for.

    Attributes:
        step: How far it is; None before it has begun.
        is_stopped: Whether somebody stopped it.
        may_go_on: Set when it is its turn, or it is stopped.
    """

    def __init__(self) -> None:
        self.step: DreamStep | None = None
        self.is_stopped = False
        self.may_go_on = asyncio.Event()

    @property
    def share(self) -> float:
        """How much of the dream is done, 0 to 1."""
        return self.step.share if self.step is not None else 0.0

    def stop(self) -> None:
        """Let the dream end at its next step."""
        self.is_stopped = True
        self.may_go_on.set()


@dataclass(frozen=True)
class Dreamt:
    """A dream that is over.

    Attributes:
        picture: A JPEG.
        seen: What the network sees in it.
        is_whole: Whether it had time enough.
    """

    picture: bytes
    seen: Recognised
    is_whole: bool


class Dreams:
    """Dreams for chats, one after another, one at a time a chat.

    Args:
        engine: Dreams; what it dreams with is its own, so that captions need not wait.
        worker: Lets it, a step at a time.

    Attributes:
        open: The dreams that are waited for; the first of them is in the making.
    """

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self._engine = engine
        self._worker = worker
        self.open: OnePerChat[Dream] = OnePerChat()

    @contextlib.contextmanager
    def expecting(self, chat: ChatKey) -> Iterator[Dream]:
        """Wait in line with a dream for a chat.

        Raises:
            ChatDreamsError: If it has one in the making.
            ManyDreamsError: If too many wait already.
        """
        dream = Dream()
        is_too_much = len(self.open) > MOST_WAITING
        try:
            with self.open.holding(chat, dream) as is_first:
                if not is_first:
                    raise ChatDreamsError
                if is_too_much:
                    raise ManyDreamsError
                self._call_next()
                yield dream
        finally:
            self._call_next()

    def before(self, dream: Dream) -> int:
        """Tell how many dreams come before one."""
        return list(self.open).index(dream)

    async def dream(self, dream: Dream, query: WordsQuery) -> None:
        """Dream when it is the turn of a dream, until it is whole or stopped or its time is up.

        Raises:
            StoppedError: If the bot is about to end.
            TooSlowError: If all that time there was too much else to do for a single step.
        """
        await dream.may_go_on.wait()
        if dream.is_stopped:
            return
        try:
            async with asyncio.timeout(MOST_S):
                steps = await self._worker.background(
                    self._engine.dream, query, give_way=self._worker.give_way
                )
                while not dream.is_stopped and (step := await self._worker.beside(next, steps, None)):
                    dream.step = step
        except TimeoutError:
            if dream.step is None:
                raise TooSlowError from None

    async def picture(self, dream: Dream) -> bytes:
        """Make a JPEG of a dream that has begun, large enough for a phone.

        Raises:
            StoppedError: If the bot is about to end.
        """
        assert dream.step is not None
        return await self._worker.background(_enlarged, dream.step)

    async def look_at(self, dream: Dream, query: WordsQuery) -> Dreamt:
        """Let the network say what it sees in its own dream.

        Raises:
            StoppedError: If the bot is about to end.
        """
        assert dream.step is not None
        language = written_here(self._engine)
        seen = await self._worker.background(
            self._engine.recognise, dream.step.picture, query, language=language
        )
        return Dreamt(await self.picture(dream), seen, is_whole=dream.share >= 1.0)

    def _call_next(self) -> None:
        first = next(iter(self.open), None)
        if first is not None:
            first.may_go_on.set()


def _enlarged(step: DreamStep) -> bytes:
    return as_jpeg(step.picture.resize((SENT_PX, SENT_PX), Image.Resampling.LANCZOS), SENT_PX)
