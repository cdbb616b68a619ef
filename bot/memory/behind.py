"""The photo behind an answer of ours, to be fetched once more."""

from bot.memory.memory import Memory
from bot.messages.incoming import Incoming
from bot.messages.photo import Photo, file_by_id
from bot.store.answers import Answer


async def photo_behind(shown_in: Incoming, answer: Answer, memory: Memory) -> Photo | None:
    """Find the photo that an answer of ours is about: what it replies to, or what is known of it.

    Args:
        shown_in: The message that shows the answer.
        memory: Of the chat, which may know the photo.
    """
    if shown_in.quoted_photo is not None or not answer.about:
        return shown_in.quoted_photo
    if answer.photo is not None:
        file_id, is_spoiler, is_protected = answer.photo
        file = file_by_id(file_id, file_id, shown_in.bot)
        return Photo(file, is_spoiler=is_spoiler, is_protected=is_protected)
    photos = await memory.photos.at(shown_in.chat, answer.about)
    kept = photos[0].message if photos else None
    if kept is None:
        return None
    file = file_by_id(kept.read_file_id, kept.file_unique_id, shown_in.bot)
    return Photo(file, is_spoiler=kept.is_spoiler, is_protected=kept.is_protected)
