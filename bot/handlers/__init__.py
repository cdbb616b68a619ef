"""What the bot does with an update: parse, ask, reply."""
