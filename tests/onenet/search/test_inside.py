import numpy as np
import pytest
import torch

from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, SPECIAL_WORDS, START_ID
from onenet.network.vocabulary import Vocabulary
from onenet.search.inside import look_inside
from onenet.search.word_numbers import WordNumbers


def representation_of(**values: float) -> np.ndarray:
    """Sixteen numbers, most of them small; the named ones are given, as n0, n1, …"""
    numbers = np.full(16, 0.01, dtype=np.float32)
    for name, value in values.items():
        numbers[int(name[1:])] = value
    return numbers / np.linalg.norm(numbers)


@pytest.fixture
def words(model: OneNet, vocabulary: Vocabulary) -> WordNumbers:
    words = vocabulary.words[len(SPECIAL_WORDS) :]
    ids = torch.tensor([vocabulary.id_of(word) for word in words])
    return WordNumbers(words, model.represent_words(ids).numpy())


def test_the_numbers_farthest_from_zero_stand_out(words: WordNumbers) -> None:
    representation = representation_of(n3=-0.8, n7=0.5, n0=0.1)
    inside = look_inside(representation, words, k=3)
    assert [dimension.number for dimension in inside.strongest] == [4, 8, 1]  # from 1 for a person
    assert np.allclose(inside.values, representation * 4, atol=1e-6)  # a mean square of one
    assert [dimension.value for dimension in inside.strongest] == pytest.approx(inside.values[[3, 7, 0]])
    assert inside.strongest[0].signed_value.startswith("-")
    assert inside.strongest[1].signed_value.startswith("+")


def test_a_direction_leads_to_what_has_most_of_the_number(words: WordNumbers) -> None:
    below, above = look_inside(representation_of(n3=-0.8, n7=0.5), words, k=2).strongest
    assert below.direction.tolist() == [-1.0 if place == 3 else 0.0 for place in range(16)]
    assert above.direction.tolist() == [1.0 if place == 7 else 0.0 for place in range(16)]


def test_words_are_those_whose_sentence_has_most_of_the_number(
    words: WordNumbers, model: OneNet, vocabulary: Vocabulary
) -> None:
    known = [word for word in vocabulary.words if not word.startswith("<")]
    sentences = torch.tensor([[START_ID, vocabulary.id_of(word), END_ID] for word in known])
    numbers = model.represent_sentence(sentences).numpy()
    inside = look_inside(representation_of(n3=-0.8, n7=0.5), words, k=2)
    for dimension, column in zip(inside.strongest, (-numbers[:, 3], numbers[:, 7]), strict=True):
        best = sorted(range(len(known)), key=lambda row, column=column: -column[row])[:5]
        assert list(dimension.words) == [known[row] for row in best]


def test_opposite_numbers_have_opposite_words(words: WordNumbers) -> None:
    [above] = look_inside(representation_of(n5=0.9), words, k=1).strongest
    [below] = look_inside(representation_of(n5=-0.9), words, k=1).strongest
    assert above.words[0] not in below.words[:2]
    assert not any(word.startswith("<") for word in above.words + below.words)
