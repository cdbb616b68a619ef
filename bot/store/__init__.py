"""The bot's SQLite file and the lock of its folder."""
