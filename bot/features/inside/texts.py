"""What is said of the numbers inside a photo."""

from bot.language import _
from bot.language.phrases import caption
from bot.messages.photo import Photo
from bot.photos.texts import preview_note


def inside(text: str, photo: Photo, has_photos: bool) -> str:
    """Explain the picture of a photo's numbers.

    Args:
        text: The photo's caption.
        has_photos: Whether photos of the gallery are on the picture.
    """
    explained = _(
        "This photo is 300 numbers to me: orange is above the average photo, blue below. Each letter marks "
        "one that stands out, with the words that push it most the same way."
    )
    others = _("Beside them: the gallery's photos in which it stands out most.") if has_photos else ""
    note = preview_note(photo.kind) if photo.is_preview else ""
    return "\n".join(filter(None, (caption(text), explained, others, note)))
