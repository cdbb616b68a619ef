"""Photos by a description, like a photo, or like one changed: “in the snow”, “photo - dog + child”."""

from dataclasses import replace
from functools import partial

from bot.delivery.quoting import is_to_be_quoted
from bot.features.find import texts
from bot.gallery.notes import GalleryNotes
from bot.inference.worker import Worker
from bot.language import notes, phrases
from bot.language.network import read_here
from bot.memory.reading import PhotoReader
from bot.memory.remembering import Remembering, names_of
from bot.memory.taught import TaughtWords
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from bot.photos.album_in import Album
from bot.photos.fetching import photo_near
from bot.routing.feature import Features, explain
from bot.search.answers import Answers
from bot.search.earlier import photo_replied_to
from bot.search.finder import Finder
from bot.search.texts import is_sheet, photo_not_used_by_find
from bot.store.answers import Answer
from onenet.conversation import SearchState
from onenet.engine import Engine
from onenet.search import ChangeQuery, RefinedQuery, WordsQuery, photo_terms
from onenet.teaching import Lexicon


class Find:
    """Answers /find.

    Args:
        engine: Imagines descriptions, and changes photos.
        worker: Lets it.
        finder: Finds photos.
        taught: Knows what words mean that the chat taught.
        answers: Posts them.
        reader: Reads the photos that are to be changed.
        remembering: Remembers the photos of an album above the words.
        gallery_notes: Says what hinders the search.
        features: Know how /find is explained, and have /similar.
    """

    def __init__(
        self,
        engine: Engine,
        worker: Worker,
        finder: Finder,
        taught: TaughtWords,
        answers: Answers,
        reader: PhotoReader,
        remembering: Remembering,
        gallery_notes: GalleryNotes,
        features: Features,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._finder = finder
        self._taught = taught
        self._answers = answers
        self._reader = reader
        self._remembering = remembering
        self._gallery_notes = gallery_notes
        self._features = features

    async def find(self, asked: Incoming) -> None:
        """Answer /find: by a photo changed by words if there are both, else by words or photo alone."""
        photo = photo_to_change(asked)
        if photo is not None and asked.words:
            await self._find_changed(asked, photo)
        elif asked.words and (earlier := await photo_replied_to(asked, self._answers)) is not None:
            await self._change(asked, earlier)
        elif wants_photo(asked.wording):
            await asked.message.reply_text(texts.which_photo(), do_quote=is_to_be_quoted(asked.message))
        elif asked.words:
            await self._find_described(asked)
        else:
            await self._find_without_words(asked)

    async def of_album(self, asked: Incoming, album: Album) -> None:
        """Answer /find under an album by the words or, without any, by the photos most like all of its."""
        of_album = self._features.commands["similar"].of_album
        if asked.words or of_album is None:
            await self.find(asked)
            for part in album.parts:
                await self._remembering.remember_quietly(part)
        else:
            await of_album(asked, album)

    async def _find_described(self, asked: Incoming) -> None:
        """Answer with what the network imagined and the photos that fit best; under a photo too."""
        preferred = (read_here(self._engine),)
        if await self._find_taught(asked):
            return
        query = await self._worker.call(self._engine.imagine, asked.wording, preferred=preferred)
        fits = await self._finder.fits(asked.chat, query)
        await self._answers.post(
            asked,
            self._found_text(asked, query, fits=fits),
            texts.going_on_keyboard(can_go_back=False) if fits is not None else None,
            Answer(
                query.representation,
                (query.imagined,),
                token_ids=query.token_ids,
                language=query.language,
                search=SearchState.of_words(asked.wording, query.token_ids, query.language),
            ),
            with_photos=fits is not None,
        )

    async def _find_taught(self, asked: Incoming) -> bool:
        """Answer with the photos of what the chat taught, where the words name any of it."""
        lexicon = await self._taught.lexicon(asked.chat)
        if not _names_taught(asked.wording, lexicon):
            return False
        here = (read_here(self._engine),)
        query = await self._worker.call(self._engine.imagine_taught, asked.wording, lexicon, preferred=here)
        assert query is not None
        await self._post_taught(asked, query, Answer(query.representation, ()))
        return True

    async def _post_taught(self, asked: Incoming, query: RefinedQuery, begun: Answer, note: str = "") -> None:
        """Answer with what is found for taught words; that goes on as a search does.

        Args:
            begun: What they were said of.
            note: What else there is to say.
        """
        fits = await self._finder.fits(asked.chat, query)
        gallery_note = self._gallery_notes.note(may_be_empty=fits is not None)
        answer = replace(
            begun,
            representation=query.representation,
            captions=(query.imagined,),
            language=query.language,
            search=query.state,
        )
        await self._answers.post(
            asked,
            "\n\n".join(
                filter(None, (texts.going_on(query, nothing_fits=fits is False), note, gallery_note))
            ),
            texts.going_on_keyboard(can_go_back=bool(query.state.before)) if fits is not None else None,
            answer,
            with_photos=fits is not None,
        )

    async def _find_without_words(self, asked: Incoming) -> None:
        """Answer with the photos most like a photo; without one, say how to ask."""
        if photo_near(asked) is not None or await photo_replied_to(asked, self._answers) is not None:
            await self._features.commands["similar"].handler(asked)
        else:
            await explain(asked, self._features.commands["find"])

    async def _find_changed(self, asked: Incoming, photo: Photo) -> None:
        """Answer with the photos nearest to a photo changed by words."""
        reading, remembered = await self._reader.read(asked, photo)
        await self._change(asked, Answer(reading.representation, (), photos_shown=names_of(remembered)))
        await self._reader.tell_of(asked, remembered)

    async def _change(self, asked: Incoming, begun: Answer) -> None:
        """Answer with the photos nearest to the photo that an answer is about, changed by words."""
        lexicon, here = await self._taught.lexicon(asked.chat), (read_here(self._engine),)
        if _names_taught(asked.wording, lexicon):
            state = SearchState.of_photo(begun.representation)
            refine = partial(self._engine.refine, preferred=here, lexicon=lexicon)
            query = await self._worker.call(refine, state, asked.wording)
            await self._post_taught(asked, query, begun, texts.words_alone())
            return
        change = partial(self._engine.change, preferred=here)
        changed = await self._worker.call(change, begun.representation, asked.wording)
        await self._post_changed(asked, changed, begun)

    async def _post_changed(self, asked: Incoming, changed: ChangeQuery, begun: Answer) -> None:
        answer = replace(
            begun,
            representation=changed.representation,
            captions=(changed.imagined,),
            language=changed.language,
            search=SearchState.of_photo(changed.representation),
        )
        matches = await self._finder.matches(asked.chat, answer, 1, exclude=answer.photos_shown)
        outcome = notes.most_alike() if matches else notes.none_alike()
        note = self._gallery_notes.note(may_be_empty=bool(matches))
        paragraphs = filter(None, (texts.changed(changed), texts.words_alone(), note, outcome))
        keyboard = texts.going_on_keyboard(can_go_back=False) if matches else None
        await self._answers.post(asked, "\n\n".join(paragraphs), keyboard, answer, with_photos=bool(matches))

    def _found_text(self, asked: Incoming, query: WordsQuery, *, fits: bool | None) -> str:
        """Tell what was found for a description; if it stands under a photo, that only the words were used.

        Whoever writes words wants what they say, and a caption is had by writing none; so a photo above them
        is left aside, and the answer says how to ask about it.

        Args:
            fits: Whether any photo does well; None: there is none.
        """
        unused = photo_not_used_by_find() if asked.photo is not None else ""
        warning = notes.nothing_fits() if fits is False else ""
        note = self._gallery_notes.note(may_be_empty=fits is not None)
        return "\n\n".join(filter(None, (phrases.imagined(query), unused, note, warning)))


def photo_to_change(asked: Incoming) -> Photo | None:
    """Find the photo that /find is to change: the one it replies to, never one above a mere description.

    Words to be added and taken away are about the photo that they stand under, too: they mean nothing alone.
    """
    if asked.photo is not None:
        return asked.photo if wants_photo(asked.wording) else None
    if asked.replied is not None and is_sheet(asked.replied.message.reply_markup):
        return None  # it shows many photos: whoever replies to it asks anew
    return asked.quoted_photo


def _names_taught(words: str, lexicon: Lexicon) -> bool:
    return bool(lexicon) and bool(lexicon.named_in(words)[0])


def wants_photo(words: str) -> bool:
    """Tell whether words are to be added to a photo and taken from it."""
    return photo_terms(words) is not None
