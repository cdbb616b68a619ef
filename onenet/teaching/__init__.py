"""Teaching: words learnt by showing photos, recognised, said in captions and looked for."""

from onenet.teaching.lexicon import Lexicon, Recognition, TaughtWord

__all__ = ["Lexicon", "Recognition", "TaughtWord"]
