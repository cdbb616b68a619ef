"""Games with words of several languages, in a space that a reader can work out by hand."""

import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.errors import LanguageError, OneNetError, UnknownWordError
from onenet.network.languages import LANGUAGES
from onenet.network.vocabulary import Vocabulary
from onenet.words.games import WordGames
from onenet.words.space import WordSpace

# Two numbers a word: how much of an animal, how much of a thing. A German Gift is poison, a thing; an English
# gift is a thing too, but the German "rock" is worn and the English one is stone.
PLACES = {
    "en": {"dog": (1, 0), "puppy": (0.98, 0.2), "gift": (0.1, 1), "poison": (-0.8, 0.6), "ball": (0.3, 0.95)},
    "de": {"hund": (1, 0.02), "katze": (0.9, 0.4), "gift": (-0.8, 0.61), "ball": (0.31, 0.95)},
    "zh": {"狗": (1, 0.03), "球": (0.32, 0.95)},
}
WORDS = {language: list(places) for language, places in PLACES.items()}
VOCABULARY = Vocabulary(WORDS, {"de": {"hund": "Hund", "katze": "Katze", "gift": "Gift", "ball": "Ball"}})
VECTORS = np.zeros((len(VOCABULARY), 2), np.float32)
for _language, _places in PLACES.items():
    VECTORS[list(VOCABULARY.block(_language))] = list(_places.values())


@pytest.fixture
def made() -> list[tuple[str, ...]]:
    """The spaces that were made."""
    return []


@pytest.fixture
def games(made: list[tuple[str, ...]]) -> WordGames:
    def make(languages: Sequence[str]) -> WordSpace:
        made.append(tuple(languages))
        return WordSpace(VOCABULARY, VECTORS, languages=languages)

    def shared(languages: Sequence[str]) -> WordSpace:
        for language in languages:
            VOCABULARY.block(language)
        return make(languages)

    return WordGames({code: lambda code=code: make((code,)) for code in WORDS}, shared)  # type: ignore[misc]


def _words(found: Sequence[object]) -> list[str]:
    return [each.word for each in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "preferred", "languages"),
    [
        (["dog", "ball"], "en", ("en",)),
        (["Hund", "Ball"], "en", ("de",)),  # the one that knows both
        (["ball"], "en", ("en",)),
        (["ball"], "de", ("de",)),  # the reader's comes first
        (["ball"], "zh", ("en",)),
        (["ball"], "xx", ("en",)),
        (["狗"], "en", ("zh",)),
        (["dog", "hund"], "en", ("en", "de")),
        (["hund", "dog"], "en", ("de", "en")),
        (["hund", "狗", "puppy", "katze"], "en", ("de", "zh", "en")),
        (["hund", "狗", "ball"], "en", ("de", "zh")),  # a word is one of those languages if it can be
    ],
)
def test_the_language_of_words(
    games: WordGames, words: list[str], preferred: str, languages: tuple[str, ...]
) -> None:
    assert games.language_of(words, preferred) == languages


def test_the_nearest_words_of_a_language(games: WordGames) -> None:
    assert _words(games.similar("hund", k=2)) == ["Katze", "Ball"]
    assert _words(games.similar("HUND", k=1)) == ["Katze"]
    assert _words(games.similar("hund", to="de", k=1)) == ["Katze"]  # its own: without itself
    assert _words(games.similar("ball", preferred="de", k=1)) == ["Katze"]


def test_the_nearest_words_of_another_language(games: WordGames) -> None:
    found = games.similar("hund", to="en", k=2)
    assert _words(found) == ["dog", "puppy"]
    cosine = (1 + 0.02 * 0) / np.hypot(1, 0.02)
    assert found[0].score == pytest.approx(cosine, abs=1e-6)
    assert _words(games.similar("dog", to="zh", k=5)) == ["狗", "球"]
    assert _words(games.similar("狗", to="de", k=1)) == ["Hund"]


def test_words_spelt_alike_are_not_the_same_word(games: WordGames) -> None:
    """Each has its own place: the German poison is no present, and a ball is a ball."""
    found = games.similar("gift", to="en", preferred="de", k=2)
    assert found[0].word == "poison"
    assert _words(games.similar("gift", to="de", preferred="en", k=1)) == ["Ball"]
    assert _words(games.similar("ball", to="de", preferred="en", k=1)) == ["Ball"]


def test_a_word_is_looked_up_without_any_vectors() -> None:
    """Which language knows a word, how it is written, what is spelt like it: all this needs no network."""

    def nothing(token_ids: Sequence[int]) -> NDArray[np.float32]:
        raise AssertionError("it was asked for vectors")

    space = WordSpace(VOCABULARY, nothing, languages=("de",))
    assert space.resolve("HUND") == "hund"
    assert space.knows("Katze")
    assert space.spell("katze") == "Katze"
    with pytest.raises(UnknownWordError, match="Did you mean Katze"):
        space.resolve("kaze")


def test_only_the_words_that_are_needed_are_read() -> None:
    """One of the language of the question, all of that of the answer."""
    read: list[int] = []

    def places(token_ids: Sequence[int]) -> NDArray[np.float32]:
        read.extend(token_ids)
        return VECTORS[list(token_ids)]

    def shared(languages: Sequence[str]) -> WordSpace:
        return WordSpace(VOCABULARY, places, languages=languages)

    spaces = {code: lambda code=code: WordSpace(VOCABULARY, VECTORS, languages=(code,)) for code in WORDS}
    games = WordGames(spaces, shared)  # type: ignore[arg-type]
    assert _words(games.similar("hund", to="en", k=1)) == ["dog"]
    hund = VOCABULARY.id_of("hund", "de")
    assert read == [hund, *VOCABULARY.block("en")]
    assert _words(games.similar("hund", to="en", k=1)) == ["dog"]
    assert read == [hund, *VOCABULARY.block("en"), hund]


def test_chinese_words_are_found_without_splitting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dictionary for that takes a second to load, and much memory."""
    monkeypatch.setitem(sys.modules, "jieba", None)
    monkeypatch.setattr("onenet.network.languages._segmenter", lambda: pytest.fail("it was asked for"))
    for languages in (("zh",), ("zh", "en"), ("en", "zh")):
        space = WordSpace(VOCABULARY, VECTORS, languages=languages)
        assert space.resolve(" 狗 ") == "狗"
    assert not WordSpace(VOCABULARY, VECTORS, languages=("de",)).knows("狗")
    assert not WordSpace(VOCABULARY, VECTORS).knows("猫")


def test_an_unknown_language(games: WordGames) -> None:
    with pytest.raises(LanguageError, match=r"knows English \(en\), German \(de\), Chinese \(zh\), not “fr”"):
        games.similar("dog", to="fr")


def test_spaces_are_made_once(games: WordGames, made: list[tuple[str, ...]]) -> None:
    for _ in range(2):
        games.similar("hund")
        games.similar("hund", to="en")
        games.odd(["hund", "dog", "球"])
        games.odd(["球", "狗", "dog"])
    assert len(made) == len(set(made)) + 2  # of one language: as it is, and as others share it


def test_an_analogy_of_words_of_several_languages(games: WordGames) -> None:
    """Dog is to puppy as Hund is to what lies a little to the side of it: the cat, among all that is left."""
    found = games.analogy("dog", "puppy", "hund", k=3)
    assert found[0].word == "Katze"
    assert not {"dog", "puppy", "Hund"} & set(_words(found))
    assert _words(games.analogy("hund", "katze", "ball", k=1)) == ["Gift"]


def test_odd_and_walk_of_words_of_several_languages(games: WordGames) -> None:
    odd = games.odd(["狗", "hund", "ball"])
    assert odd.words[0].word == "Ball"
    assert {each.word for each in odd.words} == {"狗", "Hund", "Ball"}
    stops = games.walk("狗", "ball")
    assert stops[0].word == "狗"
    assert stops[-1].word == "ball"
    assert _words(games.walk("hund", "ball"))[0] == "Hund"


def test_a_word_that_no_language_knows(games: WordGames) -> None:
    with pytest.raises(UnknownWordError) as caught:
        games.similar("hundd")
    assert caught.value.suggestions == ("Hund",)
    with pytest.raises(UnknownWordError) as caught:
        games.odd(["dog", "bal", "hund"])
    assert caught.value.word == "bal"
    assert set(caught.value.suggestions) == {"ball", "Ball"}
    with pytest.raises(UnknownWordError) as caught:
        games.similar("bal", preferred="de")
    assert caught.value.suggestions[0] == "Ball"  # the reader's language first


@pytest.mark.parametrize("word", ["🐶", "!", "", " ", "''", "-", "…", "\u064e", "\u200b", "_"])
def test_what_has_no_letters_is_no_word_of_any_language(word: str) -> None:
    vocabulary = Vocabulary({code: ["dog", "s", "es", "y"] for code in LANGUAGES})
    space = WordSpace(vocabulary, np.ones((len(vocabulary), 2), np.float32), languages=tuple(LANGUAGES))
    assert not space.knows(word)
    with pytest.raises(UnknownWordError, match=r"^I never read “"):
        WordGames(space).similar(word)


def test_a_space_tells_how_words_are_written() -> None:
    space = WordSpace(VOCABULARY, VECTORS, languages=("de", "en"))
    assert space.words == ("hund", "katze", "gift", "ball", "dog", "puppy", "poison")
    assert [space.spell(word) for word in ("hund", "dog")] == ["Hund", "dog"]
    assert space.resolve("Dogs") == "dog"  # English plurals, also where English is not first
    assert space.resolve(" HUND ") == "hund"
    assert not space.knows("hunds") or space.resolve("hunds") == "hund"
    assert "gift" in space
    assert np.allclose(space.vector_of("gift"), VECTORS[VOCABULARY.id_of("gift", "de")] / np.hypot(0.8, 0.61))


def test_examples_are_in_the_language_of_the_words(games: WordGames) -> None:
    with pytest.raises(OneNetError, match=r"for example: Hund Welpe Katze Auto\.$"):
        games.odd(["hund", "katze"])
    with pytest.raises(OneNetError, match=r"for example: dog beach\.$"):
        games.walk("dog", "dog")
    with pytest.raises(UnknownWordError, match=r"^I never read “🐕”\. Try a simpler word\.$"):
        games.similar("🐕")
