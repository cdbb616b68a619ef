"""Seen before: a reply to a photo that its chat saw earlier, pointing to that."""

import logging
from datetime import UTC, datetime

from telegram import Bot, ReplyParameters

from bot.chats.chats import Chats
from bot.language import speaking, translations_for
from bot.memory import texts
from bot.memory.links import can_be_replied_to, link_to
from bot.memory.memory import Memory
from bot.memory.table import RememberedPhoto
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)


class SeenBefore:
    """Notices photos that a chat saw before, where the chat wants it.

    Args:
        chats: Know what each chat wants.
        memory: Knows what each chat saw.
    """

    def __init__(self, chats: Chats, memory: Memory) -> None:
        self._chats = chats
        self._memory = memory

    async def tell(self, bot: Bot, photo: RememberedPhoto) -> bool:
        """Point to the earlier photo that a new one is a copy of, if the chat wants to know; True if so."""
        settings = await self._chats.settings(*photo.chat)
        if not settings.seen_before or settings.is_quiet(datetime.now(UTC)):
            return False
        try:
            earlier = await self._memory.seen_before(photo)
        except OneNetError:  # too much waits, or the index is away: nobody asked for it
            logger.debug("It could not be looked whether a photo was seen before")
            return False
        if earlier is not None:
            await self._point(bot, photo, earlier)
        return earlier is not None

    async def tell_unasked(self, bot: Bot, photo: RememberedPhoto) -> None:
        """Point to the earlier copy of a photo that nobody waits for an answer to.

        That is in the language of its chat, or else of who sent it.
        """
        language = (await self._chats.settings(*photo.chat)).language
        with speaking(translations_for(language or photo.language)):
            await self.tell(bot, photo)

    async def _point(self, bot: Bot, photo: RememberedPhoto, earlier: RememberedPhoto) -> None:
        """Link to the earlier message from the new one; without links, reply to the earlier one."""
        link = link_to(earlier)
        to_earlier = not link and can_be_replied_to(earlier)
        answered = earlier if to_earlier else photo
        await bot.send_message(
            photo.chat.chat_id,
            texts.seen_before(earlier.message.sent_at, link, is_reply_to_earlier=to_earlier),
            reply_parameters=ReplyParameters(answered.message.message_id, allow_sending_without_reply=True),
            message_thread_id=answered.message.thread or None,
        )
