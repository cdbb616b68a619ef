"""A picture of a description, which comes on in a message while it is dreamt."""

import asyncio
import contextlib
from functools import partial

from bot.features.dream import texts
from bot.features.dream.live_picture import LivePicture
from bot.features.dream.service import Dream, Dreams
from bot.inference.progress import between_edits_s, happens, press_stop, telling
from bot.inference.progress_texts import stop_keyboard
from bot.inference.worker import Worker
from bot.language.network import read_here
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from onenet.engine import Engine
from onenet.errors import OneNetError
from onenet.search import WordsQuery

FIRST_S = 2.0
EDIT_EVERY_S = 4.0


class DreamHandler:
    """Answers /dream.

    Args:
        engine: Imagines what is described.
        worker: Lets it.
        dreams: Dream it.
        answers: Know the caption that a message replies to.
        features: Know how /dream is explained.
    """

    def __init__(
        self,
        engine: Engine,
        worker: Worker,
        dreams: Dreams,
        answers: Answers,
        features: Features,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._dreams = dreams
        self._answers = answers
        self._features = features

    async def dream(self, asked: Incoming) -> None:
        """Answer /dream with a picture of the words behind it, or of the caption that it replies to."""
        answer = None if asked.words else await self._answers.behind_reply(asked)
        description = asked.wording or (answer.caption if answer is not None else "")
        spoken_in = () if answer is None else (answer.language,)
        if not description:
            await explain(asked, self._features.commands["dream"])
            return
        with self._dreams.expecting(asked.chat) as expected:
            preferred = (*spoken_in, read_here(self._engine))
            query = await self._worker.call(self._engine.imagine, description, preferred=preferred)
            live = LivePicture(asked.message)
            try:
                async with telling(partial(self._show, asked, live, expected)):
                    await self._dreams.dream(expected, query)
                await self._finish(live, expected, query)
            except BaseException:
                await live.remove()
                raise

    async def stop(self, press: Press) -> None:
        """End the dream that a chat waits for."""
        await press_stop(press, self._dreams.open.stop)

    async def _show(self, asked: Incoming, live: LivePicture, dream: Dream, is_over: asyncio.Event) -> None:
        """Show a dream as it comes on."""
        shown, wait_s = "", FIRST_S
        while not await happens(is_over, wait_s):
            before, wait_s = self._dreams.before(dream), between_edits_s(asked, EDIT_EVERY_S)
            text = texts.in_line(before) if before else texts.in_the_making(dream.share)
            if text != shown:
                with contextlib.suppress(OneNetError):  # the bot is about to end
                    picture = await self._dreams.picture(dream) if dream.step is not None else None
                    await live.show(text, picture, stop_keyboard(texts.STOP))
            shown = text

    async def _finish(self, live: LivePicture, dream: Dream, query: WordsQuery) -> None:
        """Show what came of a dream."""
        if dream.is_stopped and dream.share < 1.0:
            picture = await self._dreams.picture(dream) if dream.step is not None else None
            await live.finish(texts.stopped(query, dream.share), picture, None)
            return
        dreamt = await self._dreams.look_at(dream, query)
        await live.finish(texts.dreamt(query, dreamt), dreamt.picture, texts.keyboard_below(query))
