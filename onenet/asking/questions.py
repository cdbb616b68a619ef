"""Questions read: of which kind they are, and the sentences that would answer them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onenet.asking.grammar import Asking, Candidate, Grammar, Kind, grammar_of, languages_asked, normal
from onenet.network.vocabulary import tokenize


@dataclass(frozen=True)
class Option:
    """What may answer a question.

    Attributes:
        text: As it is shown.
        forms: The ways to say it, for each the sentences that would tell of the photo if it were so.
    """

    text: str
    forms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Question:
    """What is asked of a photo.

    Attributes:
        text: As it was asked.
        language: In which it was.
        kind: Of the answer.
        options: What may answer it; of a question for yes or no the one thing that is true or not.
        thing: What it asks about, if it names that.
        yes: What is said for it to a question for yes or no.
        no: What is said for it.
    """

    text: str
    language: str
    kind: Kind
    options: tuple[Option, ...]
    thing: str = ""
    yes: str = ""
    no: str = ""


def read_question(text: str, preferred: Sequence[str] = ("en",)) -> Question | None:
    """Understand a question about a photo; None if it is none that is known in any language.

    It is read in the language that has most of its words, of several with as many in the one preferred.

    Args:
        preferred: Languages, the likeliest first.
    """
    known = languages_asked()
    order = dict.fromkeys([*(each for each in preferred if each in known), *known])
    found = [question for language in order if (question := _read_in(language, text)) is not None]

    def words_known(question: Question) -> int:
        words = grammar_of(question.language).words
        return sum(word in words for word in tokenize(text, question.language))

    return max(found, key=words_known, default=None)  # of equals the first


def asks_more(text: str) -> bool:
    """Tell whether a text is a question that is understood, and more than “what is this?” is."""
    question = read_question(text)
    return question is not None and (question.kind != "object" or bool(question.thing))


def needs_photo(text: str) -> bool:
    """Tell whether a question is answered better with the photo at hand than with its representation."""
    question = read_question(text)
    return question is not None and (is_seen_in_places(question) or bool(thing_presumed(question)))


def is_seen_in_places(question: Question) -> bool:
    """Tell whether the places of a photo say something about the answers to a question."""
    return question.kind in ("colour", "yes_no")


def thing_presumed(question: Question) -> str:
    """Give what has to be in a photo for a question to have an answer; "" if it names no such thing."""
    if question.kind == "yes_no" or not question.thing:
        return ""
    return grammar_of(question.language).seen_as(question.thing)


def _read_in(language: str, text: str) -> Question | None:
    grammar = grammar_of(language)
    asked = _without_fillers(normal(text, language), grammar)
    for asking in grammar.askings:
        for pattern in asking.patterns:
            if asked and (found := pattern.fullmatch(asked)):
                parts = {name: part.strip() for name, part in found.groupdict(default="").items()}
                return _question(text, grammar, asking, parts)
    return None


def _without_fillers(asked: str, grammar: Grammar) -> str:
    for filler in grammar.fillers:
        asked = filler.sub("", asked).strip()
    return asked


def _question(text: str, grammar: Grammar, asking: Asking, parts: dict[str, str]) -> Question:
    thing = parts.get("thing", "")
    if asking.kind in ("colour", "number"):
        shown = grammar.determiners.sub("", thing)
    else:
        shown = grammar.stands_for.get(thing, thing)
    options: list[Option] = []
    for place, each in enumerate(_candidates(grammar, asking, parts)):
        is_single = asking.kind == "number" and place == 0
        if asking.kind == "number":
            about = {**parts, "thing": grammar.one_of(shown) if is_single else grammar.many_of(shown)}
        else:
            about = {**parts, "thing": shown}
        forms = tuple(tuple(_filled(says, about, form) for says in asking.says) for form in each.forms)
        options.append(Option(each.text, forms))
    return Question(text, grammar.language, asking.kind, tuple(options), thing, asking.yes, asking.no)


def _candidates(grammar: Grammar, asking: Asking, parts: Mapping[str, str]) -> Sequence[Candidate]:
    if asking.kind == "either_or":
        return [_named(parts[name], grammar) for name in ("first", "second")]
    return asking.answers or [Candidate(asking.yes, ("",))]


def _named(name: str, grammar: Grammar) -> Candidate:
    return Candidate(name, tuple(dict.fromkeys((*grammar.also.get(name, ()), name))))


def _filled(says: str, parts: Mapping[str, str], answer: str) -> str:
    """Fill the gaps of a sentence; spaces beside an empty one are left out."""
    return " ".join(says.format(**{"thing": "", "verb": "", **parts, "answer": answer}).split())
