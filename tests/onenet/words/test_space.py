"""The words as vectors, looked up by name, and the games of looking up."""

import numpy as np
import pytest
import torch

from onenet.errors import UnknownWordError
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.words.games import WordGames
from onenet.words.space import WordSpace

# Three dimensions: how much of a person, how much of an animal, whether there are several.
PLACES = {
    "man": (1, 0, 0), "men": (1, 0, 1), "boy": (0.9, 0.1, 0),
    "dog": (0, 1, 0), "dogs": (0, 1, 1), "cat": (0.1, 0.9, 0), "puppy": (0.2, 0.8, 0),
}  # fmt: skip


@pytest.fixture
def space() -> WordSpace:
    vectors = np.array([(9, 9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    return WordSpace(Vocabulary(list(PLACES)), vectors)


def test_neighbours_are_sorted_cosines_without_the_word_itself(space: WordSpace) -> None:
    found = WordGames(space).similar("man", k=10)
    assert found[0].word == "boy"
    assert "man" not in [neighbour.word for neighbour in found]
    assert len(found) == len(PLACES) - 1
    scores = [neighbour.score for neighbour in found]
    assert scores == sorted(scores, reverse=True)
    assert -1.001 <= min(scores) <= max(scores) <= 1.001


def test_scores_are_cosines(space: WordSpace) -> None:
    man, boy = np.array(PLACES["man"]), np.array(PLACES["boy"])
    expected = man @ boy / np.linalg.norm(man) / np.linalg.norm(boy)
    assert WordGames(space).similar("man", k=1)[0].score == pytest.approx(expected, abs=1e-5)


def test_the_score_of_two_views_is_the_mean_of_their_cosines() -> None:
    special = [(1, 0)] * 4
    first = np.array([*special, (1, 0), (0, 2), (3, 3)], dtype=np.float32)  # cosines with “dog”: 0 and 0.71
    second = np.array([*special, (0, 5), (0, 1), (0, -1)], dtype=np.float32)  # 1 and -1
    space = WordSpace(Vocabulary(["dog", "cat", "car"]), first, second)
    found = {neighbour.word: neighbour.score for neighbour in WordGames(space).similar("dog")}
    assert found == pytest.approx({"cat": (0 + 1) / 2, "car": (0.5**0.5 - 1) / 2}, abs=1e-6)


def test_a_word_without_length_is_like_no_other() -> None:
    vectors = np.array([(1, 0)] * 4 + [(1, 0), (0, 0), (2, 0)], dtype=np.float32)
    found = WordGames(WordSpace(Vocabulary(["dog", "nothing", "cat"]), vectors)).similar("dog")
    assert [(neighbour.word, neighbour.score) for neighbour in found] == [("cat", 1.0), ("nothing", 0.0)]


def test_the_views_of_a_network_are_what_it_reads_and_what_it_chooses_by(model: OneNet) -> None:
    read, chosen = model.word_views()
    assert read.shape == (len(read), model.config.representation_size)
    hidden = torch.randn(model.config.hidden_size, generator=torch.Generator().manual_seed(1))
    constant = model.word_embeddings.weight @ model.to_words.bias + model.word_bias
    assert torch.allclose(torch.from_numpy(chosen) @ hidden + constant, model.logits(hidden), atol=1e-3)


def test_a_space_tells_which_words_it_holds(space: WordSpace) -> None:
    assert "dog" in space
    assert "<unk>" not in space
    assert "Dogs " not in space


def test_an_analogy(space: WordSpace) -> None:
    answers = WordGames(space).analogy("man", "men", "dog")
    assert answers[0].word == "dogs"
    assert not {"man", "men", "dog"} & {answer.word for answer in answers}


@pytest.mark.parametrize("written", ["dog", "Dog", " DOG ", "d o g"])
def test_case_and_spaces_are_forgiven(space: WordSpace, written: str) -> None:
    assert space.resolve(written) == "dog"


@pytest.mark.parametrize(("written", "known"), [("cats", "cat"), ("puppies", "puppy"), ("boys", "boy")])
def test_another_number_is_forgiven(space: WordSpace, written: str, known: str) -> None:
    assert space.resolve(written) == known


def test_a_misspelt_word_gets_suggestions(space: WordSpace) -> None:
    with pytest.raises(UnknownWordError, match=r"I never read “pupy”\. Did you mean puppy\?") as caught:
        WordGames(space).similar("pupy")
    assert caught.value.suggestions[0] == "puppy"


@pytest.mark.parametrize("word", ["", "🐕", "собака", "x" * 5000, "<unk>", "<start>"])
def test_a_word_never_read(space: WordSpace, word: str) -> None:
    with pytest.raises(UnknownWordError, match="I never read") as caught:
        WordGames(space).analogy("man", "men", word)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "typed",
    [
        "dog?",
        '"dog"',
        "“dog”",
        "Dog!",
        "d\u200bog",
        "\uff44\uff4f\uff47",
        " dog\u00a0",
        "(dog)",
        "dog’s",
        "do\u2011g",
    ],
)
def test_a_word_is_found_however_it_is_typed(space: WordSpace, typed: str) -> None:
    assert space.resolve(typed) == "dog"
