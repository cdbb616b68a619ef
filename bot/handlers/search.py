"""Search: photos by a description, photos like a photo."""

import numpy as np
from numpy.typing import NDArray
from telegram import Message, Update
from telegram.constants import ChatAction

from bot import replies
from bot.context import BotContext, message_of
from bot.handlers.answers import post_answer
from bot.handlers.photos import photo_near
from bot.photos import Photo, photo_of, read_from_chat
from bot.replies import notes
from bot.replies import photos as photo_replies
from onenet.engine import Found, Imagined


async def find(update: Update, context: BotContext) -> None:
    """Answer /find with what the network imagined and the photos that fit best; under a photo too."""
    message, services = message_of(update), context.services
    description = " ".join(context.words)
    if not description:
        await _find_without_words(message, context)
        return
    async with context.showing(message, ChatAction.TYPING):
        imagined = await services.worker.call(services.engine.imagine, description)
        found = await services.gallery.find(imagined, 1)
    has_gallery = services.gallery.state().photos > 0
    await post_answer(
        message,
        context,
        _found_text(message, context, imagined, found),
        replies.more_keyboard() if has_gallery else None,
        representation=imagined.representation,
        captions=(imagined.imagined,),
        with_photos=has_gallery,
        token_ids=imagined.token_ids,
    )


async def _find_without_words(message: Message, context: BotContext) -> None:
    photo = photo_near(message)
    if photo is not None:
        await similar_photos(message, photo, context)
        return
    command = context.services.commands["find"]
    keyboard = replies.examples_keyboard(command.examples)
    await message.reply_text(replies.how_to(command), reply_markup=keyboard)


def _found_text(message: Message, context: BotContext, imagined: Imagined, found: Found) -> str:
    """Tell what was found for a description; if it stands under a photo, that only the words were looked for.

    Whoever writes words wants what they say, and a caption is had by writing none; so a photo above them is
    left aside, and the answer says how to ask about it.
    """
    unused = photo_replies.photo_not_used() if photo_of(message) is not None else ""
    warning = notes.nothing_fits() if found.matches and not found.fits else ""
    parts = (replies.imagined(imagined), unused, gallery_note(context), warning)
    return "\n\n".join(filter(None, parts))


async def similar_photos(message: Message, photo: Photo, context: BotContext) -> None:
    """Answer a message with the gallery photos most like a photo."""
    services = context.services
    if not services.gallery.state().photos:
        await message.reply_text(gallery_note(context), do_quote=True)
        return
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
    note = photo_replies.preview_note(photo.kind) if photo.is_preview else ""
    captions = tuple(caption.text for caption in reading.captions[:1])
    await post_similar(message, context, notes.most_alike(), note, reading.representation, captions)


async def post_similar(
    message: Message,
    context: BotContext,
    announcement: str,
    note: str,
    representation: NDArray[np.float32],
    captions: tuple[str, ...],
) -> None:
    """Answer a message with the gallery photos most like a representation, or say that there are none."""
    is_any_alike = bool(await context.services.gallery.search(representation, 1))
    outcome = announcement if is_any_alike else notes.none_alike()
    await post_answer(
        message,
        context,
        "\n\n".join(filter(None, (outcome, note, gallery_note(context)))),
        replies.more_keyboard() if is_any_alike else None,
        representation=representation,
        captions=captions,
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
