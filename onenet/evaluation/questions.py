"""Questions made of what people said of photos, in the manner of COCO-QA's.

See Ren, Kiros & Zemel 2015, arXiv:1505.02074. Nothing is asked that people do not agree upon.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from onenet.asking.grammar import Grammar, Kind, Thing, grammar_of
from onenet.asking.questions import Question, read_question
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.network.vocabulary import tokenize

AGREED = 2  # people of five, of whom each says so; where one alone described each photo, that one
THINGS = 28  # that are asked for most
PHOTOS_OF_THING = 20  # that have it, and as many that have not
ANIMALS, LIVING = 5, 13  # of the first things of a grammar

# What a photo may show, though nobody names it so, where somebody names one of these; of English.
_PEOPLE = (
    "person people adult adults couple group crowd team player players biker bikers rider skier surfer "
    "climber hiker hikers swimmer skateboarder snowboarder athlete runner dancer cyclist racer"
)
_CHILDREN = "child children kid kids toddler toddlers baby babies infant"
_CLOTHES = "top vest sweatshirt jersey uniform uniforms sweater coat jacket shirt outfit clothes clothing"
_MAY_BE = {
    "man": f"{_PEOPLE} men guy guys boy boys male",
    "woman": f"{_PEOPLE} women lady ladies girl girls female",
    "boy": f"{_PEOPLE} {_CHILDREN} boys man men",
    "girl": f"{_PEOPLE} {_CHILDREN} girls woman women",
    "child": f"{_PEOPLE} {_CHILDREN} boy boys girl girls",
    "people": f"{_PEOPLE} {_CHILDREN} man men woman women boy boys girl girls guy guys lady ladies",
    "crowd": "people group audience spectators",
    "water": "ocean sea lake river pool wave waves pond stream surfer surfing",
    "beach": "ocean sea sand shore",
    "street": "road sidewalk city",
    "bike": "motorcycle bmx biker bicyclist cyclist motorbike",
    "car": "truck van vehicle",
    "tree": "forest woods wooded",
    "mountain": "hill cliff",
    "rock": "cliff boulder rocky",
    "ball": "football soccer basketball tennis baseball",
    "hat": "cap helmet",
    "grass": "field lawn grassy yard",
    "snow": "snowy ski snowboard",
    "sand": "beach",
    "toy": "ball doll frisbee",
    "building": "house city street",
    "stick": "branch pole log",
    **dict.fromkeys(("shirt", "jacket", "coat"), _CLOTHES),
}
_OF = re.compile(
    r"(\w+) (?:is |are )?(\w+ing(?: with| at| on| over| through)?) (?:an? |the |his |her |some )?(.*)"
)
_ELSEWHERE = (
    *("in", "on", "at", "with", "through", "over", "by", "near", "to", "into", "of", "along", "down", "up"),
    *("while", "and", "for", "from", "across", "around", "as"),
)


@dataclass(frozen=True)
class MadeQuestion:
    """A question about a photo with what people said.

    Attributes:
        row: Of the photo.
        question: As it is read.
        right: Number of the option that is right; of yes or no 0 for yes, 1 for no.
        about: The thing that it asks about.
    """

    row: int
    question: Question
    right: int
    about: str = ""


class Said:
    """What people said of photos, as words.

    Args:
        photos: With captions in their language.

    Attributes:
        agreed: How many have to say so.
    """

    def __init__(self, photos: EvaluationSet) -> None:
        self.language = photos.language
        self.captions = [
            [f" {' '.join(tokenize(text, self.language))} " for text in photo.captions_in(self.language)]
            for photo in photos.photos
        ]
        self.agreed = min(AGREED, max(map(len, self.captions), default=0))

    def words(self, text: str) -> str:
        """Give words as they stand in the captions."""
        return f" {' '.join(tokenize(text, self.language))} "

    def count(self, row: int, texts: Sequence[str]) -> int:
        """Count the captions of a photo that have one of some texts in them, as `words` gives them."""
        return sum(any(text in caption for text in texts) for caption in self.captions[row])


def make_questions(photos: EvaluationSet) -> list[MadeQuestion]:
    """Make questions about photos of what at least two people said of them, nobody else saying otherwise."""
    said, grammar = Said(photos), grammar_of(photos.language)
    return [
        *_of_presence(said, grammar),
        *_of_colours(said, grammar),
        *_of_numbers(said, grammar),
        *_of_phrases(said, grammar, "place"),
        *_of_phrases(said, grammar, "doing"),
        *(_of_objects(said, grammar) if photos.language == "en" else ()),
    ]


def most_asked(said: Said, things: Sequence[Thing]) -> list[tuple[Thing, NDArray[np.int64]]]:
    """Give the things that people name in most photos, with how many people name each, a photo (N,)."""
    named = []
    for thing in things:
        texts = [said.words(word) for word in thing.words]
        counts = np.array([said.count(row, texts) for row in range(len(said.captions))])
        named.append((thing, counts))
    named.sort(key=lambda each: -int((each[1] >= said.agreed).sum()))
    return named[:THINGS]


def has_not(said: Said, thing: Thing, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of which photos nobody names a thing nor what may be it, shape (N,)."""
    texts = [said.words(word) for word in _MAY_BE.get(thing.one, "").split()] if said.language == "en" else []
    return np.array([not counts[row] and not said.count(row, texts) for row in range(len(counts))])


def _of_presence(said: Said, grammar: Grammar) -> Iterator[MadeQuestion]:
    asking = grammar.asking("yes_no")
    for number, (thing, counts) in enumerate(most_asked(said, grammar.things)):
        question = asking and read_question(asking.asked.format(thing=thing.text), (said.language,))
        chance = np.random.default_rng(number)
        there = chance.permutation(np.flatnonzero(counts >= said.agreed))[:PHOTOS_OF_THING]
        away = chance.permutation(np.flatnonzero(has_not(said, thing, counts)))[: len(there)]
        for right, rows in enumerate((there[: len(away)], away)):
            yield from (MadeQuestion(int(row), question, right, thing.one) for row in rows if question)


def _of_colours(said: Said, grammar: Grammar) -> Iterator[MadeQuestion]:
    """Ask for the colour of what has one, as nobody calls it by another nor by two: a black and white dog."""
    asking = grammar.asking("colour")
    if asking is None:
        return
    step = -1 if asking.says[-1].index("{answer}") < asking.says[-1].index("{thing}") else 1
    of_word = {said.words(form).strip(): n for n, each in enumerate(asking.answers) for form in each.forms}
    for thing in (*grammar.things[:ANIMALS], *grammar.things[LIVING:]):
        words = {said.words(word).strip() for word in thing.words}
        question = read_question(asking.asked.format(thing=thing.one), (said.language,))
        for row, captions in enumerate(said.captions):
            named = [_colours(caption.split(), words, of_word, step) for caption in captions]
            if (
                question is not None
                and sum(map(bool, named)) >= said.agreed
                and len(set().union(*named)) == 1
            ):
                yield MadeQuestion(row, question, set().union(*named).pop(), thing.one)


def _colours(words: Sequence[str], things: Set[str], of_word: Mapping[str, int], step: int) -> set[int]:
    """Give the colours that a caption gives a thing, beside it or with a word between."""
    found = set()
    for place in (place for place, word in enumerate(words) if word in things):
        between = 0
        for word in words[place + step :: step] if place + step >= 0 else ():
            between = 0 if word in of_word else between + 1
            if between > 1:
                break
            if word in of_word:
                found.add(of_word[word])
    return found


def _of_numbers(said: Said, grammar: Grammar) -> Iterator[MadeQuestion]:
    asking, made = grammar.asking("number"), list[MadeQuestion]()
    if asking is None:
        return
    for thing in grammar.things[:LIVING]:
        texts = [
            [said.words(f"{form} {word}") for form in each.forms for word in thing.words]
            for each in asking.answers
        ]
        made += _agreed(said, asking.asked.format(thing=thing.many), texts, thing.one)
    counts = Counter(each.right for each in made)
    as_often = sorted(counts.values())[-2] if len(counts) > 1 else 0  # most photos show one of a thing
    for right in counts:
        alike = [each for each in made if each.right == right]
        for number in np.random.default_rng(right).permutation(len(alike))[:as_often]:
            yield alike[number]


def _of_phrases(said: Said, grammar: Grammar, kind: Kind) -> Iterator[MadeQuestion]:
    asking = grammar.asking(kind)
    if asking is None:
        return
    texts = [[said.words(form) for form in each.forms] for each in asking.answers]
    if "{thing}" not in asking.asked:
        yield from _agreed(said, asking.asked, texts)
        return
    subjects = {thing: [said.words(word) for word in thing.words] for thing in grammar.things[:LIVING]}
    by_text: dict[str, list[int]] = defaultdict(list)
    for row in range(len(said.captions)):
        counts = {thing.text: said.count(row, words) for thing, words in subjects.items()}
        subject = max(counts, key=lambda each: counts[each])
        if counts[subject] >= said.agreed:
            by_text[asking.asked.format(thing=subject)].append(row)
    for text, rows in by_text.items():
        yield from _agreed(said, text, texts, rows=rows)


def _of_objects(said: Said, grammar: Grammar) -> Iterator[MadeQuestion]:
    """Ask what somebody holds, rides, wears, as one person said it."""
    asking = grammar.asking("object")
    living = {word for thing in grammar.things[:LIVING] for word in thing.words}
    of_word = {word: number for number, thing in enumerate(grammar.things) for word in thing.words}
    for row, captions in enumerate(said.captions):
        asked: dict[str, Counter[int]] = defaultdict(Counter)
        for caption in captions:
            for found in _OF.finditer(caption.strip()):
                subject, verb, rest = found.groups()
                words = list(takewhile(lambda word: word not in _ELSEWHERE, rest.split()[:3]))
                named = next((of_word[word] for word in words if word in of_word), None)
                if asking and named is not None and subject in living:
                    asked[asking.asked.format(thing=subject, verb=verb)][named] += 1
        for text, counts in asked.items():
            question = read_question(text)
            if question is not None and question.kind == "object":
                yield MadeQuestion(row, question, counts.most_common(1)[0][0])


def _agreed(
    said: Said, text: str, texts: Sequence[Sequence[str]], about: str = "", rows: Sequence[int] | None = None
) -> Iterator[MadeQuestion]:
    """Make a question about the photos of which two people give one answer, and nobody another."""
    question = read_question(text, (said.language,))
    for row in range(len(said.captions)) if rows is None else rows:
        counts = [said.count(row, each) for each in texts]
        if question is not None and max(counts) >= said.agreed and sum(map(bool, counts)) == 1:
            yield MadeQuestion(row, question, int(np.argmax(counts)), about)
