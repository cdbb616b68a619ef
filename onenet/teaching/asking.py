"""Questions whether a photo shows a taught word, answered by the rule by which captions say it."""

import math

import numpy as np
from numpy.typing import NDArray

from onenet.asking.answering import Answers, RankedAnswer, thing_asked
from onenet.asking.questions import Question
from onenet.asking.recalling import SHARPNESS
from onenet.asking.weights import DEFAULT_WEIGHTS
from onenet.conversation.refining import says_nothing
from onenet.search.spread import Spread
from onenet.teaching.lexicon import SAME_FROM, Lexicon, TaughtWord

Floats = NDArray[np.float32]


def taught_word_asked(question: Question, lexicon: Lexicon) -> TaughtWord | None:
    """Give the taught word that a question asks for, yes or no, and for nothing else; None if it does not."""
    if question.kind != "yes_no":
        return None
    named, rest = lexicon.named_in(thing_asked(question))
    return named[0] if len(named) == 1 and says_nothing(rest, question.language) else None


def answer_taught(question: Question, word: TaughtWord, photo: Floats, spread: Spread | None) -> Answers:
    """Answer yes, surely, where captions of a photo (D,) say the word; no where it is far from that.

    Of a photo that was said not to be it, no.

    Args:
        spread: As in `TaughtWord.likeness`.
    """
    sure_from = DEFAULT_WEIGHTS.presence.sure_from
    above = float(word.score(photo[np.newaxis], spread)[0])
    if len(word.others) and float((word.others @ photo).max()) >= SAME_FROM:
        above = -1.0
    yes = 1 / (1 + (1 / sure_from - 1) * math.exp(-SHARPNESS * above))  # as sure as need be where it is said
    both = [RankedAnswer(question.yes, yes), RankedAnswer(question.no, 1 - yes)]
    ranked = tuple(sorted(both, key=lambda each: -each.score))
    return Answers(question, ranked, above >= 0 or 1 - yes >= sure_from, says="")
