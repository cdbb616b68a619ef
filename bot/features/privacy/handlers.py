"""Memory: whether a chat's photos are remembered, what is kept of the chat, and all of it as a file."""

from telegram import Message, Update
from telegram.constants import ChatAction

from bot.chats.rights import may_manage
from bot.features.privacy import texts as replies
from bot.features.privacy.export import export
from bot.memory.remembering import sender_of
from bot.memory.table import chat_of
from bot.messages.addressee import is_private
from bot.routing.context import BotContext, message_of


async def memory(update: Update, context: BotContext) -> None:
    """Answer /memory: the state; on and off change it, for a group's admins."""
    message, services = message_of(update), context.services
    wish = "".join(context.words).lower()
    if wish not in ("on", "off"):
        await message.reply_text(replies.state(await _state(message, context)))
    elif not await may_manage(update):
        await message.reply_text(replies.only_admins(), do_quote=True)
    else:
        chat = chat_of(message)
        await services.chats.meet(*chat, message.chat.type)
        await services.chats.set(*chat, remembers=wish == "on")
        await announce(message, context, sender_of(message), remembers=wish == "on")


async def privacy(update: Update, context: BotContext) -> None:
    """Answer /privacy."""
    message = message_of(update)
    await message.reply_text(replies.privacy(await _state(message, context)))


async def export_chat(update: Update, context: BotContext) -> None:
    """Answer /export with all that is kept of the chat, for a group's admins."""
    message = message_of(update)
    if not await may_manage(update):
        await message.reply_text(replies.only_admins(), do_quote=True)
        return
    chat = chat_of(message)
    async with context.showing(message, ChatAction.UPLOAD_DOCUMENT):
        async for part in export(context.services.database, chat):
            await message.reply_document(
                part.content,
                filename=f"chat-{part.number}.json",
                caption=replies.exported(part.number, part.photos),
                do_quote=True,
            )


async def announce(message: Message, context: BotContext, asker: int, *, remembers: bool) -> None:
    """Say that photos are remembered from now on, or ask what becomes of those that were.

    Args:
        message: That changed it, or was the page of settings.
        asker: Who changed it.
    """
    if remembers:
        await message.reply_text(replies.turned_on(is_private=is_private(message)))
        return
    photos = context.services.memory.photos
    await photos.forget_unread(chat_of(message))
    count = await photos.count(chat_of(message))
    keyboard = replies.keep_or_forget_keyboard(asker) if count else None
    await message.reply_text(replies.turned_off(count), reply_markup=keyboard)


async def _state(message: Message, context: BotContext) -> replies.MemoryState:
    chat, services = chat_of(message), context.services
    return replies.MemoryState(
        is_on=(await services.chats.settings(*chat)).remembers,
        photos=await services.memory.photos.count(chat),
        is_private=is_private(message),
    )
