"""The words that no language has, and their ids, which all vocabularies begin with."""

from typing import Final

ENGLISH = "en"  # ISO 639-1; the first language of every vocabulary
PAD, START, END, UNK = "<pad>", "<start>", "<end>", "<unk>"
SPECIAL_WORDS: Final = (PAD, START, END, UNK)
PAD_ID, START_ID, END_ID, UNK_ID = range(4)
NEVER_WRITTEN: Final = (PAD_ID, START_ID, UNK_ID)
