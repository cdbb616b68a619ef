"""Interruptions: what was being answered when the bot ended gets an apology and nothing else."""

import logging

from telegram.error import TelegramError

from bot.delivery.connection import may_be_sent_later
from bot.delivery.turn import current_turn
from bot.language import phrases
from bot.messages.incoming import Arrival
from bot.routing.interruption_texts import interrupted

logger = logging.getLogger(__name__)


class Interruptions:
    """Says that an answer may be missing, of an album once."""

    def __init__(self) -> None:
        self._albums: set[tuple[int, str]] = set()

    async def apologise(self, arrival: Arrival) -> bool:
        """Apologise, and give True, if what came was being answered when the bot ended."""
        turn, about = current_turn(), arrival.about
        if turn is None or turn.state != "answering":
            return False
        album = (turn.chat_id, about.album) if about is not None else (0, "")
        try:
            if about is not None and album not in self._albums:
                if album[1]:
                    self._albums.add(album)
                await about.message.reply_text(phrases.sentence(interrupted()), do_quote=True)
        except TelegramError as error:
            self._albums.discard(album)
            turn.is_unheard = may_be_sent_later(error)
            logger.warning("Nobody could be told of an interruption: %s", error)
        return True
