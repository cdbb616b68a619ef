"""A search that goes on: replies to found photos, and the buttons “like one of them” and “back”."""

import asyncio
from dataclasses import replace

from bot.features.find import texts
from bot.inference.worker import Worker
from bot.language import notes
from bot.language.network import read_here
from bot.memory.taught import TaughtWords
from bot.messages.incoming import Incoming, Press
from bot.search.answers import Answers
from bot.search.earlier import own_photos
from bot.search.finder import Finder
from bot.store.answers import Answer
from onenet.conversation import SearchState
from onenet.engine import Engine
from onenet.search import RefinedQuery


class GoingOn:
    """Answers what is said to found photos: “in the snow”, “no, a brown one”, “more like the second”.

    Args:
        engine: Understands it.
        worker: Lets it.
        finder: Finds photos.
        taught: Knows what words mean that the chat taught.
        answers: Post them, and know what was found before.
    """

    def __init__(
        self, engine: Engine, worker: Worker, finder: Finder, taught: TaughtWords, answers: Answers
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._finder = finder
        self._taught = taught
        self._answers = answers

    def accepts(self, said: Incoming) -> bool:
        """Tell whether words reply to a message of ours; a question is for others."""
        return (
            said.is_addressed
            and said.message.text is not None
            and bool(said.text)
            and not said.is_question
            and _is_ours(said.replied)
        )

    async def takes(self, said: Incoming) -> bool:
        """Tell whether the message that words reply to shows found photos, or announces them.

        Among people, words that say nothing of photos are meant for the bot only if they name it.
        """
        answer = await self._answers.behind_photos(said.replied) if said.replied is not None else None
        if answer is None:
            return False
        return said.is_private or said.is_named or await self._moves(said, answer)

    async def reply(self, said: Incoming) -> None:
        """Move the search by a reply to its photos."""
        assert said.replied is not None
        answer = await self._answers.behind_photos(said.replied)
        if answer is not None:
            await self._move(said, answer, said.text)

    async def which(self, press: Press) -> None:
        """Offer the numbers of the photos that were found, in the place of the button."""
        answer = await self._answers.behind(press.key)
        if answer is None or not answer.photos_meant or press.on is None:
            await press.answer(notes.forgotten())
            return
        await press.answer()
        rows = press.on.message.reply_markup.inline_keyboard if press.on.message.reply_markup else ()
        keyboard = texts.with_numbers(rows, len(answer.photos_meant))
        await press.on.message.edit_reply_markup(keyboard)

    async def like(self, press: Press) -> None:
        """Go on with photos more like one of those that were found."""
        number = int(press.data.removeprefix(texts.LIKE_FOUND))
        await self._pressed(press, f"like {number}")

    async def back(self, press: Press) -> None:
        """Go back to what was looked for before."""
        await self._pressed(press, "back")

    async def _pressed(self, press: Press, words: str) -> None:
        answer = await self._answers.behind(press.key)
        if answer is None or press.on is None or not self._answers.is_of_this_network(answer):
            await press.answer(notes.forgotten())
            return
        await press.answer()
        asked = replace(press.on, sender=press.person.id, photo=None, replied=None, quoted_photo=None)
        await self._move(asked, answer, words)

    async def _moves(self, said: Incoming, answer: Answer) -> bool:
        """Tell whether a reply says what should be different, in whatever language its writer speaks."""
        return await asyncio.to_thread(
            self._engine.moves,
            said.text,
            preferred=(read_here(self._engine), answer.language, *self._engine.languages),
            lexicon=await self._taught.lexicon(said.chat),
        )

    async def _move(self, asked: Incoming, answer: Answer, words: str) -> None:
        photos = await self._finder.representations(asked.chat, answer.photos_meant)
        here = read_here(self._engine)
        query = await self._worker.call(
            self._engine.refine,
            begun(answer),
            words,
            photos=photos,
            preferred=(here, answer.language),
            lexicon=await self._taught.lexicon(asked.chat),
        )
        fits = await self._finder.fits(asked.chat, query)
        text = texts.going_on(query, nothing_fits=fits is False)
        keyboard = texts.going_on_keyboard(can_go_back=bool(query.state.before))
        await self._answers.post(
            asked,
            text,
            keyboard if fits is not None else None,
            going_on(query, answer),
            with_photos=fits is not None,
        )


def begun(answer: Answer) -> SearchState:
    """Give what an answer looked for: what it was about, if nothing has been said to it yet."""
    if answer.search is not None:
        return answer.search
    if answer.token_ids:  # an answer of before there were searches that go on: its words were not kept
        return SearchState.of_words(answer.caption, answer.token_ids, answer.language)
    return SearchState.of_photo(answer.representation)


def going_on(query: RefinedQuery, answer: Answer) -> Answer:
    """Give what stands behind the buttons of the next answer.

    What the first one was about is not found, either; what its search found may be found again.
    """
    return Answer(
        query.representation,
        (query.imagined,),
        photos_shown=own_photos(answer) if not answer.token_ids else (),
        about=answer.about,
        language=query.language,
        search=query.state,
    )


def _is_ours(replied: Incoming | None) -> bool:
    author = replied.message.from_user if replied is not None else None
    return author is not None and replied is not None and author.id == replied.message.get_bot().id
