"""Inside: the 300 numbers of a photo, and what turns the strongest of them on."""

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.features.caption.handlers import photo_near
from bot.features.inside import texts as inside_replies
from bot.language import phrases as replies
from bot.memory.remembering import remember, tell_of
from bot.photos.fetching import Photo, open_from_chat
from bot.routing.context import BotContext, message_of


async def inside(update: Update, context: BotContext) -> None:
    """Answer /inside: under a photo, or in reply to one."""
    message = message_of(update)
    photo = photo_near(message)
    if photo is None:
        await message.reply_text(replies.how_to(context.services.commands["inside"]))
        return
    await _show_inside(message, photo, context)


async def _show_inside(message: Message, photo: Photo, context: BotContext) -> None:
    services = context.services
    async with context.showing(message, ChatAction.UPLOAD_PHOTO):
        image = await open_from_chat(photo, services.worker)
        reading = await services.worker.read(image)
        remembered = await remember(message, reading, context)
        picture = await services.insides.draw(image, reading.representation)
        text = inside_replies.inside(reading.captions[0].text, photo, services.gallery.state().photos > 0)
        await message.reply_photo(picture, caption=text, do_quote=True)
    await tell_of(context, remembered)
