"""What a person should know of the gallery: that it is not all read yet, or empty."""

from bot.gallery.gallery import Gallery
from bot.language import notes, phrases


class GalleryNotes:
    """Says what hinders a search in the gallery.

    Args:
        gallery: Whose state is told.
        local: Whether the bot talks in the local chat, whose page can add photos.
    """

    def __init__(self, gallery: Gallery, *, local: bool) -> None:
        self._gallery = gallery
        self._local = local

    def note(self, *, may_be_empty: bool = False) -> str:
        """Say that the gallery is not all read yet, empty, missing or away; "" if there is nothing to say.

        Args:
            may_be_empty: Whether there are other photos to be found.
        """
        if self._gallery.is_away:
            return notes.search_away()
        state = self._gallery.state()
        if state.phase == "indexing":
            return (
                phrases.gallery_progress(state.done, state.total) if state.photos else notes.still_reading()
            )
        if state.missing >= max(1, state.photos) and not may_be_empty:
            return phrases.gallery_missing(state.missing)
        if not state.photos and not may_be_empty:
            return phrases.no_gallery(self._gallery.folder, local=self._local)
        return ""
