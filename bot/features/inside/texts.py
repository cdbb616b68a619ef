"""What is said of the numbers inside a photo."""

from bot.inference.reading import Reading
from bot.language import _
from bot.messages.photo import Photo
from bot.photos.texts import preview_note, what_it_shows


def inside(reading: Reading, photo: Photo, has_photos: bool) -> str:
    """Explain the picture of a photo's numbers.

    Args:
        reading: Of the photo.
        has_photos: Whether photos of the gallery are on the picture.
    """
    explained = _(
        "This photo is 300 numbers to me: orange is above the average photo, blue below. Each letter marks "
        "one that stands out, with the words that push it most the same way."
    )
    others = _("Beside them: the gallery's photos in which it stands out most.") if has_photos else ""
    note = preview_note(photo.kind) if photo.is_preview else ""
    return "\n".join(filter(None, (what_it_shows(reading), explained, others, note)))
