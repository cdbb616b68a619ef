"""Captions: written, explained, and guessed in a riddle."""
