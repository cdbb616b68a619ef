"""The other side of the chats: what the page shows, and what people do there."""
