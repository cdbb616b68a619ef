"""Questions written by hand: that they can be asked, and how answers to them are counted."""

from pathlib import Path

import pytest
from PIL import Image

from onenet.asking import Answers, Question, RankedAnswer, read_question
from onenet.errors import DatasetError
from onenet.evaluation.drawings import DRAWINGS, draw_scene
from onenet.evaluation.own_questions import OwnQuestion, measure_own_questions, open_picture, own_questions

LANGUAGES = {"en", "de", "pt", "es", "fr", "zh", "ar"}


def test_there_are_enough_of_every_kind_and_language() -> None:
    questions = own_questions()
    read = [read_question(each.text) for each in questions]
    assert len(questions) >= 150
    assert len({(each.picture, each.text) for each in questions}) == len(questions)
    assert {each.language for each in read if each is not None} == LANGUAGES
    kinds = {"yes_no", "either_or", "colour", "number", "place", "doing", "object"}
    assert {each.kind for each in read if each is not None} == kinds


@pytest.mark.parametrize("own", own_questions(), ids=lambda own: f"{own.picture}: {own.text}")
def test_each_is_understood_and_can_be_answered_rightly(own: OwnQuestion) -> None:
    question = read_question(own.text)
    assert question is not None
    texts = {option.text for option in question.options}
    assert set(own.answers) <= ({question.yes, question.no} if question.kind == "yes_no" else texts)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_drawn_alike_each_time_and_unlike_all_others(name: str) -> None:
    own = draw_scene(name)
    assert own.tobytes() == draw_scene(name).tobytes()
    assert all(own.tobytes() != draw_scene(other).tobytes() for other in DRAWINGS if other != name)


def test_every_picture_can_be_opened() -> None:
    pytest.importorskip("skimage.data")
    assert all(open_picture(name) is not None for name in {each.picture for each in own_questions()})


def _always_yes(picture: Image.Image, question: Question) -> Answers:
    return Answers(question, (RankedAnswer("yes", 0.9), RankedAnswer("no", 0.1)), True, "")


def test_how_answers_are_counted() -> None:
    asked = [("is there a ball?", "yes"), ("is there snow?", "no")]
    figures = measure_own_questions(
        _always_yes, [OwnQuestion("red ball", text, (own,)) for text, own in asked]
    )
    assert (figures["questions"], figures["right"], figures["sure"], figures["right if sure"]) == (
        2,
        50,
        100,
        50,
    )
    [wrong] = figures["wrong"]
    assert (wrong["question"], wrong["answer"], wrong["sure"]) == ("is there snow?", "yes", True)


@pytest.mark.parametrize("content", [None, "no JSON", "{}", '{"pictures": {"red ball": [1]}}'])
def test_a_file_that_cannot_be_read_gets_a_sentence(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "questions.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError, match=r"questions\.json is missing or damaged"):
        own_questions(path)
