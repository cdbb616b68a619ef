"""Photos between Telegram and the network: fetched, opened, put together, made ready for sending."""
