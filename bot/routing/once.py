"""Once: no message is answered twice, however often it is edited or delivered."""

import functools

from telegram import Update

from bot.routing.context import BotContext, Handler, message_of


def once(handler: Handler) -> Handler:
    """Let a handler answer a message only if that was not done before, see `bot.delivery.answered`."""

    @functools.wraps(handler)
    async def answer(update: Update, context: BotContext) -> None:
        async with context.services.answered.answering(message_of(update)) as fresh:
            if fresh:
                await handler(update, context)

    return answer
