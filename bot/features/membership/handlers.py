"""Membership: the bot comes into a chat, leaves it, and may not be there."""

import asyncio
import logging

from telegram import Chat, ChatMember, ChatMemberUpdated, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.features.membership import texts as replies
from bot.messages.addressee import IsAddressed, command_in
from bot.routing.context import BotContext

logger = logging.getLogger(__name__)

MOVE_S = 1.0
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


async def keep_out(update: Update, context: BotContext) -> None:
    """Stop updates of those that may not use the bot, before any other handler sees them."""
    if update.my_chat_member is not None:  # that a chat is left has to be known of every chat
        return
    verdict = context.services.access.verdict(update)
    if verdict == "welcome":
        return
    chat = update.effective_chat
    if verdict == "refused" and chat is not None:
        await _refuse(chat, context)
    raise ApplicationHandlerStop


async def meet(update: Update, context: BotContext) -> None:
    """Note a chat that the bot was in before it kept a list, or before the list was lost; and moves."""
    message, query = update.message, update.callback_query
    if message is not None and message.migrate_to_chat_id is not None:
        context.services.chats.moved.add(message.migrate_to_chat_id)
        return
    is_for_us = query is not None or (
        message is not None and (command_in(message) is not None or IsAddressed().filter(message))
    )
    if is_for_us and update.effective_chat is not None:
        chat = update.effective_chat
        await context.services.chats.meet(context.bot.id, chat.id, chat.type)


async def changed(update: Update, context: BotContext) -> None:
    """Come into a chat or leave it."""
    change = update.my_chat_member
    assert change is not None
    was_in, is_in = _is_in(change.old_chat_member), _is_in(change.new_chat_member)
    if was_in and not is_in:
        await context.services.chats.leave(context.bot.id, change.chat.id)
    elif is_in and not was_in:
        await _come_in(update, change, context)


async def _come_in(update: Update, change: ChatMemberUpdated, context: BotContext) -> None:
    chat, services = change.chat, context.services
    before = await services.chats.acquaintance(context.bot.id, chat.id)
    if chat.type == ChatType.SUPERGROUP:  # if it was a group until now, the group says so in a moment
        await asyncio.sleep(MOVE_S)
        if chat.id in services.chats.moved:
            return
    verdict = services.access.verdict(update)
    if verdict != "welcome":
        await _refuse(chat, context, in_silence=verdict == "banned")
        return
    await services.chats.meet(context.bot.id, chat.id, chat.type)
    if before != "here" and chat.type in GROUPS:
        settings = await services.chats.settings(context.bot.id, chat.id)
        again = replies.hello_again(remembers=settings.remembers)
        await chat.send_message(again if before == "left" else _hello(change, context))


async def _refuse(chat: Chat, context: BotContext, *, in_silence: bool = False) -> None:
    """Say a sentence, though not to each message; leave, unless it is a private chat."""
    is_told = (
        in_silence or chat.type == ChatType.CHANNEL or not context.services.access.is_to_be_told(chat.id)
    )
    try:
        if not is_told:
            await chat.send_message(replies.refused())
    except TelegramError as error:
        logger.info("A chat that is not allowed could not be told: %s", error)
    try:
        if chat.type != ChatType.PRIVATE:
            await chat.leave()
    except TelegramError as error:
        logger.info("A chat that is not allowed could not be left: %s", error)


def _hello(change: ChatMemberUpdated, context: BotContext) -> str:
    bot = context.bot
    is_administrator = change.new_chat_member.status == ChatMemberStatus.ADMINISTRATOR
    sees_everything = bool(bot.can_read_all_group_messages) or is_administrator
    return replies.hello(bot.first_name, bot.username or "", sees_everything=sees_everything)


def _is_in(member: ChatMember) -> bool:
    if member.status == ChatMemberStatus.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)
