"""A decoder that says of the examples "dog" at -5 nats, "snow" at -13, all else at -20."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.captions import Caption
from onenet.network.vocabulary import Vocabulary
from onenet.teaching import Recognition, TaughtWord
from onenet.teaching.people import shows_only_people
from onenet.teaching.pointer import with_names

ENGLISH = "a an brown and black dog runs through the snow man with two cat sits"
VOCABULARY = Vocabulary(
    {
        "en": ENGLISH.split(),
        "de": ["ein", "brauner", "hund", "läuft", "durch", "den", "schnee"],
        "zh": ["一只", "狗", "雪地", "在", "小", "跑"],
    },
    {"de": {"hund": "Hund", "schnee": "Schnee"}},
)
NONE = np.zeros((0, 300), np.float32)


def taught(name: str) -> Recognition:
    return Recognition(TaughtWord(name, np.ones((1, 300), np.float32), NONE), 0.1)


def log_p(photo: NDArray[np.float32], sentences: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    likely = {"dog": -5.0, "hund": -5.0, "狗": -5.0, "snow": -13.0}
    return np.array([likely.get(VOCABULARY.words[ids[-2]], -20.0) for ids in sentences], np.float32)


@pytest.mark.parametrize(
    ("text", "language", "name", "said"),
    [
        ("a dog runs through the snow", "en", "Rex", "Rex runs through the snow"),
        ("a brown and black dog runs", "en", "Rex", "Rex runs"),
        ("a man with two dog", "en", "Rex", "a man with two Rex"),
        ("a man with a brown dog", "en", "poodle", "a man with a brown poodle"),
        ("a man with a dog", "en", "Airedale", "a man with Airedale"),
        ("a man with a dog", "en", "airedale", "a man with an airedale"),
        ("a man with an dog", "en", "poodle", "a man with a poodle"),
        ("a man with a brown dog", "en", "our dog", "a man with our dog"),
        ("a man sits", "en", "Rex", "Rex: a man sits"),
        ("a cat sits through snow", "en", "Rex", "Rex: a cat sits through snow"),
        ("ein brauner Hund läuft durch den Schnee", "de", "Rex", "Rex läuft durch den Schnee"),
        ("一只狗在雪地", "zh", "小黑", "小黑在雪地"),
        ("", "en", "Rex", ""),
    ],
)
def test_a_name_takes_the_place_of_what_the_examples_show(
    text: str, language: str, name: str, said: str
) -> None:
    assert with_names(Caption(text, 0.0, language), [taught(name)], VOCABULARY, log_p) == said
    ids = tuple(VOCABULARY.encode(text, language)[1:-1])
    assert with_names(Caption(text, 0.0, language, None, ids), [taught(name)], VOCABULARY, log_p) == said


@pytest.mark.parametrize(
    ("words", "said", "without_ids"),
    [
        # “Puppy” is one word, too.
        (["一只", "小", "狗", "在", "雪地"], "小黑在雪地", "小黑: 一只小狗在雪地"),
        (["小", "狗", "跑"], "小小黑跑", "小黑: 小狗跑"),
        (["狗", "跑", "狗"], "小黑跑狗", "小黑跑狗"),
    ],
)
def test_words_are_those_that_the_decoder_wrote_else_those_of_the_text(
    words: list[str], said: str, without_ids: str
) -> None:
    ids = tuple(VOCABULARY.id_of(word, "zh") for word in words)
    caption = Caption(VOCABULARY.decode(ids), 0.0, "zh", None, ids)
    assert with_names(caption, [taught("小黑")], VOCABULARY, log_p) == said
    unknown = Caption(caption.text, 0.0, "zh")
    assert with_names(unknown, [taught("小黑")], VOCABULARY, log_p) == without_ids


@pytest.mark.parametrize(("text", "language"), [("a zebra runs", "en"), ("ein Zebra läuft", "de")])
def test_words_that_are_not_known_stay(text: str, language: str) -> None:
    said = with_names(Caption(text, 0.0, language), [taught("Rex")], VOCABULARY, log_p)
    assert said.casefold() == f"rex: {text}".casefold()


def test_each_name_has_a_place_of_its_own_and_nothing_recognised_changes_nothing() -> None:
    two = with_names(Caption("a dog runs", 0.0), [taught("Rex"), taught("Bello")], VOCABULARY, log_p)
    assert two == "Bello: Rex runs"
    assert with_names(Caption("a dog runs", 0.0), [], VOCABULARY, log_p) == "a dog runs"


def test_what_only_shows_people_is_told() -> None:
    def only(*captions: str) -> bool:
        words = [caption.split() for caption in captions]
        content = [frozenset(own) - {"a", "of", "in", "the", "with", "on", "is"} for own in words]
        return shows_only_people(words, content)

    assert only("a man in the snow", "two young girls", "a group of people")
    assert not only("a man in the snow", "a dog runs")
    assert not only("a dog with a man")
    assert not only()
