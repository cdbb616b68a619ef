"""Interruptions: an update whose answer was under way when the bot ended gets an apology and nothing else."""

import logging

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot import replies
from bot.connection import may_be_sent_later
from bot.context import BotContext
from bot.replies.interruptions import interrupted
from bot.turn import current_turn

logger = logging.getLogger(__name__)


async def apologise(update: Update, context: BotContext) -> None:
    """Say that an answer may be missing; nobody waits for one that is more than words."""
    turn, message = current_turn(), update.effective_message
    if turn is None or turn.state != "answering":
        return
    try:
        if message is not None:
            await message.reply_text(replies.sentence(interrupted()), do_quote=True)
    except TelegramError as error:
        turn.is_unheard = may_be_sent_later(error)
        logger.warning("Nobody could be told of an interruption: %s", error)
    raise ApplicationHandlerStop
