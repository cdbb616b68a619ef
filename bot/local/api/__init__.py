"""The Bot API: the calls of a bot, what they do to its chats, and how the bot hears of what happens."""
