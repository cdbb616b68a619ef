"""What is known of chats and people: settings, rights, languages, who may use the bot."""
