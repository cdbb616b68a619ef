"""Everyday things that captions name."""

import pytest

from onenet.evaluation.wild import THINGS, things_in, things_named


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("a man with a dog", {"person", "dog"}),
        ("two puppies and three kitties", {"dog", "cat"}),
        ("buses and benches near dishes and glasses", {"bus", "bench", "plate", "glass"}),
        ("knives forks and spoons", {"knife"}),
        ("ladies and babies on ponies", {"person", "horse"}),
        ("giraffes by the beaches", {"giraffe", "beach"}),
        ("sandwiches torn from buns", {"sandwich", "bread"}),
        ("a bear", {"bear"}),
        ("a teddy bear", {"teddy bear"}),
        ("teddy bears beside a bear", {"teddy bear", "bear"}),
        ("a hot dog", {"sandwich"}),
        ("a dog eats hot dogs", {"dog", "sandwich"}),
        ("a stop sign and a stop light", {"stop sign", "traffic light"}),
        ("a cell phone", {"phone"}),
        ("a baseball bat", {"bat"}),
        ("baseball", {"ball"}),
        ("tennis rackets", {"tennis racket"}),
        ("an airplane in the blue skies", {"airplane"}),  # skies are no skis
        ("a skier on skis", {"person", "ski"}),
        ("planes and trains", {"airplane", "train"}),
        ("a training dogma of cattiness", set()),  # words within words
        ("", set()),
    ],
)
def test_things_in(text: str, things: set[str]) -> None:
    assert things_in(text) == things


def test_each_word_for_a_thing_names_it() -> None:
    assert 60 <= len(THINGS) <= 80
    for thing, *others in THINGS:
        for word in (thing, *others):
            assert things_in(f"see the {word.strip()} here") == {thing.strip()}, word


def test_things_named_worked_out_by_hand() -> None:
    captions = ["a dog on the grass", "a bus and a cat"]
    references = [
        # three name the dog and a ball, two the grass, one a tree
        ["a dog with a ball", "a dog and a ball", "a puppy", "balls on grass", "the grass by a tree"],
        # the bus is wanted, a cat is named by nobody
        ["a bus", "a bus", "buses", "a street", "a bus on a street"],
    ]
    figures = things_named(captions, references)
    assert figures == {
        "things_named": pytest.approx(100 * 2 / 3, abs=0.01),  # dog and bus; not the ball
        "named_things_there": 75.0,  # dog, grass and bus; not the cat
    }


def test_nothing_to_name() -> None:
    assert things_named(["nothing"], [["nothing"] * 5]) == {"things_named": 0.0, "named_things_there": 0.0}
    assert things_named([], []) == {"things_named": 0.0, "named_things_there": 0.0}
