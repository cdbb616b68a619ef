"""Word games: the word that does not belong, and a walk from one word to another."""

import io
import re
from collections.abc import Sequence

from telegram.error import BadRequest

from bot.features.words import texts
from bot.inference.worker import Worker
from bot.messages.incoming import Incoming
from bot.routing.feature import Features, explain
from onenet.engine import Engine, Stop, draw_walk


class WordGames:
    """Answers /odd and /walk.

    Args:
        engine: Knows the words.
        worker: Lets it, and draws.
        features: Know how the commands are explained.
    """

    def __init__(self, engine: Engine, worker: Worker, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._features = features

    async def odd(self, asked: Incoming) -> None:
        """Answer /odd: which word does not belong, and why."""
        words = words_in(asked.words)
        if not words:
            await explain(asked, self._features.commands["odd"])
            return
        found = await self._worker.call(self._engine.odd_word, words)
        await asked.message.reply_text(texts.odd(found), do_quote=True)

    async def walk(self, asked: Incoming) -> None:
        """Answer /walk: a way from one word to another over words between."""
        words = words_in(asked.words)
        if len(words) == 4 and (words[0].lower(), words[2].lower()) == ("from", "to"):
            words = [words[1], words[3]]
        if len(words) != 2:
            await explain(asked, self._features.commands["walk"])
            return
        stops = await self._worker.call(self._engine.walk, *words)
        picture = await self._worker.decode(_draw, stops)
        text, keyboard = texts.walk(stops), texts.walk_keyboard(stops)
        try:
            await asked.message.reply_photo(picture, caption=text, reply_markup=keyboard, do_quote=True)
        except BadRequest:  # no pictures here
            await asked.message.reply_text(text, reply_markup=keyboard, do_quote=True)


def words_in(words: Sequence[str]) -> list[str]:
    """Understand words with commas, arrows or question marks between them."""
    return re.sub(r"[-=]+>|[:,;=?!.…→|]+|(?<!\w)-+|-+(?!\w)", " ", " ".join(words)).split()


def _draw(stops: Sequence[Stop]) -> bytes:
    """Draw a walk as a PNG: it has few colours, and letters that a JPEG would blur."""
    content = io.BytesIO()
    draw_walk(stops).save(content, "PNG")
    return content.getvalue()
