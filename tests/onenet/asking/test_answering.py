"""Answers: ranked by what sentences say of a photo, more than of none; worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.asking import read_question
from onenet.asking.answering import answer, signs_of
from onenet.asking.judge import Floats, Judge

BLACK, RED, DOG = np.eye(3, dtype=np.float32)


def _vector(sentence: str) -> Floats:
    words = sentence.split()
    found = 0.1 + BLACK * ("black" in words) + RED * ("red" in words) + DOG * ("dog" in words)
    unit: Floats = (found / np.linalg.norm(found)).astype(np.float32)
    return unit


def _represent(sentences: Sequence[str], language: str) -> Floats:
    return np.stack([_vector(each) for each in sentences])


def _log_p(
    representations: Floats, sentences: Sequence[str], language: str
) -> tuple[Floats, NDArray[np.int64]]:
    found = 4 * representations @ _represent(sentences, language).T
    lengths = np.array([len(each.split()) + 1 for each in sentences])
    return found - lengths, lengths


def _unknown(sentences: Sequence[str], language: str) -> NDArray[np.int64]:
    return np.array([sum(word == "grey" for word in each.split()) for each in sentences])


JUDGE = Judge(_log_p, _represent, _unknown)


def _ask(text: str, photo: Floats) -> tuple[str, float]:
    question = read_question(text)
    assert question is not None
    [found] = answer(JUDGE, question, photo[None])
    assert sum(each.score for each in found.ranked) == pytest.approx(1, abs=1e-5)
    assert [each.score for each in found.ranked] == sorted(
        (each.score for each in found.ranked), reverse=True
    )
    return found.ranked[0].text, found.ranked[0].score


@pytest.mark.parametrize(("photo", "colour"), [(BLACK, "black"), (RED, "red")])
def test_the_colour_that_the_photo_speaks_for_comes_first(photo: Floats, colour: str) -> None:
    assert _ask("what colour is the dog?", photo)[0] == colour
    assert _ask("is it red or black?", photo)[0] == colour


def test_yes_where_it_is_there_and_no_where_it_is_not() -> None:
    assert _ask("is there a dog?", DOG)[0] == "yes"
    assert _ask("is there a dog?", (BLACK + RED) / np.sqrt(np.float32(2)))[0] == "no"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("有狗吗?", ("有", "没有")),
        ("有没有狗?", ("有", "没有")),
        ("是否有狗?", ("有", "没有")),
        ("这是狗吗?", ("是", "不是")),
        ("是不是狗?", ("是", "不是")),
        ("狗在跑吗?", ("是", "不是")),
        ("gibt es einen Hund?", ("ja", "nein")),
    ],
)
def test_yes_and_no_are_said_as_the_question_is_asked(text: str, says: tuple[str, str]) -> None:
    question = read_question(text)
    assert question is not None
    [found] = answer(JUDGE, question, DOG[None])
    assert {each.text for each in found.ranked} == {*says}
    assert (question.yes, question.no) == says


def test_each_photo_is_answered_as_if_alone() -> None:
    question = read_question("what colour is the dog?")
    assert question is not None
    photos = np.stack([BLACK, RED, DOG])
    together = answer(JUDGE, question, photos)
    for row, found in enumerate(together):
        [alone] = answer(JUDGE, question, photos[row : row + 1])
        assert [each.text for each in alone.ranked] == [each.text for each in found.ranked]


def test_without_a_photo_nothing_speaks_for_an_answer() -> None:
    question = read_question("what colour is the dog?")
    assert question is not None
    signs = signs_of(JUDGE, question, np.zeros((1, 3), np.float32))
    assert signs.cosines == pytest.approx(0)
    assert signs.given == pytest.approx(signs.without)


def test_the_sentence_of_the_answer_can_be_looked_for_in_the_photo() -> None:
    question = read_question("what colour is the dog?")
    assert question is not None
    [found] = answer(JUDGE, question, RED[None])
    assert found.says == "a red dog"


def test_a_word_that_was_never_read_is_no_answer() -> None:
    question = read_question("is it a grey dog or a dog?")
    assert question is not None
    [found] = answer(JUDGE, question, DOG[None])
    assert [each.text for each in found.ranked] == ["a dog", "a grey dog"]
    assert found.ranked[1].score == pytest.approx(0)


def test_that_somebody_is_another_sort_of_person_is_no_sure_no() -> None:
    """Here “man” is what “dog” is elsewhere: it is seen, and “woman” is not."""

    def says_man(sentences: Sequence[str], language: str) -> Floats:
        return _represent(
            [each.replace("man with", "with").replace(" man", " dog") for each in sentences], language
        )

    judge = Judge(_log_p, says_man, _unknown)
    [asked, other] = (read_question(text) for text in ("is there a woman?", "is there a ball?"))
    assert asked is not None
    assert other is not None
    [woman], [ball] = answer(judge, asked, DOG[None]), answer(judge, other, DOG[None])
    assert woman.ranked[0].text == ball.ranked[0].text == "no"
    assert not woman.is_sure


def test_man_or_woman_is_a_guess() -> None:
    asked = read_question("is it a man or a woman?")
    assert asked is not None
    [found] = answer(JUDGE, asked, DOG[None])
    assert not found.is_sure


FAR = -DOG  # from every dog


@pytest.mark.parametrize(
    "text",
    ["what colour is the dog?", "how many dogs are there?", "what is the dog doing?", "where is the dog?"],
)
def test_of_what_is_surely_not_there_it_cannot_tell(text: str) -> None:
    asked, present = read_question(text), read_question("is there a dog?")
    assert asked is not None
    assert present is not None
    [there, away] = answer(JUDGE, asked, np.stack([DOG, FAR]))
    [yes, no] = answer(JUDGE, present, np.stack([DOG, FAR]))
    assert [each.ranked[0].text for each in (yes, no)] == ["yes", "no"]
    assert no.is_sure
    assert (there.is_absent, away.is_absent, away.is_sure) == (False, True, False)


@pytest.mark.parametrize(
    "text", ["what colour is it?", "what is it doing?", "what is happening?", "where is this?"]
)
def test_a_question_that_names_no_thing_presumes_none(text: str) -> None:
    asked = read_question(text)
    assert asked is not None
    [found] = answer(JUDGE, asked, FAR[None])
    assert not found.is_absent


def test_people_are_not_surely_absent_where_one_of_some_sort_may_be() -> None:
    added = {"a woman": DOG, "people": FAR}

    def represent(sentences: Sequence[str], language: str) -> Floats:
        own = [next((thing for thing in added if each.endswith(f" {thing}")), "") for each in sentences]
        return np.stack([BLACK + added.get(thing, RED) for thing in own])

    judge = Judge(_log_p, represent, _unknown)
    asked, present = read_question("how many people are there?"), read_question("are there people?")
    assert asked is not None
    assert present is not None
    [found], [there] = answer(judge, asked, DOG[None]), answer(judge, present, DOG[None])
    assert there.ranked[0].text == "no"
    assert there.ranked[0].score > 0.85
    assert not there.is_sure
    assert not found.is_absent
