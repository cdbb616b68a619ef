"""Search: photos by a description, photos like a photo."""

from telegram import Document, Message, PhotoSize, Update
from telegram.constants import ChatAction

from bot import replies
from bot.context import BotContext, message_of
from bot.handlers.answers import post_answer
from bot.photos import read_from_chat
from bot.replies import notes


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
        found = await services.gallery.find(imagined, 1)
    has_gallery = services.gallery.state().photos > 0
    warning = notes.nothing_fits() if found.matches and not found.fits else ""
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (replies.imagined(imagined), gallery_note(context), warning))),
        replies.more_keyboard() if has_gallery else None,
        representation=imagined.representation,
        captions=(imagined.imagined,),
        with_photos=has_gallery,
        token_ids=imagined.token_ids,
    )


async def similar_photos(message: Message, photo: PhotoSize | Document, context: BotContext) -> None:
    """Answer a message with the gallery photos most like a photo."""
    services = context.services
    if not services.gallery.state().photos:
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
        is_any_alike = bool(await services.gallery.search(reading.representation, 1))
    outcome = notes.most_alike() if is_any_alike else notes.none_alike()
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (outcome, gallery_note(context)))),
        replies.more_keyboard() if is_any_alike else None,
        representation=reading.representation,
        captions=tuple(caption.text for caption in reading.captions[:1]),
        with_photos=is_any_alike,
    )


def gallery_note(context: BotContext) -> str:
    """Say what the user should know about the gallery: that it is empty, or not all read yet."""
    services, state = context.services, context.services.gallery.state()
    if state.phase == "indexing":
        return replies.gallery_progress(state.done, state.total) if state.photos else notes.still_reading()
    if not state.photos:
        return replies.no_gallery(services.gallery.folder, local=services.local)
    return ""
