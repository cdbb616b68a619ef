"""The words of a network from its file alone, which are those that the whole network knows."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from onenet.engine import Engine
from onenet.errors import CheckpointError, LanguageError, UnknownWordError
from onenet.network.checkpoint import save_checkpoint
from onenet.network.vocabulary import Vocabulary
from onenet.words import Neighbour, WordGames, load_words
from tests.onenet.networks import CHINESE, GERMAN, SPELLINGS, WORDS, small_network


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a network of three languages."""
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    vocabulary = Vocabulary({"en": WORDS, "de": GERMAN, "zh": CHINESE}, SPELLINGS)
    save_checkpoint(path, small_network(vocabulary), vocabulary, {})
    return path


@pytest.fixture(scope="module")
def whole(path: Path) -> WordGames:
    """The words of the whole network."""
    return Engine.load(path).words


def assert_alike(some: Sequence[Neighbour], others: Sequence[Neighbour]) -> None:
    assert [each.word for each in some] == [each.word for each in others]
    assert [each.score for each in some] == pytest.approx([each.score for each in others], abs=1e-6)


def assert_games_alike(some: WordGames, others: WordGames, words: Sequence[str]) -> None:
    """Every game with words of one language."""
    first, second, third, *_ = words
    for word in words:
        assert_alike(some.similar(word), others.similar(word))
    assert_alike(some.analogy(first, second, third), others.analogy(first, second, third))
    odd, other_odd = some.odd(words), others.odd(words)
    assert_alike(odd.words, other_odd.words)
    assert_alike(odd.shared, other_odd.shared)
    walked, other_walked = some.walk(first, second), others.walk(first, second)
    assert_alike(walked, other_walked)
    assert [stop.around for stop in walked] == [stop.around for stop in other_walked]


@pytest.mark.parametrize(
    "words",
    [["dog", "snow", "ball", "boys"], ["Hund", "Schnee", "läuft"], ["狗", "雪", "跑"], ["dog", "hund", "狗"]],
)
def test_games_are_those_of_the_whole_network(path: Path, whole: WordGames, words: list[str]) -> None:
    assert_games_alike(load_words(path), whole, words)


@pytest.mark.parametrize("to", ["en", "de", "zh"])
def test_words_of_other_languages_are_those_of_the_whole_network(
    path: Path, whole: WordGames, to: str
) -> None:
    some = load_words(path)
    assert some.languages == whole.languages == ("en", "de", "zh")
    for word in ("dog", "Hund", "ball", "狗"):
        assert_alike(some.similar(word, to=to), whole.similar(word, to=to))


@pytest.mark.shipped
def test_the_shipped_networks_words_are_those_of_the_whole_network() -> None:
    some, others = load_words(), Engine.load(threads=1).words
    assert_games_alike(some, others, ["dog", "beach", "water", "truck"])
    for language in some.languages[1:]:
        assert_alike(some.similar("dog", to=language), others.similar("dog", to=language))


def test_what_cannot_be_answered(path: Path, tmp_path: Path) -> None:
    games = load_words(path, threads=1)
    with pytest.raises(UnknownWordError, match="Did you mean snow"):
        games.similar("snwo")
    with pytest.raises(LanguageError, match="not “fr”"):
        games.similar("dog", to="fr")
    with pytest.raises(CheckpointError, match="There is no trained network"):
        load_words(tmp_path / "none.safetensors")
