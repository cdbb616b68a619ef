from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onenet.evaluation.words import (
    JUDGEMENTS,
    Judgement,
    WordTest,
    load_word_test,
    measure_network,
    measure_words,
)
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.words import WordGames, WordSpace

# Two dimensions: a person or an animal, and whether there are several.
PLACES = {"man": (1, 0), "men": (1, 1), "dog": (-1, 0), "dogs": (-1, 0.9), "cats": (-0.9, 1)}


@pytest.fixture
def games() -> WordGames:
    vectors = np.array([(9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    return WordGames(WordSpace(Vocabulary(list(PLACES)), vectors))


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return load_checkpoint(DEFAULT_CHECKPOINT)


def judge(category: str, question: str, accepted: str) -> Judgement:
    return Judgement(category, tuple(question.split()), frozenset(accepted.split()))


def test_first_and_first_five_are_counted_by_category(games: WordGames) -> None:
    test = WordTest(
        neighbours=(
            judge("people", "man", "men"),  # the nearest
            judge("animals", "dog", "cats"),  # the second, after dogs
            judge("animals", "cats", "mouse"),  # no answer at all
        ),
        analogies=(judge("plurals", "man men dog", "dogs cats"),),
    )
    figures = measure_words(games, test)
    assert figures["neighbours"] == {
        "judgements": 3,
        "accuracy@1": 33.33,
        "accuracy@5": 66.67,
        "categories": {
            "people": {"judgements": 1, "accuracy@1": 100.0, "accuracy@5": 100.0},
            "animals": {"judgements": 2, "accuracy@1": 0.0, "accuracy@5": 50.0},
        },
    }
    assert figures["analogies"]["accuracy@1"] == 100.0


@pytest.mark.parametrize("question", ["mouse", "dog mouse cats", "mans"])
def test_a_question_with_a_word_never_read_is_wrong(games: WordGames, question: str) -> None:
    one = judge("people", question, "man men dog dogs cats")
    assert measure_words(games, WordTest((one,), ()))["neighbours"]["accuracy@5"] == 0.0


def test_nothing_to_judge(games: WordGames) -> None:
    assert measure_words(games, WordTest((), ()))["analogies"]["accuracy@1"] == 0.0


def test_the_file_is_read_as_it_says(tmp_path: Path) -> None:
    file = tmp_path / "words.json"
    file.write_text(
        '{"neighbours": {"people": {"man": "men guy"}}, "analogies": {"plurals": ["man men dog dogs/cats"]}}',
        encoding="utf-8",
    )
    assert load_word_test(file) == WordTest(
        (judge("people", "man", "men guy"),), (judge("plurals", "man men dog", "dogs cats"),)
    )


def test_the_halves_share_nothing_and_miss_nothing() -> None:
    test = load_word_test()
    halves = test.half(0), test.half(1)
    assert set(halves[0].analogies) | set(halves[1].analogies) == set(test.analogies)
    assert not set(halves[0].neighbours) & set(halves[1].neighbours)


def test_there_are_enough_judgements_and_each_can_be_answered() -> None:
    test = load_word_test()
    assert len(test.neighbours) >= 150
    assert len(test.analogies) >= 150
    for judgement in (*test.neighbours, *test.analogies):
        assert len(set(judgement.question)) == len(judgement.question)
        assert 1 <= len(judgement.accepted) <= 8
        assert not judgement.accepted & set(judgement.question), judgement


def test_nothing_is_asked_twice() -> None:
    test = load_word_test()
    asked = Counter(judgement.question for judgement in (*test.neighbours, *test.analogies))
    assert [question for question, times in asked.items() if times > 1] == []
    # json keeps the last of two equal names in silence
    lines = [line for line in JUDGEMENTS.read_text(encoding="utf-8").split("\n") if line.startswith(" " * 6)]
    assert len(lines) == len(asked)


def test_every_word_is_in_the_vocabulary(checkpoint: Checkpoint) -> None:
    test = load_word_test()
    words = {
        word
        for judgement in (*test.neighbours, *test.analogies)
        for word in (*judgement.question, *judgement.accepted)
    }
    assert sorted(word for word in words if word not in checkpoint.vocabulary) == []


def test_the_shipped_network_agrees_with_people(checkpoint: Checkpoint) -> None:
    """Floors two points under what it was shipped with."""
    figures = measure_network(checkpoint)
    neighbours, analogies = figures["after"]["neighbours"], figures["after"]["analogies"]
    assert neighbours["accuracy@1"] >= 82
    assert neighbours["accuracy@5"] >= 95
    assert analogies["accuracy@1"] >= 58
    assert analogies["accuracy@5"] >= 79
    for accuracy in ("accuracy@1", "accuracy@5"):
        assert _right(figures["after"], accuracy) > _right(figures["before"], accuracy)


def _right(figures: dict[str, Any], accuracy: str) -> float:
    """Count the right answers to all judgements."""
    kinds = (figures[kind] for kind in ("neighbours", "analogies"))
    return sum(kind[accuracy] * kind["judgements"] / 100 for kind in kinds)
