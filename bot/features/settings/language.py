"""Language: which one the bot speaks, chosen by buttons."""

import contextlib

from telegram import Message, Update
from telegram.error import BadRequest

from bot.chats.rights import is_administrator
from bot.features.help.menus import set_menu_of
from bot.features.settings import language_texts as replies
from bot.language import known_language, notes
from bot.messages.addressee import is_private
from bot.routing.context import BotContext, message_of


async def ask(update: Update, context: BotContext) -> None:
    """Answer /language with the languages as buttons."""
    message = message_of(update)
    in_private = is_private(message)
    await message.reply_text(
        replies.which_language(is_private=in_private),
        reply_markup=replies.languages_keyboard(is_private=in_private),
    )


async def choose(update: Update, context: BotContext) -> None:
    """Speak the language of the button from now on: to a person, or in a group if an admin pressed it."""
    query = update.callback_query
    assert query is not None
    message, services = query.message, context.services
    language = known_language((query.data or "").removeprefix(replies.LANGUAGE))
    if not isinstance(message, Message) or not (language or query.data == replies.LANGUAGE):
        await query.answer(notes.forgotten())
        return
    if is_private(message):
        await services.chats.set_language(context.bot.id, query.from_user.id, language)
    elif await is_administrator(message.chat, query.from_user.id):
        await services.chats.meet(context.bot.id, message.chat_id, message.chat.type)
        await services.chats.set(context.bot.id, message.chat_id, language=language)
    else:
        await query.answer(replies.only_admins(), show_alert=True)
        return
    await query.answer()
    with contextlib.suppress(BadRequest):  # pressed twice at once: the message reads like that already
        await message.edit_text(replies.chosen(language))
    if message.chat_id != services.settings.owner_id:  # whose menu has more
        await set_menu_of(message.chat, services.commands.values(), language)
