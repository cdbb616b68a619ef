"""The owner's commands; for everyone else they do not exist."""

import contextlib
import re
from html import escape

from telegram import Bot, CallbackQuery, Message, Update
from telegram.error import BadRequest

from bot.features.owner import texts as replies
from bot.features.owner.broadcasts import Delivery
from bot.language import notes
from bot.routing.context import BotContext, message_of


async def stats(update: Update, context: BotContext) -> None:
    """Answer /stats."""
    services = context.services
    counts = await services.chats.counts(context.bot.id)
    waiting, gallery = services.worker.waiting, services.gallery.state().photos
    text = replies.stats(services.metrics, counts, waiting=waiting, gallery=gallery)
    await message_of(update).reply_text(text)


async def broadcast(update: Update, context: BotContext) -> None:
    """Answer /broadcast: show the message as it will look, and ask."""
    message = message_of(update)
    text = _text_behind_command(message)
    if not text:
        await message.reply_text(replies.how_to_broadcast())
        return
    number, chats = await context.services.broadcasts.draft(context.bot.id, text)
    await message.reply_text(text)
    await message.reply_text(replies.confirm(chats), reply_markup=replies.confirm_keyboard(number, chats))


async def decide(update: Update, context: BotContext) -> None:
    """Send a broadcast or not."""
    query = update.callback_query
    assert query is not None
    if query.from_user.id != context.services.settings.owner_id:
        await query.answer(notes.forgotten())
        return
    broadcasts, data = context.services.broadcasts, query.data or ""
    number = int(data.rpartition(":")[2])
    if data.startswith(replies.DROP):
        await _close(query, replies.dropped() if await broadcasts.drop(context.bot.id, number) else None)
    else:
        chats = await broadcasts.begin(context.bot.id, number)
        await _close(query, None if chats is None else replies.begun(chats))


async def report(bot: Bot, owner_id: int, delivery: Delivery) -> None:
    """Tell the owner what became of a broadcast."""
    await bot.send_message(owner_id, replies.done(delivery))


async def _close(query: CallbackQuery, text: str | None) -> None:
    """Show what was decided in place of the buttons."""
    if text is None:
        await query.answer(replies.gone())
        return
    await query.answer()
    with contextlib.suppress(BadRequest):
        await query.edit_message_text(text)


def _text_behind_command(message: Message) -> str:
    """Return the text (HTML) with its formatting; plain where the command itself is formatted."""
    command = re.compile(r"\s*/broadcast(@\w+)?(?=\s|$)", re.IGNORECASE)
    html = message.text_html or ""  # none under a photo
    if command.match(html) is None:
        html = escape(message.text or "", quote=False)
    return command.sub("", html, count=1).strip()
