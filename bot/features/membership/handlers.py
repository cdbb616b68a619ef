"""The bot comes into a chat, leaves it, and may not be there."""

import asyncio
import logging

from telegram import Bot, Chat, ChatMember, ChatMemberUpdated
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.chats.access import Access
from bot.chats.chats import Chats
from bot.features.membership import texts
from bot.language.network import Multilingual, examples_here
from bot.memory.memory import Memory
from bot.messages.incoming import Arrival, Incoming

logger = logging.getLogger(__name__)

MOVE_S = 1.0
GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)


class Membership:
    """Knows the chats that the bot is in, and keeps it out of those where it may not be.

    Args:
        access: Says who may use the bot.
        chats: Keep the list.
        memory: Moves with its chat.
        network: Knows the words of examples.
    """

    def __init__(self, access: Access, chats: Chats, memory: Memory, network: Multilingual) -> None:
        self._access = access
        self._chats = chats
        self._memory = memory
        self._network = network

    def refuses(self, arrival: Arrival) -> bool:
        """Tell whether what came is from those who may not use the bot."""
        return self._access.verdict(arrival) != "welcome"

    async def keep_out(self, arrival: Arrival) -> bool:
        """Stop what comes from those who may not use the bot, before any feature sees it."""
        if arrival.membership is not None:  # that a chat is left has to be known of every chat
            return False
        verdict = self._access.verdict(arrival)
        if verdict == "welcome":
            return False
        if arrival.place is not None and (verdict == "refused" or arrival.place.type == ChatType.PRIVATE):
            # What was kept of it while it might is erased in time.
            await self._chats.leave(arrival.bot.id, arrival.place.id)
        if verdict == "refused" and arrival.place is not None:
            await self._refuse(arrival.place)
        return True

    async def meet(self, arrival: Arrival) -> bool:
        """Note a chat that the bot was in before it kept a list, or before the list was lost; and moves."""
        said = arrival.message
        if said is not None and said.message.migrate_to_chat_id is not None:
            self._chats.moved.add(said.message.migrate_to_chat_id)
            return False
        is_new = said is not None and not said.is_edited
        is_for_us = is_new and said is not None and (bool(said.command) or said.is_addressed)
        if (is_for_us or arrival.press is not None) and arrival.place is not None:
            await self._chats.meet(arrival.bot.id, arrival.place.id, arrival.place.type)
        return False

    async def change(self, arrival: Arrival) -> bool:
        """Come into a chat or leave it."""
        change = arrival.membership
        if change is None:
            return False
        was_in, is_in = _is_in(change.old_chat_member), _is_in(change.new_chat_member)
        if was_in and not is_in:
            await self._chats.leave(arrival.bot.id, change.chat.id)
        elif is_in and not was_in:
            await self._come_in(arrival, change)
        return True

    async def migrate(self, told: Incoming) -> None:
        """Let a group go on under its new number; told of in the old chat, in the new one, or in both."""
        message = told.message
        old = message.migrate_from_chat_id or message.chat_id
        new = message.migrate_to_chat_id or message.chat_id
        await self._memory.migrate(told.chat.bot_id, old, new)

    async def _come_in(self, arrival: Arrival, change: ChatMemberUpdated) -> None:
        chat, bot_id = change.chat, arrival.bot.id
        before = await self._chats.acquaintance(bot_id, chat.id)
        if chat.type == ChatType.SUPERGROUP:  # if it was a group until now, the group says so in a moment
            await asyncio.sleep(MOVE_S)
            if chat.id in self._chats.moved:
                return
        verdict = self._access.verdict(arrival)
        if verdict != "welcome":
            await self._refuse(chat, in_silence=verdict == "banned")
            return
        await self._chats.meet(bot_id, chat.id, chat.type)
        if before != "here" and chat.type in GROUPS:
            settings = await self._chats.settings(bot_id, chat.id)
            again = texts.hello_again(remembers=settings.remembers)
            await chat.send_message(again if before == "left" else self._hello(change, arrival.bot))

    async def _refuse(self, chat: Chat, *, in_silence: bool = False) -> None:
        """Say a sentence, though not to each message; leave, unless it is a private chat."""
        is_told = in_silence or chat.type == ChatType.CHANNEL or not self._access.is_to_be_told(chat.id)
        try:
            if not is_told:
                await chat.send_message(texts.refused())
        except TelegramError as error:
            logger.info("A chat that is not allowed could not be told: %s", error)
        try:
            if chat.type != ChatType.PRIVATE:
                await chat.leave()
        except TelegramError as error:
            logger.info("A chat that is not allowed could not be left: %s", error)

    def _hello(self, change: ChatMemberUpdated, bot: Bot) -> str:
        is_administrator = change.new_chat_member.status == ChatMemberStatus.ADMINISTRATOR
        if bot.can_read_all_group_messages or is_administrator:
            return texts.hello(bot.first_name, texts.call_me(bot.first_name, bot.username or ""))
        return texts.hello(bot.first_name, texts.send_commands(examples_here(self._network).photo))


def _is_in(member: ChatMember) -> bool:
    if member.status == ChatMemberStatus.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)
