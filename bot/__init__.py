"""The chat bot: it asks the network through `onenet.engine` and answers on Telegram or the local chat."""
