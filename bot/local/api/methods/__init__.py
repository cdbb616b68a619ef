"""What bots may call: each function answers one method of the Bot API."""
