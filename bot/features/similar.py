"""Similar: words close to a word, or photos like a photo."""

from collections.abc import Sequence

from telegram import InlineKeyboardMarkup
from telegram.constants import ChatAction

from bot.inference.worker import Worker
from bot.language import _, phrases, told
from bot.messages.incoming import Incoming
from bot.photos.album_in import Album
from bot.photos.fetching import photo_near
from bot.routing.feature import Command, Feature, Features, explain
from bot.search.similar import SimilarPhotos
from bot.search.texts import with_photo_note
from onenet.engine import Engine, Neighbour
from onenet.errors import UnknownWordError

SUGGESTIONS = 4


class Similar:
    """Answers /similar.

    Args:
        engine: Knows the words.
        worker: Lets it.
        photos: Answers with photos like a photo.
        features: Know how the command is explained.
    """

    def __init__(self, engine: Engine, worker: Worker, photos: SimilarPhotos, features: Features) -> None:
        self._engine = engine
        self._worker = worker
        self._photos = photos
        self._features = features

    async def similar(self, asked: Incoming) -> None:
        """Answer /similar: words close to a word, or photos like the one it stands under or replies to."""
        word = asked.wording
        photo = None if word else photo_near(asked)
        if photo is not None:
            await self._photos.answer(asked, photo)
        elif not word:
            await explain(asked, self._features.commands["similar"])
        else:
            await self._words(asked, word)

    async def of_album(self, asked: Incoming, album: Album) -> None:
        """Answer /similar under an album: without a word, by all its photos."""
        if asked.words:
            await self.similar(asked)
        else:
            await self._photos.answer_album(asked, album)

    async def _words(self, asked: Incoming, word: str) -> None:
        try:
            found = await self._worker.call(self._engine.similar_words, word)
        except UnknownWordError as error:
            examples = [f"/similar {suggestion}" for suggestion in error.suggestions]
            keyboard = phrases.examples_keyboard(examples)
            await asked.message.reply_text(
                phrases.sentence(told(error)), reply_markup=keyboard, do_quote=True
            )
            return
        text = with_photo_note(neighbours(word, found), asked.photo)
        await asked.message.reply_text(text, reply_markup=neighbours_keyboard(found))


def neighbours(word: str, found: Sequence[Neighbour]) -> str:
    """List the words nearest to a word."""
    title = _("Closest to <b>{word}</b>:").format(word=phrases.quote(word))
    return f"{title}\n{phrases.scored_words(found)}"


def neighbours_keyboard(found: Sequence[Neighbour]) -> InlineKeyboardMarkup | None:
    """Offer to go on from the nearest words."""
    return phrases.examples_keyboard(f"/similar {neighbour.word}" for neighbour in found[:SUGGESTIONS])


def feature(engine: Engine, worker: Worker, photos: SimilarPhotos, features: Features) -> Feature:
    """Put it together."""
    similar = Similar(engine, worker, photos, features)
    return Feature(
        "similar",
        commands=(
            Command(
                "similar",
                "words close to a word; as a reply to a photo, photos like it",
                similar.similar,
                ("/similar dog", "/similar beach"),
                shows=ChatAction.TYPING,
                of_album=similar.of_album,
            ),
        ),
    )
