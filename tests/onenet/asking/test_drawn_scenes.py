"""The shipped network is asked about drawn scenes: what must hold whatever it sees in them."""

from itertools import product

import numpy as np
import pytest

from onenet.asking import grammar_of, languages_asked
from onenet.engine import Engine, Floats
from onenet.errors import DescriptionError
from tests.onenet.drawn import COLOURS, draw


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


@pytest.fixture(scope="module")
def scenes(engine: Engine) -> Floats:
    return engine.represent([draw(colour, seed) for colour, seed in product(COLOURS, range(3))])


@pytest.mark.parametrize("language", languages_asked())
def test_every_example_is_answered_in_its_language(engine: Engine, scenes: Floats, language: str) -> None:
    grammar = grammar_of(language)
    for scene, example in zip(scenes, grammar.examples, strict=False):
        found = engine.ask(scene, example, preferred=(language,))
        scores = [each.score for each in found.ranked]
        assert found.question.language == language
        assert sum(scores) == pytest.approx(1, abs=1e-4)
        assert scores == sorted(scores, reverse=True)
        assert found.says


def test_the_first_answer_does_not_depend_on_the_order_of_the_alternatives(
    engine: Engine, scenes: Floats
) -> None:
    for scene in scenes:
        one = engine.ask(scene, "is it a dog or a wall?").ranked
        other = engine.ask(scene, "is it a wall or a dog?").ranked
        assert {each.text: pytest.approx(each.score, abs=0.02) for each in one} == {
            each.text: each.score for each in other
        }


def test_what_is_drawn_green_is_greener_than_what_is_drawn_red(engine: Engine, scenes: Floats) -> None:
    def share(scene: Floats, colour: str) -> float:
        found = engine.ask(scene, "what colour is the wall?").ranked
        return next(each.score for each in found if each.text == colour)

    by_colour = dict(zip(COLOURS, scenes.reshape(len(COLOURS), 3, -1), strict=True))
    for colour, other in (("red", "green"), ("green", "red")):
        own = np.mean([share(scene, colour) for scene in by_colour[colour]])
        assert own > np.mean([share(scene, colour) for scene in by_colour[other]])


@pytest.mark.parametrize("question", ["", "why does it rain?", "сколько стоит эта вещь ы?"])
def test_what_cannot_be_asked_is_refused(engine: Engine, scenes: Floats, question: str) -> None:
    with pytest.raises(DescriptionError, match=r"for example|such as these|For example"):
        engine.ask(scenes[0], question)
