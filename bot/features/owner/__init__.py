"""What the bot's owner alone may do: figures and broadcasts."""
