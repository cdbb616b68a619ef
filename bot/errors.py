"""Errors: the log gets the traceback, the user a sentence."""

import logging

from telegram import Update
from telegram.error import Conflict, Forbidden, NetworkError, TelegramError

from bot import replies
from bot.context import BotContext
from bot.rights import is_muted
from onenet.errors import OneNetError

logger = logging.getLogger(__name__)


async def error_handler(update: object, context: BotContext) -> None:
    """Log an error, then tell whoever asked: handlers, and so this, only see what is meant for the bot."""
    error = context.error
    if error is None:
        return
    _log(error, is_update=isinstance(update, Update))
    if isinstance(update, Update) and isinstance(error, Forbidden) and update.effective_chat is not None:
        await context.services.chats.leave(context.bot.id, update.effective_chat.id)
    elif isinstance(update, Update) and not (isinstance(error, TelegramError) and is_muted(error)):
        try:
            await _tell(
                update, str(error) if isinstance(error, OneNetError) else replies.SOMETHING_WENT_WRONG
            )
        except TelegramError as failure:
            logger.warning("Nor could the user be told: %s", failure)


async def _tell(update: Update, text: str) -> None:
    if update.callback_query is not None:
        await update.callback_query.answer()
    if update.effective_message is not None:
        await update.effective_message.reply_text(replies.sentence(text), do_quote=True)


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
