"""Interruptions: an update whose answer was under way when the bot ended gets an apology and nothing else."""

import logging

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.delivery.connection import may_be_sent_later
from bot.delivery.turn import current_turn
from bot.language import phrases as replies
from bot.routing.context import BotContext
from bot.routing.interruption_texts import interrupted

logger = logging.getLogger(__name__)


async def apologise(update: Update, context: BotContext) -> None:
    """Say that an answer may be missing, of an album once; nobody waits for one that is more than words."""
    turn, message = current_turn(), update.effective_message
    if turn is None or turn.state != "answering":
        return
    album = (turn.chat_id, message.media_group_id or "") if message is not None else (0, "")
    try:
        if message is not None and album not in context.services.interrupted_albums:
            if album[1]:
                context.services.interrupted_albums.add(album)
            await message.reply_text(replies.sentence(interrupted()), do_quote=True)
    except TelegramError as error:
        context.services.interrupted_albums.discard(album)
        turn.is_unheard = may_be_sent_later(error)
        logger.warning("Nobody could be told of an interruption: %s", error)
    raise ApplicationHandlerStop
