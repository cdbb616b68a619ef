"""Words close to a word, and analogies."""

import re
from collections.abc import Sequence

from bot.features.words import texts
from bot.inference.worker import Worker
from bot.language import phrases, told
from bot.messages.incoming import Incoming
from bot.photos.album_in import Album
from bot.photos.fetching import photo_near
from bot.routing.feature import Features, explain
from bot.search.similar import SimilarPhotos
from bot.search.texts import photo_not_used, with_note
from onenet.engine import Engine
from onenet.errors import UnknownWordError


class Words:
    """Answers /similar and /analogy.

    Args:
        engine: Knows the words.
        worker: Lets it.
        similar: Answers with photos like a photo.
        features: Know how the commands are explained.
    """

    def __init__(self, engine: Engine, worker: Worker, similar: SimilarPhotos, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._similar = similar
        self._features = features

    async def similar(self, asked: Incoming) -> None:
        """Answer /similar: words close to a word, or photos like the one it stands under or replies to."""
        word = asked.wording
        photo = None if word else photo_near(asked)
        if photo is not None:
            await self._similar.answer(asked, photo)
        elif not word:
            await explain(asked, self._features.commands["similar"])
        else:
            await self._similar_words(asked, word)

    async def similar_to_album(self, asked: Incoming, album: Album) -> None:
        """Answer /similar under an album: without a word, by all its photos."""
        if asked.words:
            await self.similar(asked)
        else:
            await self._similar.answer_album(asked, album)

    async def analogy(self, asked: Incoming) -> None:
        """Answer /analogy: a is to b as c is to what."""
        words = three_words(asked.words)
        if words is None:
            await explain(asked, self._features.commands["analogy"])
            return
        answers = await self._worker.call(self._engine.analogy, *words)
        await asked.message.reply_text(with_note(texts.analogy(*words, answers), _photo_note(asked)))

    async def _similar_words(self, asked: Incoming, word: str) -> None:
        try:
            found = await self._worker.call(self._engine.similar_words, word)
        except UnknownWordError as error:
            examples = [f"/similar {suggestion}" for suggestion in error.suggestions]
            keyboard = phrases.examples_keyboard(examples)
            await asked.message.reply_text(
                phrases.sentence(told(error)), reply_markup=keyboard, do_quote=True
            )
            return
        text = with_note(texts.neighbours(word, found), _photo_note(asked))
        await asked.message.reply_text(text, reply_markup=texts.neighbours_keyboard(found))


def three_words(words: Sequence[str]) -> tuple[str, str, str] | None:
    """Understand “a b c”, “a : b :: c : ?”, “a is to b as c is to what?”; None if it is none of these."""
    text = re.sub(r"[:,;=?!.…→>]+|(?<!\w)-+|-+(?!\w)", " ", " ".join(words))
    if len(text.split()) != 3:
        text = re.sub(r"\bis to\b|\bas\b|\bwhat\b", " ", text, flags=re.IGNORECASE)
    found = text.split()
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def _photo_note(asked: Incoming) -> str:
    return f"\n{photo_not_used()}" if asked.photo is not None else ""
