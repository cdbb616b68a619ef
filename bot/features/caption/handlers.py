"""Photos: a caption and the most similar photos of the gallery."""

from datetime import UTC, datetime

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.language import phrases as replies
from bot.memory.remembering import names_of, remember, remember_quietly, tell_of
from bot.memory.table import chat_of
from bot.messages.addressee import is_private, should_caption
from bot.photos.fetching import NOT_AN_IMAGE, Photo, photo_of, photo_replied_to, read_from_chat
from bot.routing.context import BotContext, message_of
from bot.routing.once import once
from bot.search import texts as photo_replies
from bot.search.answers import post_answer
from bot.store.database import Answer
from onenet.errors import PhotoError


async def photo(update: Update, context: BotContext) -> None:
    """Caption a photo and show photos like it."""
    message = message_of(update)
    found = photo_of(message)
    assert found is not None
    await caption_photo(message, found, context, with_photos=True)


async def overheard(update: Update, context: BotContext) -> None:
    """Caption a photo of which nobody asked, or only remember it, as the chat wants that."""
    message = message_of(update)
    settings = await context.services.chats.settings(*chat_of(message))
    if should_caption(message, settings, datetime.now(UTC)):
        await once(caption)(update, context)
    else:
        await remember_quietly(message, context)


async def caption(update: Update, context: BotContext) -> None:
    """Answer /caption: under a photo, or in reply to one."""
    message = message_of(update)
    found = photo_near(message)
    if found is None:
        await message.reply_text(replies.how_to(context.services.commands["caption"]))
        return
    await caption_photo(message, found, context, with_photos=False)


async def not_a_photo(update: Update, context: BotContext) -> None:
    """Say so when a file is no image; in a group it was not meant for us."""
    if is_private(message_of(update)):
        raise PhotoError(NOT_AN_IMAGE)


async def caption_photo(message: Message, photo: Photo, context: BotContext, *, with_photos: bool) -> None:
    """Answer a message with the caption of a photo."""
    services = context.services
    async with context.showing(message, ChatAction.TYPING):
        reading = await read_from_chat(photo, services.worker)
        remembered = await remember(message, reading, context)
    captions = tuple(caption.text for caption in reading.captions)
    shown = names_of(remembered)
    has_photos = await services.finder.has_photos(chat_of(message), besides=shown)
    note = photo_replies.preview_note(photo.kind) if photo.is_preview else ""
    await post_answer(
        message,
        context,
        photo_replies.with_note(replies.caption(captions[0]), note),
        replies.caption_keyboard(
            captions=len(captions),
            has_photos=has_photos,
            has_reasons=photo_of(message) is not None or remembered is not None,
        ),
        Answer(reading.representation, captions, photos_shown=shown),
        with_photos=with_photos and has_photos,
    )
    await tell_of(context, remembered)


def photo_near(message: Message) -> Photo | None:
    """Find the photo that a command is about: the one it stands under, or replies to.

    Raises:
        PhotoError: If it replies to a file that is no image.
    """
    found = photo_of(message) or photo_replied_to(message)
    answered = message.reply_to_message
    if found is None and answered is not None and answered.document is not None:
        raise PhotoError(NOT_AN_IMAGE)
    return found
