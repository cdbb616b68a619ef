"""Photos changed by words: /find as a reply to a photo, “in the snow” or “photo - dog + child”."""

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.features.find import texts as changed_replies
from bot.features.find.handlers import find as find_described
from bot.features.find.handlers import gallery_note
from bot.language import notes
from bot.language import phrases as replies
from bot.memory.remembering import names_of, remember, tell_of
from bot.memory.table import chat_of
from bot.photos.fetching import Photo, photo_of, photo_replied_to, read_from_chat
from bot.routing.context import BotContext, message_of
from bot.search.answers import post_answer
from bot.search.texts import is_sheet
from bot.store.database import Answer
from onenet.engine import photo_terms


async def find(update: Update, context: BotContext) -> None:
    """Answer /find: by a photo changed by words if there are both, else by the words or the photo alone."""
    message, words = message_of(update), " ".join(context.words)
    photo = photo_to_change(message, words)
    if photo is not None and words:
        await find_changed(message, photo, words, context)
    elif wants_photo(words):
        await message.reply_text(changed_replies.which_photo(), do_quote=True)
    else:
        await find_described(update, context)


def photo_to_change(message: Message, words: str) -> Photo | None:
    """Find the photo that /find is to change: the one it replies to, never one above a mere description.

    Words to be added and taken away are about the photo that they stand under, too: they mean nothing alone.
    """
    if photo_of(message) is not None:
        return photo_of(message) if wants_photo(words) else None
    answered = message.reply_to_message
    if answered is not None and is_sheet(answered.reply_markup):
        return None  # it shows many photos: whoever replies to it asks anew
    return photo_replied_to(message)


def wants_photo(words: str) -> bool:
    """Tell whether words are to be added to a photo and taken from it."""
    return photo_terms(words) is not None


async def find_changed(message: Message, photo: Photo, words: str, context: BotContext) -> None:
    """Answer a message with the photos nearest to a photo changed by words."""
    services = context.services
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
        remembered = await remember(message, reading, context)
        changed = await services.worker.call(services.engine.change, reading.representation, words)
    answer = Answer(changed.representation, (changed.imagined,), photos_shown=names_of(remembered))
    has_photos = bool(await services.finder.matches(chat_of(message), answer, 1, exclude=answer.photos_shown))
    outcome = notes.most_alike() if has_photos else notes.none_alike()
    note = gallery_note(context, may_be_empty=has_photos)
    paragraphs = filter(
        None, (changed_replies.changed(changed), changed_replies.words_alone(), note, outcome)
    )
    keyboard = replies.more_keyboard() if has_photos else None
    await post_answer(message, context, "\n\n".join(paragraphs), keyboard, answer, with_photos=has_photos)
    await tell_of(context, remembered)
