"""Telegram's objects as values of the bot: what came in, from whom, and whether it is meant for the bot."""
