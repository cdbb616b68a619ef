"""The owner's commands; for everyone else they do not exist."""

import contextlib
import re
from functools import partial
from html import escape

from telegram import Bot, Message
from telegram.error import BadRequest

from bot.chats.chats import Chats
from bot.features.owner import texts
from bot.features.owner.broadcasts import Broadcasts, Delivery
from bot.gallery.gallery import Gallery
from bot.inference.worker import Worker
from bot.language import notes
from bot.messages.incoming import Incoming, Press
from bot.metrics import Metrics


class Owner:
    """Answers /stats and /broadcast.

    Args:
        owner_id: Who may press the buttons; None: nobody.
        broadcasts: Send messages to every chat.
        chats: Are counted.
        worker: Knows how much waits.
        gallery: Whose photos are counted.
        metrics: What the figures are taken from.
    """

    def __init__(
        self,
        owner_id: int | None,
        broadcasts: Broadcasts,
        chats: Chats,
        worker: Worker,
        gallery: Gallery,
        metrics: Metrics,
    ) -> None:
        self._owner_id = owner_id
        self._broadcasts = broadcasts
        self._chats = chats
        self._worker = worker
        self._gallery = gallery
        self._metrics = metrics

    async def start(self, bot: Bot) -> None:
        """Go on with broadcasts that are not all sent, if somebody owns the bot."""
        if self._owner_id is not None:
            self._broadcasts.start(bot, partial(_report, bot, self._owner_id))

    async def stats(self, asked: Incoming) -> None:
        """Answer /stats."""
        counts = await self._chats.counts(asked.chat.bot_id)
        waiting, gallery = self._worker.waiting, self._gallery.state().photos
        await asked.message.reply_text(texts.stats(self._metrics, counts, waiting=waiting, gallery=gallery))

    async def broadcast(self, asked: Incoming) -> None:
        """Answer /broadcast: show the message as it will look, and ask."""
        text = _text_behind_command(asked.message)
        if not text:
            await asked.message.reply_text(texts.how_to_broadcast())
            return
        number, chats = await self._broadcasts.draft(asked.chat.bot_id, text)
        await asked.message.reply_text(text)
        keyboard = texts.confirm_keyboard(number, chats)
        await asked.message.reply_text(texts.confirm(chats), reply_markup=keyboard)

    async def decide(self, press: Press) -> None:
        """Send a broadcast or not."""
        if press.person.id != self._owner_id:
            await press.answer(notes.forgotten())
            return
        bot_id, number = press.key.bot_id, int(press.data.rpartition(":")[2])
        if press.data.startswith(texts.DROP):
            text = texts.dropped() if await self._broadcasts.drop(bot_id, number) else None
        else:
            chats = await self._broadcasts.begin(bot_id, number)
            text = None if chats is None else texts.begun(chats)
        await _close(press, text)


async def _report(bot: Bot, owner_id: int, delivery: Delivery) -> None:
    """Tell the owner what became of a broadcast."""
    await bot.send_message(owner_id, texts.done(delivery))


async def _close(press: Press, text: str | None) -> None:
    """Show what was decided in place of the buttons."""
    if text is None:
        await press.answer(texts.gone())
        return
    await press.answer()
    with contextlib.suppress(BadRequest):
        await press.query.edit_message_text(text)


def _text_behind_command(message: Message) -> str:
    """Return the text (HTML) with its formatting; plain where the command itself is formatted."""
    command = re.compile(r"\s*/broadcast(@\w+)?(?=\s|$)", re.IGNORECASE)
    html = message.text_html or ""  # none under a photo
    if command.match(html) is None:
        html = escape(message.text or "", quote=False)
    return command.sub("", html, count=1).strip()
