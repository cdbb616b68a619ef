"""What people are told to try, in each language, consists of words that the shipped network reads."""

import re

import pytest

from bot.language import translations_for
from onenet.asking import grammar_of, read_question
from onenet.asking.refusals import unknown_words
from onenet.conversation import understand
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from tests.bot.language.test_examples import READ, READERS, typed

pytestmark = [
    pytest.mark.shipped,
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]
OWN = ("en", *READ)
# What describes a photo; /translate and /map begin with words of their own, /teach with a new one.
DESCRIBING = ("similar", "analogy", "odd", "walk", "find", "dream")
CHANGES = "Say what should be different, for example: in the snow, or: without people."


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_network_file(DEFAULT_CHECKPOINT).vocabulary


@pytest.mark.parametrize("language", OWN)
def test_of_commands(vocabulary: Vocabulary, language: str) -> None:
    examples = [example.removeprefix("/").partition(" ") for example in typed(READERS, language)]
    described = [words for command, _, words in examples if command in DESCRIBING]
    assert len(described) >= len(DESCRIBING)
    for words in described:
        assert vocabulary.sort(words, language)[1] == [], words


@pytest.mark.parametrize("language", OWN)
def test_of_questions(vocabulary: Vocabulary, language: str) -> None:
    for example in grammar_of(language).examples:
        question = read_question(example, (language,))
        assert question is not None
        assert unknown_words(question, vocabulary) == ()


@pytest.mark.parametrize("language", OWN)
def test_of_changes(vocabulary: Vocabulary, language: str) -> None:
    """What stands behind the colons of the sentence, each up to a comma."""
    sentence = translations_for(language).gettext(CHANGES)
    examples = [each.strip(" .。") for each in re.split(r"[:\uff1a]", sentence)[1:]]
    parts = [understand(re.split(r"[,\uff0c\u060c]", each)[0], (language,)) for each in examples]
    assert [[part.kind for part in each] for each in parts] == [["add"], ["take"]]
    for part in (part for each in parts for part in each):
        assert vocabulary.sort(part.words, language)[1] == [], part.words
