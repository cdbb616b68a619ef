"""What cannot be asked is refused with a sentence that says what to ask instead."""

import pytest

from onenet.asking.refusals import refusal
from onenet.network.vocabulary import Vocabulary

WORDS = Vocabulary({"en": ["why", "does", "it", "rain", "dog"], "uk": ["собака", "де"]})


@pytest.mark.parametrize("nothing", ["", "  ", "?", "!?"])
def test_no_question_at_all(nothing: str) -> None:
    assert str(refusal(nothing, WORDS, ("en",))) == (
        "Ask something about the photo, for example: is there a dog?"
    )


@pytest.mark.parametrize("question", ["собака ли это, или кот? ы", "犬はいますか", "onko siellä koira"])
def test_a_language_that_is_not_read(question: str) -> None:
    said = str(refusal(question, WORDS, ("en",)))
    assert said.startswith("I do not read that language. Ask in one of these: “English”, “Ukrainian”.")


def test_a_kind_that_is_not_known() -> None:
    said = str(refusal("why does it rain?", WORDS, ("en",)))
    assert said.startswith("I do not understand that question. I can answer such as these: “is there a dog?”")


def test_the_examples_are_in_the_language_of_whoever_asks() -> None:
    assert "собака" in str(refusal("why does it rain?", WORDS, ("uk", "en")))
