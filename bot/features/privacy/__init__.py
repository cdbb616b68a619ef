"""What is kept of a chat, shown, exported and forgotten."""
