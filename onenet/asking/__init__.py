"""Questions about photos, in a small grammar a language, and their answers."""

from onenet.asking.answering import Answers, RankedAnswer
from onenet.asking.grammar import KINDS, Kind, grammar_of, languages_asked
from onenet.asking.questions import Question, asks_more, needs_photo, read_question
from onenet.asking.recalling import Attention, Recollection, read_recollection

__all__ = [
    "KINDS",
    "Answers",
    "Attention",
    "Kind",
    "Question",
    "RankedAnswer",
    "Recollection",
    "asks_more",
    "grammar_of",
    "languages_asked",
    "needs_photo",
    "read_question",
    "read_recollection",
]
