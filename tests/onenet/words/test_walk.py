from itertools import pairwise, permutations

import numpy as np
import pytest

from onenet.engine import Engine
from onenet.errors import OneNetError, UnknownWordError
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.words.space import WordSpace
from onenet.words.walk import STEEPNESS, walk


def on_a_circle(**degrees: float) -> WordSpace:
    angles = np.radians(list(degrees.values()))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rows = np.concatenate([np.ones((4, 2)), vectors]).astype(np.float32)
    return WordSpace(Vocabulary(list(degrees)), rows)


@pytest.fixture
def space() -> WordSpace:
    return on_a_circle(dog=0, lake=60, beach=90, puppy=20, sand=75, horse=40, moon=-100)


def test_a_walk_goes_over_all_that_lies_between(space: WordSpace) -> None:
    steps = walk(space, "dog", "beach")
    assert [step.word for step in steps] == ["dog", "puppy", "horse", "lake", "sand", "beach"]
    cosines = [1.0, *np.cos(np.radians([20, 20, 20, 15, 15]))]
    assert [step.score for step in steps] == pytest.approx(cosines, abs=1e-6)


def test_a_stop_knows_its_bearing_and_what_lies_around(space: WordSpace) -> None:
    stops = walk(space, "puppy", "lake")
    bearings = [stop.bearing for stop in stops]
    assert bearings == sorted(bearings)  # an arc is laid out from end to end
    assert bearings == pytest.approx([-1, 0, 1], abs=0.05)
    assert stops[0].around[0] == "dog"  # horse is as near but on the walk
    assert not {"puppy", "horse", "lake"} & {word for stop in stops for word in stop.around}


def test_the_way_back_is_the_same_way(space: WordSpace) -> None:
    there = [step.word for step in walk(space, "dog", "beach")]
    assert [step.word for step in walk(space, "beach", "dog")] == there[::-1]


def test_what_lies_aside_is_not_visited(space: WordSpace) -> None:
    words = [step.word for step in walk(space, "puppy", "lake")]
    assert words == ["puppy", "horse", "lake"]


def test_neighbours_are_one_step_apart(space: WordSpace) -> None:
    assert [step.word for step in walk(space, "Sand", "beaches")] == ["sand", "beach"]


@pytest.mark.parametrize("seed", range(5))
def test_no_other_walk_is_easier(seed: int) -> None:
    """Against all walks there are between two of six words."""
    names = ["one", "two", "three", "four", "five", "six"]
    rows = np.random.default_rng(seed).normal(size=(4 + len(names), 3)).astype(np.float32)
    space = WordSpace(Vocabulary(names), rows)
    costs = (1 - space.vectors @ space.vectors.T).clip(min=0) ** STEEPNESS

    def cost(words: list[str]) -> float:
        places = [names.index(word) for word in words]
        return float(sum(costs[a, b] for a, b in pairwise(places)))

    between = [list(middle) for n in range(5) for middle in permutations(names[1:-1], n)]
    easiest = min((["one", *middle, "six"] for middle in between), key=cost)
    assert [step.word for step in walk(space, "one", "six")] == easiest


def easiest_way(space: WordSpace, start: str, end: str) -> list[str]:
    """By Dijkstra's algorithm as it stands in books, a word at a time."""
    costs = (1 - space.vectors @ space.vectors.T).clip(min=0).astype(float) ** STEEPNESS
    known, before, done = np.full(len(costs), np.inf), {}, set[int]()
    known[space.row_of(start)] = 0.0
    while (here := min(set(range(len(costs))) - done, key=lambda row: known[row])) != space.row_of(end):
        done.add(here)
        for row in np.flatnonzero(known[here] + costs[here] < known):
            known[row], before[row] = known[here] + costs[here, row], here
    way = [here]
    while way[-1] in before:
        way.append(before[way[-1]])
    return [space.words[row] for row in reversed(way)]


@pytest.mark.parametrize("seed", range(3))
def test_many_words_at_once_are_the_same_way(seed: int) -> None:
    """Among more words than are gone on from at once."""
    names = [f"word{number}" for number in range(300)]
    rows = np.random.default_rng(seed).normal(size=(4 + len(names), 5)).astype(np.float32)
    space = WordSpace(Vocabulary(names), rows)
    for end in ("word1", "word50", "word299"):
        found = [step.word for step in walk(space, "word0", end)]
        assert found == easiest_way(space, "word0", end)
        assert len(found) > 2


def test_a_word_on_top_of_another_is_no_trap() -> None:
    steps = walk(on_a_circle(dog=0, puppy=0, beach=120), "dog", "beach")
    assert [step.word for step in steps] in (["dog", "beach"], ["dog", "puppy", "beach"])


def test_one_word_twice_is_refused(space: WordSpace) -> None:
    with pytest.raises(OneNetError, match="one word twice"):
        walk(space, "dog", "Dogs")


def test_a_word_never_read_is_named(space: WordSpace) -> None:
    with pytest.raises(UnknownWordError, match=r"I never read “snad”\. Did you mean sand\?"):
        walk(space, "dog", "snad")


@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
def test_the_shipped_networks_walks_have_short_steps_and_no_word_twice() -> None:
    engine = Engine.load(threads=1)
    for start, end in (("dog", "beach"), ("water", "fire"), ("baby", "football")):
        steps = engine.words.walk(start, end)
        words = [step.word for step in steps]
        assert (words[0], words[-1]) == (start, end)
        assert 4 <= len(words) == len(set(words)) <= 12
        assert min(step.score for step in steps) > 0.25
    odd = engine.words.odd(["dog", "puppy", "cat", "truck"])
    assert odd.words[0].word == "truck"
