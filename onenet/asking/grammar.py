"""How questions are asked in a language and what may answer them: one table a language, read once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from onenet.network.function_words import FUNCTION_WORDS
from onenet.network.vocabulary import language_of_code, tokenize

FOLDER = Path(__file__).resolve().parent / "grammars"

Kind = Literal["yes_no", "either_or", "colour", "number", "place", "doing", "object"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PERSONS = slice(5, 11)  # of the things of a grammar: a man, a woman, a child, ...
PEOPLE = 11  # of them: persons of any sort
FORMS = 4  # of a thing in a sentence, where a language has many
Recall = Literal["when", "who", "count", "show", "what"]
RECALLS: tuple[Recall, ...] = get_args(Recall)
_THING = "(?P<thing>.+?)"
_ARABIC = str.maketrans("أإآٱىة", "اااايه")  # as `onenet.network.languages` reads them


@dataclass(frozen=True)
class Candidate:
    """What may answer a question.

    Attributes:
        text: As it is shown.
        forms: The ways in which it stands in sentences, that text among them.
    """

    text: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class Asking:
    """A way to ask.

    Attributes:
        kind: Of the answer.
        patterns: Of whole questions as `normal` gives them.
        says: Sentences with a gap, such as “a {answer} {thing}”.
        answers: What may fill the gap; none where the question names it.
        asked: Such a question with a gap, for questions that are made up; "": none.
        yes: What is said for it to a question that is asked so.
        no: What is said for it.
    """

    kind: Kind
    patterns: tuple[re.Pattern[str], ...]
    says: tuple[str, ...]
    answers: tuple[Candidate, ...] = ()
    asked: str = ""
    yes: str = ""
    no: str = ""


@dataclass(frozen=True)
class Thing:
    """Something that may be seen.

    Attributes:
        text: With its article, as it stands in sentences.
        one: A single one, without the article.
        words: All words for it, one and many.
    """

    text: str
    one: str
    words: tuple[str, ...]

    @property
    def many(self) -> str:
        """Several of it; the same as one where the language does not tell them apart."""
        return self.words[1] if len(self.words) > 1 else self.one


@dataclass(frozen=True)
class Grammar:
    """How one asks in a language.

    Attributes:
        language: Its code.
        yes: The word for it, where a way to ask has none of its own.
        no: The word for it.
        examples: Questions, for whoever does not know what to ask.
        askings: The ways to ask, the first that fits counts.
        fillers: What says nothing: “in this photo”, “please”.
        determiners: Words before a thing that a sentence has its own for.
        contexts: Beginnings of captions in which a thing may stand.
        stands_for: What pronouns are taken for.
        single: What one of many is taken for where it has another name: people, a man.
        also: Other forms of answers that a question names itself.
        things: What may be seen.
        words: That occur in questions and answers.
        recalls: Ways to ask about remembered photos, each with its kind, see `onenet.asking.recalling`.
        photos: What says in such a question that photos are asked for, and nothing of what they show.
        months: Their names, of each all forms.
    """

    language: str
    yes: str
    no: str
    examples: tuple[str, ...]
    askings: tuple[Asking, ...]
    fillers: tuple[re.Pattern[str], ...]
    determiners: re.Pattern[str]
    contexts: tuple[str, ...]
    stands_for: Mapping[str, str]
    single: Mapping[str, str]
    also: Mapping[str, tuple[str, ...]]
    things: tuple[Thing, ...]
    words: frozenset[str]
    recalls: tuple[tuple[Recall, re.Pattern[str]], ...]
    photos: re.Pattern[str]
    months: tuple[str, ...]

    @property
    def persons(self) -> tuple[Thing, ...]:
        """What sort of person somebody may be."""
        return self.things[PERSONS]

    def sorts_of_person(self, text: str) -> tuple[Thing, ...]:
        """Give those that a text names."""
        return self._named_in(text, self.persons)

    def is_people(self, text: str) -> bool:
        """Tell whether a text names persons of any sort, and nothing else."""
        bare = self.determiners.sub("", normal(text, self.language))
        return self._named(bare) is self.things[PEOPLE]

    def seen_as(self, name: str) -> str:
        """Give what is looked for in a photo to see whether what is named is there; "" if that is nothing."""
        bare = self.determiners.sub("", name)
        if (known := self._named(bare)) is not None:
            return known.text
        others = {*tokenize(bare, self.language)} - self.words - FUNCTION_WORDS - self.stands_for.keys()
        return bare if others or self._named_in(bare, self.things) else ""

    def asking(self, kind: Kind) -> Asking | None:
        """Give the first way to ask for a kind that questions can be made up by."""
        return next((each for each in self.askings if each.kind == kind and each.asked), None)

    def one_of(self, name: str) -> str:
        """Give the word for a single one of what is named; as it is if that is not known."""
        known = self._named(name)
        return name if known is None else self.single.get(known.one, known.one)

    def many_of(self, name: str) -> str:
        """Give the word for several of what is named; as it is if that is not known."""
        known = self._named(name)
        return name if known is None else known.many

    def _named_in(self, text: str, things: Sequence[Thing]) -> tuple[Thing, ...]:
        words = f" {' '.join(tokenize(text, self.language))} "
        return tuple(each for each in things if any(f" {word} " in words for word in each.words))

    def _named(self, name: str) -> Thing | None:
        return next((each for each in self.things if name in each.words), None)


def normal(text: str, language: str) -> str:
    """Give a text as patterns see it: its words in lower case without punctuation."""
    return language_of_code(language).join(tokenize(text, language))


@cache
def grammar_of(language: str) -> Grammar:
    """Read the grammar of a language, one of `languages_asked`."""
    read = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    answers = {name: tuple(map(candidate, entries)) for name, entries in read["answers"].items()}
    things = tuple(_thing(entry, language) for entry in read["answers"]["things"])
    answers["things"] = tuple(
        Candidate(each.text, each.words[:FORMS] if read.get("inflects") else (each.text,)) for each in things
    )
    return Grammar(
        language,
        yes=read["yes"],
        no=read["no"],
        examples=tuple(read["examples"]),
        askings=tuple(
            _asking({"yes": read["yes"], "no": read["no"], **each}, answers, language)
            for each in read["asks"]
        ),
        fillers=tuple(_pattern(each, language) for each in read["fillers"]),
        determiners=_pattern(read["determiners"], language),
        contexts=tuple(read["contexts"]),
        stands_for={normal(name, language): text for name, text in read["stands_for"].items()},
        single={normal(name, language): text for name, text in read["single"].items()},
        also={normal(name, language): tuple(forms.split("|")) for name, forms in read["also"].items()},
        things=things,
        words=_words({**read, "recalls": ""}, language),
        recalls=tuple((kind, _pattern(each, language)) for kind in RECALLS for each in read["recalls"][kind]),
        photos=_pattern(read["recalls"]["photos"], language),
        months=tuple(read["recalls"]["months"]),
    )


@cache
def colours_of(language: str) -> frozenset[str]:
    """Give the words for colours in a language, in all their forms; none if one cannot ask in it."""
    if language not in languages_asked():
        return frozenset()
    asked = [each for each in grammar_of(language).askings if each.kind == "colour"]
    forms = (form for each in asked for answer in each.answers for form in answer.forms)
    return frozenset(normal(form, language) for form in forms)


@cache
def languages_asked() -> tuple[str, ...]:
    """Give the codes of the languages in which one can ask, English first."""
    codes = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


def candidate(entry: str) -> Candidate:
    """Read “gray|grey”: what is shown comes first."""
    forms = tuple(entry.split("|"))
    return Candidate(forms[0], forms)


def _thing(entry: str, language: str) -> Thing:
    text, *words = entry.split("|")
    known = tuple(normal(word, language) for word in words or [text])
    return Thing(text, known[0], known)


def _words(read: Any, language: str) -> frozenset[str]:
    """Collect the words of all that a table says."""
    match read:
        case str():
            return frozenset(tokenize(re.sub(r"\?P<\w+>|\\\w|\{\w+\}", " ", read), language))
        case Mapping():
            return _words([*read.values()], language)
        case list():
            return frozenset().union(*(_words(each, language) for each in read))
    return frozenset()


def _asking(read: Mapping[str, Any], answers: Mapping[str, Sequence[Candidate]], language: str) -> Asking:
    return Asking(
        read["kind"],
        tuple(_pattern(each, language) for each in read["questions"]),
        tuple(read["says"]),
        tuple(answers[read["answers"]]) if "answers" in read else (),
        read.get("asked", ""),
        read["yes"],
        read["no"],
    )


def _pattern(text: str, language: str) -> re.Pattern[str]:
    spelt = text.translate(_ARABIC) if language == "ar" else text
    return re.compile(spelt.replace("{thing}", _THING))
