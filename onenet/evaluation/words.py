"""How well word neighbours and analogies agree with what people judged, `data/words.json`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onenet.network.checkpoint import Checkpoint
from onenet.paths import SHIPPED
from onenet.words.games import WordGames
from onenet.words.space import Neighbour, WordSpace

JUDGEMENTS = SHIPPED / "words.json"
DEPTH = 5

Figures = dict[str, Any]


@dataclass(frozen=True)
class Judgement:
    """A question about words and the answers that people accept.

    Attributes:
        category: People, animals, plurals, ….
        question: One word asks for its neighbours; three, a b c, for “a is to b as c is to …”.
        accepted: Any of them is right.
    """

    category: str
    question: tuple[str, ...]
    accepted: frozenset[str]

    def answered_by(self, games: WordGames) -> list[Neighbour]:
        """Give the answers of the games; a question with a word outside the vocabulary has none."""
        if not all(word in games.space for word in self.question):
            return []
        if len(self.question) == 1:
            return games.similar(self.question[0], k=DEPTH)
        return games.analogy(*self.question, k=DEPTH)


@dataclass(frozen=True)
class WordTest:
    """All judgements, in the order of their file."""

    neighbours: tuple[Judgement, ...]
    analogies: tuple[Judgement, ...]

    def half(self, number: int) -> "WordTest":
        """Take every second judgement, from the first (0) or the second (1): choose on one, try the other."""
        return WordTest(self.neighbours[number::2], self.analogies[number::2])


def load_word_test(file: Path = JUDGEMENTS) -> WordTest:
    """Read the judgements; the file says how it is written."""
    read = json.loads(file.read_text(encoding="utf-8"))
    neighbours = [
        Judgement(category, (word,), frozenset(accepted.split()))
        for category, words in read["neighbours"].items()
        for word, accepted in words.items()
    ]
    analogies = [
        Judgement(category, (a, b, c), frozenset(accepted.split("/")))
        for category, lines in read["analogies"].items()
        for a, b, c, accepted in map(str.split, lines)
    ]
    return WordTest(tuple(neighbours), tuple(analogies))


def measure_words(games: WordGames, test: WordTest) -> Figures:
    """Count how often the first answer is accepted, and how often one of the first five; in percent.

    A question with a word that the network does not know counts as wrong, so that networks compare.
    """
    return {"neighbours": _measure(games, test.neighbours), "analogies": _measure(games, test.analogies)}


def measure_network(checkpoint: Checkpoint, test: WordTest | None = None) -> Figures:
    """Measure the words of a network by the bare cosine of its embeddings (before) and as served (after)."""
    test = test or load_word_test()
    views = checkpoint.model.word_views()
    return {
        "before": measure_words(WordGames(WordSpace(checkpoint.vocabulary, views[0])), test),
        "after": measure_words(WordGames(WordSpace(checkpoint.vocabulary, *views)), test),
    }


def _measure(games: WordGames, judgements: Sequence[Judgement]) -> Figures:
    places = [_place(judgement, games) for judgement in judgements]
    categories = dict.fromkeys(judgement.category for judgement in judgements)
    return {
        **_shares(places),
        "categories": {
            name: _shares(
                [place for place, it in zip(places, judgements, strict=True) if it.category == name]
            )
            for name in categories
        },
    }


def _place(judgement: Judgement, games: WordGames) -> int:
    """Where the first accepted answer stands, from 0; DEPTH if there is none."""
    for place, answer in enumerate(judgement.answered_by(games)):
        if answer.word in judgement.accepted:
            return place
    return DEPTH


def _shares(places: Sequence[int]) -> Figures:
    return {
        "judgements": len(places),
        "accuracy@1": _percent(place < 1 for place in places),
        "accuracy@5": _percent(place < DEPTH for place in places),
    }


def _percent(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return round(100 * sum(counted) / max(len(counted), 1), 2)
