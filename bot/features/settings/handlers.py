"""Settings: /settings, one message whose buttons change how the bot behaves in a chat."""

import contextlib
from datetime import UTC, datetime

from telegram import CallbackQuery, Chat, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.chats.chats import ChatSettings
from bot.chats.rights import may_manage
from bot.features.privacy.handlers import announce
from bot.features.settings import texts as replies
from bot.routing.context import BotContext, message_of


async def settings(update: Update, context: BotContext) -> None:
    """Answer /settings; in a group for its administrators only."""
    message = message_of(update)
    if not await may_manage(update):
        await message.reply_text(replies.admins_only(), do_quote=True)
        return
    chosen = await context.services.chats.settings(context.bot.id, message.chat.id)
    text, keyboard = _page(replies.MAIN, chosen, message.chat, context)
    await message.reply_text(text, reply_markup=keyboard)


async def press(update: Update, context: BotContext) -> None:
    """Make the change that a button stands for, whoever pressed it and whenever the message was sent."""
    query, chat = update.callback_query, update.effective_chat
    assert query is not None
    wanted = replies.read(query.data or "")
    if wanted is None or chat is None:
        await query.answer(replies.outdated())
        return
    if not await may_manage(update):
        await query.answer(replies.admins_only(), show_alert=True)
        return
    page, changes = wanted
    chats = context.services.chats
    await chats.meet(context.bot.id, chat.id, chat.type)
    before = await chats.settings(context.bot.id, chat.id)
    chosen = await chats.set(context.bot.id, chat.id, **changes) if changes else before
    await _show(query, page, chosen, chat, context)
    if chosen.remembers != before.remembers and isinstance(query.message, Message):
        await announce(query.message, context, query.from_user.id, remembers=chosen.remembers)


async def _show(
    query: CallbackQuery, page: str, chosen: ChatSettings, chat: Chat, context: BotContext
) -> None:
    text, keyboard = _page(page, chosen, chat, context)
    await query.answer()
    with contextlib.suppress(BadRequest):  # it reads like that already, or can no longer be edited
        await query.edit_message_text(text, reply_markup=keyboard)


def _page(page: str, chosen: ChatSettings, chat: Chat, context: BotContext) -> replies.Page:
    is_private = chat.type == ChatType.PRIVATE
    is_blind = not is_private and not context.bot.can_read_all_group_messages
    hint = replies.privacy_hint() if is_blind and chosen.captions == "every" else ""
    text = replies.text(page, chosen, datetime.now(UTC), hint=hint)
    return text, replies.keyboard(page, chosen, is_private=is_private)
