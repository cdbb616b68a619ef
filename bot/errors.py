"""Errors: the log gets the traceback, the user a sentence."""

import logging

from telegram import Update
from telegram.error import Forbidden, TelegramError
from telegram.ext import ContextTypes

from bot.chats.chats import Chats
from bot.chats.rights import is_muted, lacks_media
from bot.delivery.connection import may_be_sent_later
from bot.delivery.dispatch import arrival_of
from bot.delivery.quoting import is_to_be_quoted
from bot.delivery.turn import Turn, current_turn
from bot.inference.left_out import LeftOut
from bot.inference.quotas import LeftOutError
from bot.language import notes, phrases, told
from bot.messages.incoming import Arrival
from bot.routing.interruption_texts import uncertain
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)


class ErrorHandler:
    """Logs errors, and tells whoever asked.

    Args:
        chats: Note where the bot may no longer write.
        left_out: Tells of what was left out because there was too much.
    """

    def __init__(self, chats: Chats, left_out: LeftOut) -> None:
        self._chats = chats
        self._left_out = left_out

    async def handle(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Log an error, tell whoever asked: features, and so this, only see what is meant for the bot."""
        error = context.error
        if error is None:
            return
        turn = current_turn()
        if turn is not None:
            turn.error = type(error).__name__
        _log(error)
        if not isinstance(update, Update):
            return
        arrival = arrival_of(update)
        if isinstance(error, Forbidden) and arrival.place is not None:
            await self._chats.leave(arrival.bot.id, arrival.place.id)
        if isinstance(error, TelegramError) and is_muted(error) and not lacks_media(error):
            return
        try:
            await self._answer(arrival, error, turn)
        except TelegramError as failure:
            logger.warning("Nor could the user be told: %s", failure)
            if turn is not None and turn.state != "answered":
                turn.is_unheard = may_be_sent_later(failure)

    async def _answer(self, arrival: Arrival, error: Exception, turn: Turn | None) -> None:
        if arrival.press is not None:
            await arrival.press.answer()
        if arrival.about is None:
            return
        message = arrival.about.message
        if isinstance(error, LeftOutError) and turn is not None:
            self._left_out.add(message, error, turn)
        else:
            # What may be missing has to be plain; of what is said in our own words it mostly is.
            is_quoted = not isinstance(error, OneNetError) or is_to_be_quoted(message)
            await message.reply_text(phrases.sentence(_text(error, turn)), do_quote=is_quoted)


def _text(error: Exception, turn: Turn | None) -> str:
    if isinstance(error, OneNetError):
        return told(error)
    if isinstance(error, TelegramError) and lacks_media(error):
        return notes.no_pictures_here()
    return uncertain() if turn is not None and turn.state == "answering" else notes.something_went_wrong()


def _log(error: Exception) -> None:
    if isinstance(error, OneNetError):  # its message may hold the user's words: they stay out of the log
        logger.info("Could not answer: %s", type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
    elif isinstance(error, TelegramError) and is_muted(error):
        logger.info("Not allowed to answer: %s", error)
    else:
        logger.error("An answer failed", exc_info=error)
