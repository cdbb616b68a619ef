"""Photos like a photo, or like those of an album taken together."""

from bot.gallery.notes import GalleryNotes
from bot.language import notes
from bot.memory.reading import PhotoReader, together
from bot.memory.remembering import names_of
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo
from bot.photos.album_in import Album
from bot.photos.texts import preview_note
from bot.search import texts
from bot.search.answers import Answers
from bot.search.finder import Finder
from bot.store.database import Answer


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
        captions = tuple(caption.text for caption in reading.captions[:1])
        answer = Answer(reading.representation, captions, photos_shown=names_of(remembered))
        await self._answers.post_similar(asked, notes.most_alike(), note, answer)
        await self._reader.tell_of(asked, remembered)

    async def answer_album(self, asked: Incoming, album: Album) -> None:
        """Answer an album with the photos most like all its photos, taken together."""
        if not await self._has_photos(asked):
            return
        remembered = await self._reader.read_fresh(album)
        representation, caption = together(album)
        answer = Answer(representation, (caption,), photos_shown=tuple(album.remembered.values()))
        await self._answers.post_similar(asked, texts.like_all(), "", answer)
        await self._reader.tell_of(asked, *remembered)

    async def _has_photos(self, asked: Incoming) -> bool:
        if await self._finder.has_photos(asked.chat):
            return True
        await asked.message.reply_text(self._gallery_notes.note(), do_quote=True)
        return False
