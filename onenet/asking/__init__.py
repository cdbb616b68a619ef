"""Questions about photos, in a small grammar a language, and their answers."""

from onenet.asking.answering import Answers, RankedAnswer
from onenet.asking.grammar import KINDS, Kind, grammar_of, languages_asked
from onenet.asking.questions import Question, is_asked, read_question

__all__ = [
    "KINDS",
    "Answers",
    "Kind",
    "Question",
    "RankedAnswer",
    "grammar_of",
    "is_asked",
    "languages_asked",
    "read_question",
]
