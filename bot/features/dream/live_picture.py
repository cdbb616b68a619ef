"""Live picture: a message of ours that shows a picture in the making, from the first words to the result."""

import contextlib
import logging

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.error import BadRequest, TelegramError

from bot.chats.rights import lacks_media
from bot.delivery.connection import NOW_OR_NEVER, Connection
from bot.delivery.quoting import is_to_be_quoted
from bot.language.notes import no_pictures_here

logger = logging.getLogger(__name__)


class LivePicture:
    """A reply that is edited as its picture comes on; it is sent when there is something to be shown.

    Args:
        message: What is answered.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        self._is_quoted = is_to_be_quoted(message)  # it is shown beside the turn that it is for
        self._sent: Message | None = None
        self._may_be_shown = True

    async def show(self, text: str, picture: bytes | None, keyboard: InlineKeyboardMarkup | None) -> None:
        """Show how far the picture is; what cannot be shown at once is left out.

        Where not even the first can be shown, only the result will be: there might be many messages else.

        Args:
            text: HTML.
            picture: A JPEG; None: there is none yet.
        """
        if not self._may_be_shown:
            return
        try:
            if self._sent is None:
                self._sent = await self._send(text, picture, keyboard)
            else:
                await self._edit(self._sent, text, picture, keyboard, NOW_OR_NEVER)
        except TelegramError as error:
            logger.info("A picture in the making could not be shown: %s", error)
            self._may_be_shown = self._sent is not None

    async def finish(self, text: str, picture: bytes | None, keyboard: InlineKeyboardMarkup | None) -> None:
        """Show the result, anew if the message has gone."""
        if self._sent is not None:
            with contextlib.suppress(BadRequest):
                await self._edit(self._sent, text, picture, keyboard, None)
                return
        try:
            await self._send(text, picture, keyboard)
        except BadRequest as error:
            if not lacks_media(error):
                raise
            await self._send(f"{text}\n\n{no_pictures_here()}", None, keyboard)

    async def remove(self) -> None:
        """Delete the message, if it was sent."""
        if self._sent is not None:
            with contextlib.suppress(TelegramError):
                await _bot_of(self._sent).delete_message(
                    self._sent.chat_id, self._sent.message_id, rate_limit_args=NOW_OR_NEVER
                )

    async def _send(self, text: str, picture: bytes | None, keyboard: InlineKeyboardMarkup | None) -> Message:
        if picture is None:
            return await self._message.reply_text(text, reply_markup=keyboard, do_quote=self._is_quoted)
        return await self._message.reply_photo(
            picture, caption=text, reply_markup=keyboard, do_quote=self._is_quoted
        )

    async def _edit(
        self,
        sent: Message,
        text: str,
        picture: bytes | None,
        keyboard: InlineKeyboardMarkup | None,
        patience: int | None,
    ) -> None:
        """Edit the message.

        Args:
            patience: See `bot.delivery.connection.NOW_OR_NEVER`.
        """
        bot, chat_id, message_id = _bot_of(sent), sent.chat_id, sent.message_id
        if picture is None:
            await bot.edit_message_text(
                text, chat_id, message_id, reply_markup=keyboard, rate_limit_args=patience
            )
            return
        media = InputMediaPhoto(picture, caption=text)
        await bot.edit_message_media(
            media, chat_id, message_id, reply_markup=keyboard, rate_limit_args=patience
        )


def _bot_of(message: Message) -> Connection:
    bot = message.get_bot()
    assert isinstance(bot, Connection)
    return bot
