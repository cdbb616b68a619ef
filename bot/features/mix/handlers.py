"""Mix: the way from one photo to another."""

from collections.abc import Sequence

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.features.mix import texts as replies
from bot.inference.worker import Reading
from bot.memory.remembering import names_of, remember, tell_of
from bot.photos.fetching import open_from_chat, photo_of
from bot.routing.context import BotContext, message_of


async def mix(update: Update, context: BotContext) -> None:
    """Answer /mix under a photo that replies to another."""
    message = message_of(update)
    answered = message.reply_to_message
    await mix_photos(message, [answered, message] if answered is not None else [message], context)


async def mix_photos(message: Message, holders: Sequence[Message], context: BotContext) -> None:
    """Answer a message with the way from the photo of one message to that of another."""
    photos = [found for each in holders if (found := photo_of(each)) is not None]
    if len(photos) != 2 or len(holders) != 2:
        await message.reply_text(replies.how_to_mix(), do_quote=True)
        return
    services = context.services
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        images = [await open_from_chat(photo, services.worker) for photo in photos]
        readings = [_read(each) for each in await services.worker.read_all(images)]
        kept = [
            await remember(holder, reading, context)
            for holder, reading in zip(holders, readings, strict=True)
        ]
        besides = [name for each in kept for name in names_of(each)]
        mixed = await services.mixes.make(message, images, readings, besides)
        await message.reply_photo(mixed.picture, caption=replies.mix(mixed.steps), do_quote=True)
    await tell_of(context, *kept)


def _read(result: Reading | Exception) -> Reading:
    if isinstance(result, Reading):
        return result
    raise result
