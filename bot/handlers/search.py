"""Search: photos by a description, photos like a photo."""

from telegram import Document, Message, PhotoSize, Update
from telegram.constants import ChatAction

from bot import replies
from bot.context import BotContext, message_of
from bot.database import Answer
from bot.handlers.answers import post_answer
from bot.handlers.remembering import chat_of, names_of, remember, tell_of
from bot.photos import read_from_chat


async def find(update: Update, context: BotContext) -> None:
    """Answer /find with what the network imagined and the photos that fit best."""
    message, services = message_of(update), context.services
    description = " ".join(context.words)
    if not description:
        command = services.commands["find"]
        await message.reply_text(
            replies.how_to(command), reply_markup=replies.examples_keyboard(command.examples)
        )
        return
    async with context.showing(message, ChatAction.TYPING):
        imagined = await services.worker.call(services.engine.imagine, description)
        fits = await services.finder.fits(chat_of(message), imagined)
    has_photos = await services.finder.has_photos(chat_of(message))
    note = gallery_note(context, may_be_empty=has_photos)
    warning = replies.NOTHING_FITS if fits is False else ""
    await post_answer(
        *(message, context, "\n\n".join(filter(None, (replies.imagined(imagined), note, warning)))),
        replies.more_keyboard() if has_photos else None,
        Answer(imagined.representation, (imagined.imagined,), token_ids=imagined.token_ids),
        with_photos=has_photos,
    )


async def similar_photos(message: Message, photo: PhotoSize | Document, context: BotContext) -> None:
    """Answer a message with the photos most like a photo."""
    services = context.services
    if not await services.finder.has_photos(chat_of(message)):
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
        remembered = await remember(message, reading, context)
        shown = names_of(remembered)
        answer = Answer(reading.representation, (reading.captions[0].text,), photos_shown=shown)
        is_any_alike = bool(await services.finder.matches(chat_of(message), answer, 1, exclude=shown))
    outcome = replies.MOST_ALIKE if is_any_alike else replies.NONE_ALIKE
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (outcome, gallery_note(context, may_be_empty=is_any_alike)))),
        replies.more_keyboard() if is_any_alike else None,
        answer,
        with_photos=is_any_alike,
    )
    await tell_of(remembered, context)


def gallery_note(context: BotContext, *, may_be_empty: bool = False) -> str:
    """Say what the user should know about the gallery: that it is not all read yet, or empty.

    Args:
        may_be_empty: Whether there are other photos to be found.
    """
    services, state = context.services, context.services.gallery.state()
    if state.phase == "indexing":
        return replies.gallery_progress(state.done, state.total) if state.photos else replies.STILL_READING
    if not state.photos and not may_be_empty:
        return replies.no_gallery(services.gallery.folder, local=services.local)
    return ""
