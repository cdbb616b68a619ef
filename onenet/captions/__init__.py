"""Captions: written, explained, and guessed in a riddle."""

from onenet.captions.caption import Caption, Reasons
from onenet.captions.naming import Name
from onenet.captions.riddle import RIDDLE_PHOTOS, choose_riddle
from onenet.captions.translation import Translation

__all__ = ["RIDDLE_PHOTOS", "Caption", "Name", "Reasons", "Translation", "choose_riddle"]
