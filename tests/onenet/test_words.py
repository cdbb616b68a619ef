import numpy as np
import pytest

from onenet.errors import UnknownWordError
from onenet.vocabulary import Vocabulary
from onenet.words import WordSpace

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
    found = space.similar_words("man", k=10)
    assert found[0].word == "boy"
    assert "man" not in [neighbour.word for neighbour in found]
    assert len(found) == len(PLACES) - 1
    scores = [neighbour.score for neighbour in found]
    assert scores == sorted(scores, reverse=True)
    assert -1.001 <= min(scores) <= max(scores) <= 1.001


def test_scores_are_cosines(space: WordSpace) -> None:
    man, boy = np.array(PLACES["man"]), np.array(PLACES["boy"])
    expected = man @ boy / np.linalg.norm(man) / np.linalg.norm(boy)
    assert space.similar_words("man", k=1)[0].score == pytest.approx(expected, abs=1e-5)


def test_an_analogy(space: WordSpace) -> None:
    answers = space.solve_analogy("man", "men", "dog")
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
        space.similar_words("pupy")
    assert caught.value.suggestions[0] == "puppy"


@pytest.mark.parametrize("word", ["", "🐕", "собака", "x" * 5000, "<unk>", "<start>"])
def test_a_word_never_read(space: WordSpace, word: str) -> None:
    with pytest.raises(UnknownWordError, match="I never read") as caught:
        space.solve_analogy("man", "men", word)
    assert len(str(caught.value)) < 200
