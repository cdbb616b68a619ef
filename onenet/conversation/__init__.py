"""Conversation: a search that goes on, turn by turn, in the words that people use for it."""

from onenet.conversation.state import SearchState, Wish
from onenet.conversation.turns import Part, understand

__all__ = ["Part", "SearchState", "Wish", "understand"]
