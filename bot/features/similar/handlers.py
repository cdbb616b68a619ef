"""Words close to a word, and photos like a photo or like those of an album taken together."""

from bot.delivery.quoting import is_to_be_quoted
from bot.features.similar import texts
from bot.features.similar.texts import Neighbours
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.language import notes, phrases, told
from bot.language.naming import code_named, unknown_language
from bot.language.network import read_here
from bot.memory.reading import PhotoReader, together
from bot.memory.remembering import Remembering, names_of
from bot.memory.taught import TaughtWords
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from bot.photos.album_in import Album
from bot.photos.fetching import photo_near
from bot.photos.texts import preview_note
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from bot.search.earlier import photo_replied_to
from bot.search.finder import Finder
from bot.search.texts import like_all, with_photo_note
from bot.store.answers import Answer
from onenet.engine import Engine
from onenet.errors import UnknownWordError
from onenet.teaching import TaughtWord

TRANSLATED = 5  # words of the reader's language


class SimilarPhotos:
    """Answers with the photos most like what was sent.

    Args:
        reader: Reads what was sent.
        finder: Knows whether there is anything to be found.
        answers: Posts what is found.
        gallery_notes: Says why nothing can be.
    """

    def __init__(
        self, reader: PhotoReader, finder: Finder, answers: Answers, gallery_notes: GalleryNotes
    ) -> None:
        self._reader = reader
        self._finder = finder
        self._answers = answers
        self._gallery_notes = gallery_notes

    async def answer(self, asked: Incoming, photo: Photo) -> None:
        """Answer a message with the photos most like a photo."""
        if not await self._has_photos(asked):
            return
        reading, remembered = await self._reader.read(asked, photo)
        note = preview_note(photo.kind) if photo.is_preview else ""
        caption = reading.caption
        answer = Answer(
            reading.representation,
            (caption.text,),
            photos_shown=names_of(remembered),
            language=caption.language,
        )
        await self._answers.post_similar(asked, notes.most_alike(), note, answer)
        await self._reader.tell_of(asked, remembered)

    async def answer_again(self, asked: Incoming) -> bool:
        """Answer with the photos most like the one of an answer of ours; False if it replies to none."""
        earlier = await photo_replied_to(asked, self._answers)
        if earlier is not None and await self._has_photos(asked):
            await self._answers.post_similar(asked, notes.most_alike(), "", earlier)
        return earlier is not None

    async def answer_album(self, asked: Incoming, album: Album) -> None:
        """Answer an album with the photos most like all its photos, taken together."""
        if not await self._has_photos(asked):
            return
        remembered = await self._reader.read_fresh(album)
        representation, caption = together(album)
        shown = tuple(album.remembered.values())
        answer = Answer(representation, (caption.text,), photos_shown=shown, language=caption.language)
        await self._answers.post_similar(asked, like_all(), "", answer)
        await self._reader.tell_of(asked, *remembered)

    async def answer_taught(self, asked: Incoming, word: TaughtWord) -> None:
        """Answer with the photos most like what a word was taught by."""
        if await self._has_photos(asked):
            await self._answers.post_similar(asked, notes.most_alike(), "", Answer(word.key, (word.name,)))

    async def _has_photos(self, asked: Incoming) -> bool:
        if await self._finder.has_photos(asked.chat):
            return True
        await asked.message.reply_text(self._gallery_notes.note(), do_quote=is_to_be_quoted(asked.message))
        return False


class Similar:
    """Answers /similar.

    Args:
        engine: Knows the words.
        worker: Lets it.
        photos: Answers with photos like a photo.
        taught: Knows the words that the chat taught.
        remembering: Remembers the photos of an album above a word.
        features: Know how the command is explained.
    """

    def __init__(
        self,
        engine: Engine,
        worker: Worker,
        photos: SimilarPhotos,
        taught: TaughtWords,
        remembering: Remembering,
        features: Features,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._photos = photos
        self._taught = taught
        self._remembering = remembering
        self._features = features

    async def similar(self, asked: Incoming) -> None:
        """Answer /similar: words close to a word, or photos like the one it stands under or replies to."""
        if asked.words:
            await self._words(asked)
        elif (photo := photo_near(asked)) is not None:
            await self._photos.answer(asked, photo)
        elif not await self._photos.answer_again(asked):
            await explain(asked, self._features.commands["similar"])

    async def of_album(self, asked: Incoming, album: Album) -> None:
        """Answer /similar under an album: without a word, by all its photos."""
        if asked.words:
            await self.similar(asked)
            for part in album.parts:
                await self._remembering.remember_quietly(part)
        else:
            await self._photos.answer_album(asked, album)

    async def _words(self, asked: Incoming) -> None:
        taught, rest = (await self._taught.lexicon(asked.chat)).named_in(asked.wording)
        if taught and not rest:
            await self._photos.answer_taught(asked, taught[0])
            return
        word, named = texts.word_and_language(asked.words)
        to = code_named(named, self._engine.languages) if named else ""
        if named and not to:
            sentence = phrases.sentence(unknown_language(named, self._engine.languages))
            await asked.message.reply_text(sentence, do_quote=is_to_be_quoted(asked.message))
            return
        try:
            found = await self._worker.call(self._neighbours, word, to)
        except UnknownWordError as error:
            keyboard = texts.suggestions_keyboard(error.suggestions)
            await asked.message.reply_text(
                phrases.sentence(told(error)), reply_markup=keyboard, do_quote=is_to_be_quoted(asked.message)
            )
            return
        text = with_photo_note(texts.neighbours(word, found), asked.photo)
        await asked.message.reply_text(text, reply_markup=texts.neighbours_keyboard(found))

    def _neighbours(self, word: str, to: str) -> Neighbours:
        words, reader = self._engine.words, read_here(self._engine)
        if to:
            return Neighbours(words.similar(word, to=to, preferred=reader))
        language, *_ = words.language_of([word], reader)
        found = words.similar(word, preferred=reader)
        if language == reader:
            return Neighbours(found)
        return Neighbours(found, reader, words.similar(word, k=TRANSLATED, to=reader, preferred=reader))
