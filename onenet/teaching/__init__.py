"""Teaching: words learnt by showing photos, recognised, said in captions and looked for."""

from onenet.teaching.lexicon import MAX_EXAMPLES, MAX_WORDS, Lexicon, Recognition, TaughtWord, folded

__all__ = ["MAX_EXAMPLES", "MAX_WORDS", "Lexicon", "Recognition", "TaughtWord", "folded"]
