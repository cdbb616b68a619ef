"""What a description says in another language, by way of the photo that it would describe."""

import asyncio
from dataclasses import dataclass
from functools import partial

from bot.features.translate import texts
from bot.features.translate.request import Request, understand
from bot.inference.worker import Worker
from bot.language import LANGUAGES, notes, phrases
from bot.language.network import another_written, read_here, written_here
from bot.messages.incoming import Incoming, Press
from bot.routing.feature import Features
from bot.search.answers import Answers
from onenet.engine import Engine


@dataclass(frozen=True)
class _Source:
    """A text, the message that it stands in, and its language if that is known."""

    text: str
    message: Incoming
    language: str | None = None


class Translate:
    """Answers /translate, and the buttons of other languages below a translation.

    Args:
        engine: Translates.
        worker: Lets it.
        answers: Know the caption that a message shows.
        features: Know how the command is explained.
    """

    def __init__(self, engine: Engine, worker: Worker, answers: Answers, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._answers = answers
        self._features = features

    async def translate(self, asked: Incoming) -> None:
        """Answer /translate with its words, or those that it replies to, in the language that it names."""
        request = await self._understand(asked)
        if request.to and request.to not in self._engine.written:
            await asked.message.reply_text(texts.not_written(request.to, self._engine), do_quote=True)
            return
        source = _Source(request.text, asked)
        if not source.text and asked.replied is not None:
            source = await self._source_in(asked.replied)
        if not source.text:
            how = phrases.how_to(self._features.commands["translate"])
            await asked.message.reply_text(f"{how}\n\n{texts.how_it_goes(another_written(self._engine))}")
            return
        await self._translate(source, request.to)

    async def press(self, press: Press) -> None:
        """Translate the text that the button's message replies to into the language of the button."""
        assert press.on is not None
        to = press.data.removeprefix(texts.TRANSLATE)
        replied = press.on.replied
        source = await self._source_in(replied) if replied is not None else None
        if source is None or not source.text or to not in self._engine.written:
            await press.answer(notes.lost_text())
            return
        await press.answer()
        await self._translate(source, to)

    async def _translate(self, source: _Source, to: str) -> None:
        """Answer the message of a text with its translation; "": into the language of the answer.

        The answer always replies to the text, from which its buttons read that again: it is not kept.
        """
        preferred = (read_here(self._engine),)
        found = await self._worker.call(
            self._engine.translate,
            source.text,
            to or written_here(self._engine),
            language=source.language,
            preferred=preferred,
        )
        is_same = found.language == found.to
        others = [code for code in self._engine.written if code not in (found.language, found.to)]
        await source.message.message.reply_text(
            texts.into_which(found) if is_same else texts.translated(found),
            reply_markup=texts.languages_keyboard(others),
            do_quote=True,
        )

    async def _source_in(self, message: Incoming) -> _Source:
        """Take from a message what there is to translate: the caption that it shows, or what it says."""
        answer = await self._answers.behind(message.key)
        if answer is not None and answer.caption:
            return _Source(answer.caption, message, answer.language)
        if message.command == "translate":
            return _Source((await self._understand(message)).text, message)
        return _Source(message.wording if message.command else message.text, message)

    async def _understand(self, asked: Incoming) -> Request:
        languages = dict.fromkeys((*self._engine.languages, *LANGUAGES))
        begins = partial(self._engine.begins, preferred=(read_here(self._engine),))
        return await asyncio.to_thread(understand, asked.words, languages, begins)
