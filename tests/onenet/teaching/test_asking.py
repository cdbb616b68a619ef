"""Questions whether a photo shows a taught word: by the same rule as captions say it."""

import numpy as np
import pytest

from onenet.asking import read_question
from onenet.teaching import Lexicon
from onenet.teaching.asking import answer_taught, taught_word_asked
from onenet.teaching.lexicon import RECOGNISED_FROM

DOG, SNOW = np.eye(300, dtype=np.float32)[:2]
FROM = RECOGNISED_FROM[0][1]  # with one example


@pytest.fixture
def lexicon() -> Lexicon:
    taught = Lexicon("fake")
    taught.teach("Rex", DOG[np.newaxis])
    taught.teach("our office", SNOW[np.newaxis])
    return taught


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is there a Rex?", "Rex"),
        ("Is this rex?", "Rex"),
        ("do you see Rex", "Rex"),
        ("is this our office?", "our office"),
        ("gibt es einen Rex?", "Rex"),
        ("有Rex吗?", "Rex"),
        ("is there a dog?", ""),
        ("is Rex running?", ""),
        ("is there Rex in our office?", ""),
        ("what colour is Rex?", ""),
    ],
)
def test_a_question_asks_for_a_taught_word_and_nothing_else(lexicon: Lexicon, text: str, name: str) -> None:
    question = read_question(text)
    assert question is not None
    word = taught_word_asked(question, lexicon)
    assert (word.name if word is not None else "") == name


@pytest.mark.parametrize(
    ("cosine", "text", "is_sure"),
    [(1.0, "yes", True), (FROM + 0.001, "yes", True), (FROM - 0.01, "yes", False), (0.1, "no", True)],
)
def test_yes_where_captions_say_it_and_no_far_from_that(
    lexicon: Lexicon, cosine: float, text: str, is_sure: bool
) -> None:
    question = read_question("is there a Rex?")
    assert question is not None
    word = lexicon.words["rex"]
    photo = (cosine * DOG + (1 - cosine**2) ** 0.5 * SNOW).astype(np.float32)
    found = answer_taught(question, word, photo, None)
    assert (found.ranked[0].text, found.is_sure) == (text, is_sure)
    assert is_sure == (found.ranked[0].score >= 0.85)
    assert sum(each.score for each in found.ranked) == pytest.approx(1)
    assert bool(Lexicon("fake", {"rex": word}).recognise(photo)) == (text == "yes" and is_sure)


def test_no_of_a_photo_that_was_said_not_to_be_it(lexicon: Lexicon) -> None:
    question = read_question("is there a Rex?")
    assert question is not None
    mistaken = (0.9 * DOG + 0.19**0.5 * SNOW).astype(np.float32)
    assert answer_taught(question, lexicon.words["rex"], mistaken, None).ranked[0].text == "yes"
    lexicon.refuse("Rex", mistaken)
    found = answer_taught(question, lexicon.words["rex"], mistaken, None)
    assert (found.ranked[0].text, found.is_sure) == ("no", True)
