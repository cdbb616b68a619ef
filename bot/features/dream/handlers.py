"""Dream: a picture of a description, which comes on in a message while it is dreamt."""

import asyncio
import contextlib
from functools import partial

from telegram import Message, Update

from bot.features.dream import texts as replies
from bot.features.dream.live_picture import LivePicture
from bot.features.dream.service import Dream, Dreams
from bot.features.words.handlers import how_to
from bot.inference.progress import happens, press_stop, telling
from bot.inference.progress_texts import stop_keyboard
from bot.memory.remembering import remember_quietly
from bot.memory.table import chat_of
from bot.routing.context import BotContext, key_of, message_of
from onenet.engine import Imagined
from onenet.errors import OneNetError

FIRST_S = 2.0
EDIT_EVERY_S = 4.0  # a group takes 20 messages a minute, edits among them


async def dream(update: Update, context: BotContext) -> None:
    """Answer /dream with a picture of the words behind it, or of the caption that it replies to."""
    message, services = message_of(update), context.services
    description = " ".join(context.words) or await _caption_replied_to(message, context)
    if not description:
        await how_to(update, context, "dream")
        return
    with services.dreams.expecting(chat_of(message)) as expected:
        imagined = await services.worker.call(services.engine.imagine, description)
        live = LivePicture(message)
        try:
            async with telling(partial(_show, live, services.dreams, expected)):
                await services.dreams.dream(expected, imagined)
            await _finish(live, services.dreams, expected, imagined)
        except BaseException:
            await live.remove()
            raise
    await remember_quietly(message, context)  # a photo above the words


async def stop(update: Update, context: BotContext) -> None:
    """End the dream that a chat waits for."""
    await press_stop(update, context.services.dreams.open.stop)


async def _show(live: LivePicture, dreams: Dreams, dream: Dream, is_over: asyncio.Event) -> None:
    """Show a dream as it comes on."""
    shown, wait_s = "", FIRST_S
    while not await happens(is_over, wait_s):
        before, wait_s = dreams.before(dream), EDIT_EVERY_S
        text = replies.in_line(before) if before else replies.in_the_making(dream.share)
        if text != shown:
            with contextlib.suppress(OneNetError):  # the bot is about to end
                picture = await dreams.picture(dream) if dream.step is not None else None
                await live.show(text, picture, stop_keyboard(replies.STOP))
        shown = text


async def _finish(live: LivePicture, dreams: Dreams, dream: Dream, imagined: Imagined) -> None:
    """Show what came of a dream."""
    if dream.is_stopped and dream.share < 1.0:
        picture = await dreams.picture(dream) if dream.step is not None else None
        await live.finish(replies.stopped(imagined, dream.share), picture, None)
        return
    dreamt = await dreams.look_at(dream, imagined)
    await live.finish(replies.dreamt(imagined, dreamt), dreamt.picture, replies.keyboard_below(imagined))


async def _caption_replied_to(message: Message, context: BotContext) -> str:
    """Give the caption of ours that a message replies to; "" if it does not."""
    answered = message.reply_to_message
    answer = await context.services.database.answer(key_of(answered)) if answered is not None else None
    return answer.caption if answer is not None else ""
