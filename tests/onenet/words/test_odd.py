import numpy as np
import pytest

from onenet.errors import OneNetError, UnknownWordError
from onenet.network.vocabulary import Vocabulary
from onenet.words.odd import find_odd
from onenet.words.space import WordSpace

PLACES = {"dog": (1, 0), "cat": (0.8, 0.6), "puppy": (1, 0), "lab": (0.6, 0.8), "car": (0, 1)}


@pytest.fixture
def space() -> WordSpace:
    vectors = np.array([(9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    return WordSpace(Vocabulary(list(PLACES)), vectors)


def test_the_word_least_like_the_others_comes_first_with_its_mean_cosine(space: WordSpace) -> None:
    odd = find_odd(space, ["dog", "car", "cat"])
    assert [word.word for word in odd.words] == ["car", "dog", "cat"]
    # dog and cat 0.8, dog and car 0, cat and car 0.6
    assert [word.score for word in odd.words] == pytest.approx([0.3, 0.4, 0.7], abs=1e-6)
    assert not odd.is_close_call


def test_what_the_others_share_is_none_of_the_words_asked(space: WordSpace) -> None:
    odd = find_odd(space, ["car", "dog", "cat"], k=1)
    assert [word.word for word in odd.shared] == ["puppy"]  # (1, 0), nearer to (1.8, 0.6) than lab
    assert odd.shared[0].score == pytest.approx(1.8 / np.hypot(1.8, 0.6), abs=1e-6)


def test_of_words_equally_odd_the_first_is_named_and_called_close(space: WordSpace) -> None:
    odd = find_odd(space, ["puppy", "dog", "lab", "car"])  # puppy and dog are the same vector
    mean = {word.word: word.score for word in odd.words}
    assert mean["puppy"] == pytest.approx(mean["dog"], abs=1e-6)
    odd = find_odd(space, ["dog", "cat", "lab", "car"])  # turned alike: dog is to cat as car is to lab
    assert odd.words[0].word == "dog"
    assert odd.is_close_call


def test_words_are_understood_as_everywhere_and_counted_once(space: WordSpace) -> None:
    odd = find_odd(space, ["Dogs", "dog", " CAT", "cars"])
    assert sorted(word.word for word in odd.words) == ["car", "cat", "dog"]


@pytest.mark.parametrize("words", [[], ["dog"], ["dog", "cat"], ["dog", "Dog", "cat", "cats"]])
def test_fewer_than_three_different_words_are_too_few(space: WordSpace, words: list[str]) -> None:
    with pytest.raises(OneNetError, match="three or more different words"):
        find_odd(space, words)


def test_too_many_words_are_refused_unread(space: WordSpace) -> None:
    with pytest.raises(OneNetError, match="Those are 21 words; give me 20 at most"):
        find_odd(space, ["nothing"] * 21)


def test_a_word_never_read_is_named(space: WordSpace) -> None:
    with pytest.raises(UnknownWordError, match=r"I never read “pupy”\. Did you mean puppy\?"):
        find_odd(space, ["dog", "pupy", "cat"])
