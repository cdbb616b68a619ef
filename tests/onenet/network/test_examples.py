"""What there is to try, in each language."""

import pytest

from onenet.network.examples import examples_in
from onenet.network.languages import LANGUAGES
from onenet.network.vocabulary import tokenize


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_of_their_language(language: str) -> None:
    examples = examples_in(language)
    assert (language == "en") == (examples == examples_in("en"))
    for words in examples:
        assert tokenize(words, language)
    assert [len(tokenize(each, language)) for each in (examples.animal, examples.place)] == [1, 1]
    assert [len(each.split()) for each in (examples.analogy, examples.odd, examples.walk)] == [3, 4, 2]


def test_of_other_languages_there_are_english_ones() -> None:
    assert examples_in("ru") == examples_in("en")
    assert examples_in("en").walk == "dog beach"
