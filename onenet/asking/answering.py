"""Answers to questions about a photo: what the decoder says more readily of it than of none."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from onenet.asking.grammar import grammar_of
from onenet.asking.judge import Floats, Judge, unit
from onenet.asking.looking import Look
from onenet.asking.presence import added_by, presence_signs
from onenet.asking.questions import Option, Question, thing_presumed
from onenet.asking.weights import Presence, Weighing

_NEVER = -1e6  # log p of a form that the network cannot say


@dataclass(frozen=True)
class RankedAnswer:
    """An answer and how likely it is: the scores of all answers to a question sum to one."""

    text: str
    score: float


@dataclass(frozen=True)
class Answers:
    """What a network answers to a question.

    Attributes:
        question: That was asked.
        ranked: The answers, likeliest first.
        is_sure: Whether the first is clear; else it cannot tell.
        says: The sentence that the first stands in, in the language of the question; "": of a taught word.
        is_absent: Whether the photo surely shows nothing of what it asks about: then it cannot tell.
    """

    question: Question
    ranked: tuple[RankedAnswer, ...]
    is_sure: bool
    says: str
    is_absent: bool = False


@dataclass(frozen=True)
class Signs:
    """What speaks for the answers to a question about N photos, for each of its options O.

    Attributes:
        given: Log p of their sentences given the photo, the likeliest form of each, shape (N, O).
        without: Of those forms without any photo, shape (N, O).
        cosines: Of the photo with what an answer adds to its sentences, shape (N, O).
        seen: How much more of a colour is seen where the thing is, in nats, shape (N, O); 0 of other answers.
    """

    given: Floats
    without: Floats
    cosines: Floats
    seen: Floats

    def weighed(self, weighing: Weighing) -> Floats:
        """Give a score for each option, in nats, shape (N, O)."""
        scores: Floats = self.given - weighing.prior * self.without
        scores = scores + weighing.cosine * self.cosines + weighing.seen * self.seen
        return scores

    def chances(self, weighing: Weighing) -> Floats:
        """Give how likely each option is, shape (N, O); those of a question sum to one."""
        scores = weighing.sharpness * self.weighed(weighing)
        chances: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        return chances

    def rows(self, which: NDArray[np.bool_]) -> "Signs":
        """Give the signs of some of the photos."""
        return Signs(self.given[which], self.without[which], self.cosines[which], self.seen[which])

    @staticmethod
    def joined(parts: Sequence["Signs"]) -> "Signs":
        """Give the signs of several questions with as many options as those of one."""
        return Signs(
            np.concatenate([each.given for each in parts]),
            np.concatenate([each.without for each in parts]),
            np.concatenate([each.cosines for each in parts]),
            np.concatenate([each.seen for each in parts]),
        )


def signs_of(judge: Judge, question: Question, representations: Floats, looks: Sequence[Look] = ()) -> Signs:
    """Ask the network about all options of a question at once.

    Args:
        representations: Of the photos, shape (N, D), unit length.
        looks: At each of them, for the colour of something; none: it is guessed from the whole.
    """
    seen = np.zeros((len(representations), len(question.options)), np.float32)
    if question.kind == "colour" and looks:
        query = added_by(judge, _thing(question), question.language)
        attended = [look.attended(query) for look in looks]
        representations = np.stack([there for there, _ in attended])
        seen = np.stack([more for _, more in attended])
    forms = [sentences for option in question.options for sentences in option.forms]
    bounds = np.cumsum([0, *(len(option.forms) for option in question.options)])
    says = len(forms[0])
    sentences = [sentence for form in forms for sentence in form]
    none = np.zeros_like(representations[:1])  # the mean of all photos, that is none in particular
    log_p, _ = judge.log_p(np.concatenate([none, representations]), sentences, question.language)
    by_form = log_p.reshape(len(log_p), -1, says).mean(axis=2)  # (1 + N, forms)
    unknown = judge.unknown(sentences, question.language).reshape(-1, says).sum(axis=1)
    by_form[:, unknown > unknown.min()] = _NEVER  # a word left out makes a sentence likelier
    vectors = judge.represent(sentences, question.language).reshape(len(forms), says, -1).mean(axis=1)
    options = np.stack([vectors[low:high].mean(axis=0) for low, high in pairwise(bounds)])  # (O, D)
    added = unit(options - options.mean(axis=0))
    best = [low + by_form[1:, low:high].argmax(axis=1) for low, high in pairwise(bounds)]
    chosen = np.stack(best, axis=1)  # (N, O)
    given = np.take_along_axis(by_form[1:], chosen, axis=1)
    return Signs(given, by_form[0][chosen], representations @ added.T, seen)


def answer(
    judge: Judge, question: Question, representations: Floats, looks: Sequence[Look] = ()
) -> list[Answers]:
    """Answer a question about each of N photos; of what is surely not there it cannot tell anything.

    Args:
        representations: Of the photos, shape (N, D), unit length.
        looks: See `signs_of`.
    """
    if question.kind == "yes_no":
        found = _whether_there(judge, thing_asked(question), question.language, representations, looks)
        return [_yes_or_no(question, each) for each in found]
    weighing = judge.weights_of(question.language).kinds[question.kind]
    chances = signs_of(judge, question, representations, looks).chances(weighing)
    absent = [False] * len(chances)
    if thing := thing_presumed(question):
        found = _whether_there(judge, thing, question.language, representations, looks)
        absent = [each.is_sure and each.yes < 0.5 for each in found]
    return [
        _ranked(question, row, weighing, is_absent) for row, is_absent in zip(chances, absent, strict=True)
    ]


def thing_asked(question: Question) -> str:
    """Give the sentence that a question for yes or no asks about."""
    [option] = question.options
    return option.forms[0][0]


@dataclass(frozen=True)
class _There:
    """How likely something is in a photo, and whether that, or that it is not, is sure."""

    yes: float
    is_sure: bool


def _whether_there(
    judge: Judge, text: str, language: str, representations: Floats, looks: Sequence[Look]
) -> list[_There]:
    """Tell of each of N photos whether what a text names is there."""
    presence = judge.weights_of(language).presence_of(is_looked_at=bool(looks))
    chances = presence_signs(judge, text, language, representations, looks).chances(presence)
    others = np.zeros_like(chances)
    if chances.min(initial=1) < 0.5:
        others = _chances_of_others(judge, text, language, presence, representations, looks)
    found = []
    for yes, other in zip(chances.tolist(), others.tolist(), strict=True):
        # Of people it guesses from clothes what sort they are: that somebody is another is no sure no.
        is_guess = yes < 0.5 <= other
        found.append(_There(yes, max(yes, 1 - yes) >= presence.sure_from and not is_guess))
    return found


def _chances_of_others(
    judge: Judge,
    text: str,
    language: str,
    presence: Presence,
    representations: Floats,
    looks: Sequence[Look],
) -> Floats:
    """Give how likely another sort of person is there where one, or people, is asked for, (N,); else 0."""
    grammar = grammar_of(language)
    named = grammar.sorts_of_person(text)
    is_person = bool(named) or grammar.is_people(text)
    others = [each.text for each in grammar.persons if is_person and each not in named]
    chances = [
        presence_signs(judge, other, language, representations, looks).chances(presence) for other in others
    ]
    highest: Floats = np.max([np.zeros(len(representations), np.float32), *chances], axis=0)
    return highest


def _yes_or_no(question: Question, there: _There) -> Answers:
    both = [RankedAnswer(question.yes, there.yes), RankedAnswer(question.no, 1 - there.yes)]
    ranked = tuple(sorted(both, key=lambda each: -each.score))
    return Answers(question, ranked, there.is_sure, thing_asked(question))


def _ranked(question: Question, chances: Floats, weighing: Weighing, is_absent: bool) -> Answers:
    order = (-chances).argsort(kind="stable")
    ranked = tuple(RankedAnswer(question.options[each].text, float(chances[each])) for each in order)
    best: Option = question.options[order[0]]
    sorts = grammar_of(question.language).sorts_of_person
    is_guess = question.kind == "either_or" and all(sorts(each.text) for each in question.options)
    is_sure = ranked[0].score >= weighing.sure_from and not is_guess and not is_absent
    return Answers(question, ranked, is_sure, best.forms[0][-1], is_absent)


def _thing(question: Question) -> str:
    return grammar_of(question.language).determiners.sub("", question.thing)
