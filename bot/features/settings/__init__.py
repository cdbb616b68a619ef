"""How the bot behaves in a chat, and its language there."""
