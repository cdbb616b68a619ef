"""Errors: the log gets the traceback, the user a sentence."""

import logging

from telegram import Update
from telegram.error import Conflict, Forbidden, NetworkError, TelegramError

from bot.chats.rights import is_muted
from bot.delivery.connection import may_be_sent_later
from bot.delivery.turn import Turn, current_turn
from bot.inference.quotas import LeftOutError
from bot.language import notes, told
from bot.language import phrases as replies
from bot.routing.context import BotContext
from bot.routing.interruption_texts import uncertain
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)


async def error_handler(update: object, context: BotContext) -> None:
    """Log an error, then tell whoever asked: handlers, and so this, only see what is meant for the bot."""
    error = context.error
    if error is None:
        return
    turn = current_turn()
    if turn is not None:
        turn.error = type(error).__name__
    _log(error, is_update=isinstance(update, Update))
    if not isinstance(update, Update):
        return
    if isinstance(error, Forbidden) and update.effective_chat is not None:
        await context.services.chats.leave(context.bot.id, update.effective_chat.id)
    if isinstance(error, TelegramError) and is_muted(error):
        return
    try:
        await _answer(update, context, error, turn)
    except TelegramError as failure:
        logger.warning("Nor could the user be told: %s", failure)
        if turn is not None and turn.state != "answered":
            turn.is_unheard = may_be_sent_later(failure)


async def _answer(update: Update, context: BotContext, error: Exception, turn: Turn | None) -> None:
    message = update.effective_message
    if update.callback_query is not None:
        await update.callback_query.answer()
    if message is None:
        return
    if isinstance(error, LeftOutError) and turn is not None:
        context.services.left_out.add(message, error, turn)
    else:
        await message.reply_text(replies.sentence(_text(error, turn)), do_quote=True)


def _text(error: Exception, turn: Turn | None) -> str:
    if isinstance(error, OneNetError):
        return told(error)
    return uncertain() if turn is not None and turn.state == "answering" else notes.something_went_wrong()


def _log(error: Exception, *, is_update: bool) -> None:
    if isinstance(error, OneNetError):  # its message may hold the user's words: they stay out of the log
        logger.info("Could not answer: %s", type(error).__name__, exc_info=logger.isEnabledFor(logging.DEBUG))
    elif isinstance(error, TelegramError) and is_muted(error):
        logger.info("Not allowed to answer: %s", error)
    elif isinstance(error, Conflict):
        logger.error("Another program receives this bot's messages: stop it, or use a bot of its own here.")
    elif isinstance(error, NetworkError) and not is_update:
        logger.warning("No messages from the server just now (%s); trying again", error)
    else:
        logger.error("An answer failed", exc_info=error)
