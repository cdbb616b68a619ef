"""What the bot does: a folder or file for each feature."""
