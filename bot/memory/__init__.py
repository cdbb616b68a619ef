"""The photos that a chat remembers for itself."""
