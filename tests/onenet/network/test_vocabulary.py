import pytest
from hypothesis import given
from hypothesis import strategies as st

from onenet.network.vocabulary import END_ID, START_ID, UNK_ID, Vocabulary, tokenize


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("A dog runs .", ["a", "dog", "runs"]),
        ("The dog 's ball", ["the", "dog", "ball"]),
        ("the man’s hat", ["the", "man", "hat"]),
        ("a T-Shirt, red!", ["a", "t-shirt", "red"]),
        ("3 boys_play", ["3", "boys", "play"]),
        ("  ...  ", []),
        ("собака 🐕 狗", ["собака", "狗"]),
    ],
)
def test_tokenize(sentence: str, words: list[str]) -> None:
    assert tokenize(sentence) == words


def test_rare_words_are_left_out() -> None:
    vocabulary = Vocabulary.build(["a dog", "a dog", "a cat"], min_count=2)
    assert vocabulary.words[4:] == ("a", "dog")
    assert vocabulary.encode("A cat") == [START_ID, 4, UNK_ID, END_ID]
    assert vocabulary.encode_known("A cat") == [START_ID, 4, END_ID]
    assert "cat" not in vocabulary
    assert "<unk>" not in vocabulary


def test_a_word_stands_once() -> None:
    with pytest.raises(ValueError, match="once"):
        Vocabulary(["dog", "dog"])


@given(st.lists(st.sampled_from(["a", "dog", "runs", "t-shirt"])))
def test_known_sentences_come_back(words: list[str]) -> None:
    vocabulary = Vocabulary(["a", "dog", "runs", "t-shirt"])
    sentence = " ".join(words)
    assert vocabulary.decode(vocabulary.encode(sentence)) == sentence


@given(st.text())
def test_tokens_survive_a_second_reading(text: str) -> None:
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words
