"""Search: photos by a description, photos like a photo."""

from telegram import Document, Message, PhotoSize, Update
from telegram.constants import ChatAction

from bot import replies
from bot.context import BotContext, message_of
from bot.handlers.answers import post_answer
from bot.photos import read_from_chat


async def find(update: Update, context: BotContext) -> None:
    """Answer /find with what the network imagined and the photos most like it."""
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
    has_gallery = services.gallery.state().photos > 0
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (replies.imagined(imagined), gallery_note(context)))),
        replies.more_keyboard() if has_gallery else None,
        representation=imagined.representation,
        captions=(imagined.imagined,),
        with_photos=has_gallery,
    )


async def similar_photos(message: Message, photo: PhotoSize | Document, context: BotContext) -> None:
    """Answer a message with the gallery photos most like a photo."""
    services = context.services
    if not services.gallery.state().photos:
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (replies.MOST_ALIKE, gallery_note(context)))),
        replies.more_keyboard(),
        representation=reading.representation,
        captions=tuple(caption.text for caption in reading.captions[:1]),
        with_photos=True,
    )


def gallery_note(context: BotContext) -> str:
    """Say what the user should know about the gallery: that it is empty, or not all read yet."""
    services, state = context.services, context.services.gallery.state()
    if state.phase == "indexing":
        return replies.gallery_progress(state.done, state.total) if state.photos else replies.STILL_READING
    if not state.photos:
        return replies.no_gallery(services.gallery.folder, local=services.local)
    return ""
