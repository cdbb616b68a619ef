"""Words however they are typed, and their ids."""

# ruff: noqa: RUF001 - signs that look like others are what this is about

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onenet.errors import LanguageError
from onenet.network.special_words import END_ID, START_ID, UNK_ID
from onenet.network.vocabulary import Vocabulary, tokenize


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


def test_words_that_name_nothing() -> None:
    vocabulary = Vocabulary({"en": ["a", "dog", "on"], "de": ["ein", "hund", "an"]})
    own = {code: [vocabulary.words[each] for each in vocabulary.function_ids(code)] for code in ("en", "de")}
    assert {code: sorted(words) for code, words in own.items()} == {"en": ["a", "on"], "de": ["an", "ein"]}
    with pytest.raises(LanguageError):
        vocabulary.function_ids("fr")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "dog", "runs", "t-shirt"])))
def test_known_sentences_come_back(words: list[str]) -> None:
    vocabulary = Vocabulary(["a", "dog", "runs", "t-shirt"])
    sentence = " ".join(words)
    assert vocabulary.decode(vocabulary.encode(sentence)) == sentence


@settings(deadline=None)
@given(st.text())
def test_tokens_survive_a_second_reading(text: str) -> None:
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words


KNOWN = Vocabulary(["dog", "snow", "t-shirt", "ice", "skating", "fish", "man's", "café", "tshirts"])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("dog?", ["dog"]),
        ("“dog”", ["dog"]),
        ("‚dog‘ «snow»", ["dog", "snow"]),
        ("t‑shirt", ["t-shirt"]),  # U+2011, which does not break
        ("T‐Shirt", ["t-shirt"]),  # U+2010
        ("t−shirt", ["t-shirt"]),  # a minus
        ("ａ ｄｏｇ", ["a", "dog"]),
        ("ﬁsh", ["fish"]),
        ("d\u200bog sn\u00adow", ["dog", "snow"]),
        ("\ufeffdog\u2060", ["dog"]),
        ("\u202edog\u202c", ["dog"]),
        ("dog\u00a0snow", ["dog", "snow"]),
        ("cafe\u0301", ["café"]),
        ("the dog’s snow", ["the", "dog", "snow"]),
        ("the dog ‘s snow", ["the", "dog", "snow"]),
        ("dog – snow", ["dog", "snow"]),
        ("dog—snow", ["dog", "snow"]),
    ],
)  # fmt: skip
def test_words_are_read_however_they_are_typed(typed: str, words: list[str]) -> None:
    assert tokenize(typed) == words


@settings(deadline=None)
@given(
    word=st.sampled_from(["dog", "t-shirt", "fish"]),
    before=st.text("“«\u200b\ufeff (¿*\"'", max_size=4),
    after=st.text("”».,;:!?)…*\u200d\u00a0\"'", max_size=4),
    wide=st.booleans(),
    capital=st.booleans(),
)
def test_nothing_around_a_word_hides_it(
    word: str, before: str, after: str, wide: bool, capital: bool
) -> None:
    written = word.upper() if capital else word
    if wide:
        written = "".join(chr(ord(each) + 0xFEE0) if each.isalpha() else each for each in written)
    assert tokenize(f"{before}{written}{after}") == [word]


@settings(deadline=None)
@given(st.text())
def test_what_was_made_plain_stays_so(text: str) -> None:
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words


@pytest.mark.parametrize(
    ("typed", "known", "unknown"),
    [
        ("ice-skating", ["ice", "skating"], []),
        ("ice‑hockey", ["ice"], ["hockey"]),
        ("t-shirts", ["tshirts"], []),
        ("a t-shirt", ["t-shirt"], ["a"]),
        ("merry-go-round", [], ["merry-go-round"]),
    ],
)
def test_compounds_are_known_by_their_parts(typed: str, known: list[str], unknown: list[str]) -> None:
    assert KNOWN.sort(typed) == (known, unknown)
    assert KNOWN.decode(KNOWN.encode_known(typed)) == " ".join(known)
