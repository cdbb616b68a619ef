"""Migration: a group becomes a supergroup, under another number, and keeps all that was remembered."""

from telegram import Update

from bot.routing.context import BotContext, message_of


async def migrate(update: Update, context: BotContext) -> None:
    """Let a chat go on under its new number; told of in the old chat, in the new one, or in both."""
    message = message_of(update)
    old = message.migrate_from_chat_id or message.chat_id
    new = message.migrate_to_chat_id or message.chat_id
    await context.services.memory.migrate(context.bot.id, old, new)
