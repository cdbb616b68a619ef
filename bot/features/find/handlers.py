"""Search: photos by a description, photos like a photo."""

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.features.caption.handlers import photo_near
from bot.language import notes
from bot.language import phrases as replies
from bot.memory.remembering import names_of, remember, remember_quietly, tell_of
from bot.memory.table import chat_of
from bot.photos.fetching import Photo, photo_of, read_from_chat
from bot.routing.context import BotContext, message_of
from bot.search import texts as photo_replies
from bot.search.answers import post_answer
from bot.store.database import Answer
from onenet.engine import Imagined


async def find(update: Update, context: BotContext) -> None:
    """Answer /find with what the network imagined and the photos that fit best; under a photo too."""
    message, services = message_of(update), context.services
    description = " ".join(context.words)
    if not description:
        await _find_without_words(message, context)
        return
    async with context.showing(message, ChatAction.TYPING):
        imagined = await services.worker.call(services.engine.imagine, description)
        fits = await services.finder.fits(chat_of(message), imagined)
    await post_answer(
        message,
        context,
        _found_text(message, context, imagined, fits=fits),
        replies.more_keyboard() if fits is not None else None,
        Answer(imagined.representation, (imagined.imagined,), token_ids=imagined.token_ids),
        with_photos=fits is not None,
    )
    await remember_quietly(message, context)  # a photo above the words


async def _find_without_words(message: Message, context: BotContext) -> None:
    photo = photo_near(message)
    if photo is not None:
        await similar_photos(message, photo, context)
        return
    command = context.services.commands["find"]
    keyboard = replies.examples_keyboard(command.examples)
    await message.reply_text(replies.how_to(command), reply_markup=keyboard)


def _found_text(message: Message, context: BotContext, imagined: Imagined, *, fits: bool | None) -> str:
    """Tell what was found for a description; if it stands under a photo, that only the words were looked for.

    Whoever writes words wants what they say, and a caption is had by writing none; so a photo above them is
    left aside, and the answer says how to ask about it.

    Args:
        fits: Whether any photo does well; None: there is none.
    """
    unused = photo_replies.photo_not_used_by_find() if photo_of(message) is not None else ""
    warning = notes.nothing_fits() if fits is False else ""
    note = gallery_note(context, may_be_empty=fits is not None)
    return "\n\n".join(filter(None, (replies.imagined(imagined), unused, note, warning)))


async def similar_photos(message: Message, photo: Photo, context: BotContext) -> None:
    """Answer a message with the photos most like a photo."""
    services = context.services
    if not await services.finder.has_photos(chat_of(message)):
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
        remembered = await remember(message, reading, context)
    note = photo_replies.preview_note(photo.kind) if photo.is_preview else ""
    captions = tuple(caption.text for caption in reading.captions[:1])
    answer = Answer(reading.representation, captions, photos_shown=names_of(remembered))
    await post_similar(message, context, notes.most_alike(), note, answer)
    await tell_of(context, remembered)


async def post_similar(
    message: Message, context: BotContext, announcement: str, note: str, answer: Answer
) -> None:
    """Answer a message with the photos most like a representation, or say that there are none."""
    finder = context.services.finder
    is_any_alike = bool(await finder.matches(chat_of(message), answer, 1, exclude=answer.photos_shown))
    outcome = announcement if is_any_alike else notes.none_alike()
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (outcome, note, gallery_note(context, may_be_empty=is_any_alike)))),
        replies.more_keyboard() if is_any_alike else None,
        answer,
        with_photos=is_any_alike,
    )


def gallery_note(context: BotContext, *, may_be_empty: bool = False) -> str:
    """Say what the user should know about the gallery: that it is not all read yet, or empty.

    Args:
        may_be_empty: Whether there are other photos to be found.
    """
    services, state = context.services, context.services.gallery.state()
    if state.phase == "indexing":
        return replies.gallery_progress(state.done, state.total) if state.photos else notes.still_reading()
    if not state.photos and not may_be_empty:
        return replies.no_gallery(services.gallery.folder, local=services.local)
    return ""
