"""Captions: written, explained, and guessed in a riddle."""

from onenet.captions.caption import Caption, Reasons
from onenet.captions.riddle import RIDDLE_PHOTOS, choose_riddle

__all__ = ["RIDDLE_PHOTOS", "Caption", "Reasons", "choose_riddle"]
