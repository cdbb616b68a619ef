"""The bot comes into a chat, moves with it, leaves it."""
