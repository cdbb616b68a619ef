"""One message whose buttons change how the bot behaves in a chat."""

import contextlib
from datetime import UTC, datetime

from telegram import Bot, Chat
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.chats.chats import Chats, ChatSettings
from bot.features.settings import texts
from bot.memory.remembering import Remembering
from bot.messages.incoming import Incoming, Press


class SettingsPage:
    """Answers /settings.

    Args:
        chats: Keep the settings.
        remembering: Says what becomes of the photos when memory is turned on or off.
    """

    def __init__(self, chats: Chats, remembering: Remembering) -> None:
        self._chats = chats
        self._remembering = remembering

    async def show(self, asked: Incoming) -> None:
        """Answer /settings."""
        chosen = await self._chats.settings(*asked.chat)
        text, keyboard = _page(texts.MAIN, chosen, asked.message.chat, asked.bot)
        await asked.message.reply_text(text, reply_markup=keyboard)

    async def press(self, press: Press) -> None:
        """Make the change that a button stands for, whenever its message was sent."""
        wanted, chat = texts.read(press.data), press.place
        if wanted is None or chat is None:
            await press.answer(texts.outdated())
            return
        page, changes = wanted
        bot_id = press.key.bot_id
        await self._chats.meet(bot_id, chat.id, chat.type)
        before = await self._chats.settings(bot_id, chat.id)
        changes = texts.completed(changes, before)
        chosen = await self._chats.set(bot_id, chat.id, **changes) if changes else before
        text, keyboard = _page(page, chosen, chat, press.query.get_bot())
        await press.answer()
        with contextlib.suppress(BadRequest):  # it reads like that already, or can no longer be edited
            await press.query.edit_message_text(text, reply_markup=keyboard)
        is_news = "remembers" in changes and chosen.remembers != before.remembers  # not of another's press
        if is_news and press.on is not None:
            await self._remembering.announce(press.on, press.person.id, remembers=chosen.remembers)


def _page(page: str, chosen: ChatSettings, chat: Chat, bot: Bot) -> texts.Page:
    is_private = chat.type == ChatType.PRIVATE
    is_blind = not is_private and not bot.can_read_all_group_messages
    hint = texts.privacy_hint() if is_blind and chosen.captions == "every" else ""
    text = texts.text(page, chosen, datetime.now(UTC), hint=hint)
    return text, texts.keyboard(page, chosen, is_private=is_private)
