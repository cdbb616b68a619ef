"""The shipped network is asked about drawn scenes: what must hold whatever it sees in them."""

from itertools import product

import pytest
from PIL import Image, ImageDraw

from onenet.asking import grammar_of, languages_asked, read_recollection
from onenet.engine import Engine, Floats
from onenet.errors import DescriptionError
from onenet.teaching import Lexicon
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


def test_german_nouns_have_their_capitals_in_answers(engine: Engine, scenes: Floats) -> None:
    found = engine.ask(scenes[0], "ist das ein hund oder eine katze?", preferred=("de",))
    assert {each.text for each in found.ranked} == {"ein Hund", "eine Katze"}
    indoors = engine.ask(scenes[0], "drinnen oder draußen?", preferred=("de",))
    assert {each.text for each in indoors.ranked} == {"drinnen", "draußen"}


def _meadow(ball: tuple[int, int, int] | None = None) -> Image.Image:
    scene = Image.new("RGB", (300, 300), (120, 180, 235))
    drawing = ImageDraw.Draw(scene)
    drawing.rectangle((0, 140, 300, 300), fill=(60, 150, 50))
    if ball is not None:
        drawing.ellipse((90, 110, 210, 230), fill=ball)
    return scene


def _score(engine: Engine, scene: Floats, question: str, answer: str) -> float:
    return next(each.score for each in engine.ask(scene, question).ranked if each.text == answer)


def test_the_colour_of_a_ball_is_likelier_where_it_is_drawn_so(engine: Engine) -> None:
    balls = {"red": (220, 20, 20), "yellow": (240, 220, 30), "blue": (20, 40, 210)}
    scenes = dict(zip(balls, engine.represent([_meadow(ball) for ball in balls.values()]), strict=True))
    for colour in balls:
        scores = {
            drawn: _score(engine, scene, "what colour is the ball?", colour)
            for drawn, scene in scenes.items()
        }
        assert max(scores, key=lambda drawn: scores[drawn]) == colour


def test_grass_is_likelier_in_a_meadow_than_on_a_red_wall(engine: Engine) -> None:
    meadow, wall = engine.represent([_meadow(), Image.new("RGB", (300, 300), (200, 30, 30))])
    for language, question in (("en", "is there grass?"), ("es", "¿hay hierba?"), ("de", "gibt es Gras?")):
        yes = grammar_of(language).yes
        assert _score(engine, meadow, question, yes) > _score(engine, wall, question, yes)


def test_a_taught_word_is_asked_for_as_it_is_recognised(engine: Engine, scenes: Floats) -> None:
    lexicon = Lexicon(engine.fingerprint)
    lexicon.teach("Zyzzy", scenes[:1])
    assert engine.recognise_taught(lexicon, scenes[0])
    found = engine.ask(scenes[0], "is there a Zyzzy?", lexicon=lexicon)
    assert (found.ranked[0].text, found.is_sure) == ("yes", True)
    with pytest.raises(DescriptionError, match="never read"):
        engine.ask(scenes[0], "is there a Zyzzy?")


def test_a_memory_is_not_asked_for_by_words_that_were_never_read(engine: Engine, scenes: Floats) -> None:
    lexicon = Lexicon(engine.fingerprint)
    lexicon.teach("Zyzzy", scenes[:1])
    asked = read_recollection("how many photos with a zyzzy?")
    other = read_recollection("how many photos with a red zyzzy?")
    assert asked is not None
    assert other is not None
    with pytest.raises(DescriptionError, match="I never read “zyzzy”"):
        engine.recall(asked, scenes)
    assert len(engine.recall(asked, scenes, lexicon).fits) == len(scenes)
    assert len(engine.recall(other, scenes).fits) == len(scenes)


@pytest.mark.parametrize("question", ["", "why does it rain?", "сколько стоит эта вещь ы?"])
def test_what_cannot_be_asked_is_refused(engine: Engine, scenes: Floats, question: str) -> None:
    with pytest.raises(DescriptionError, match=r"for example|such as these|For example"):
        engine.ask(scenes[0], question)


@pytest.mark.parametrize("question", ["ما لون القطة؟", "أين القطة؟"])
def test_an_article_that_is_a_part_of_the_word_makes_no_word_unknown(
    engine: Engine, scenes: Floats, question: str
) -> None:
    assert engine.ask(scenes[0], question).question.language == "ar"
