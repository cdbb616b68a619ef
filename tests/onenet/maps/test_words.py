import numpy as np
import pytest

from onenet.errors import UnknownWordError
from onenet.maps.drawing import GROUND, as_png
from onenet.maps.stop_words import stop_words
from onenet.maps.word_picture import HEIGHT_PX, WIDTH_PX, draw_word_map
from onenet.maps.words import WordMap, map_frequent_words, map_words_around
from onenet.network.languages import LANGUAGES
from onenet.network.vocabulary import Vocabulary, tokenize
from onenet.words.games import WordGames
from onenet.words.space import WordSpace

WORDS = ["a", "dog", "the", "man", "with", "snow", "puppy", "woman", "beach", "in", "cat", "boy", "sand", "7"]


@pytest.fixture
def space() -> WordSpace:
    vectors = np.random.default_rng(2).normal(size=(4 + len(WORDS), 8)).astype(np.float32)
    return WordSpace(Vocabulary(WORDS), vectors)


def words_of(word_map: WordMap) -> list[str]:
    return [word.word for word in word_map.words]


def test_the_most_frequent_words_are_mapped_without_those_that_say_little(space: WordSpace) -> None:
    word_map = map_frequent_words(space, count=6)
    assert words_of(word_map) == ["dog", "man", "snow", "puppy", "woman", "beach"]
    assert word_map.words[0].weight == 1
    weights = [word.weight for word in word_map.words]
    assert weights == sorted(weights, reverse=True)
    assert map_frequent_words(space, count=6) == word_map


def test_a_word_is_mapped_with_its_neighbours(space: WordSpace) -> None:
    word_map = map_words_around(space, "Dogs", count=5)
    near = [each.word for each in WordGames(space).similar("dog", k=20) if each.word in WORDS[1::2] + WORDS]
    assert word_map.around == "dog"
    assert words_of(word_map)[0] == "dog"
    expected = [word for word in near if word not in ("a", "the", "with", "in", "7")][:5]
    assert words_of(word_map)[1:] == expected
    with pytest.raises(UnknownWordError):
        map_words_around(space, "zeppelin")


@pytest.fixture
def of_languages() -> Vocabulary:
    words = {
        "en": ["a", "dog"],
        "de": ["ein", "auf", "hund", "strand", "schnee", "ball", "katze", "mann"],
        "zh": ["的", "在", "狗", "雪地", "人", "奔跑", "一只", "球"],
        "ar": ["في", "علي", "كلب", "امراه", "ثلج", "كره", "رجل", "بحر"],
        "uk": ["на", "із", "собака", "сніг", "м'яч", "кішка", "жінка", "пляж"],
    }
    spellings = {"de": {each: each.title() for each in words["de"][2:]}, "ar": {"امراه": "امرأة"}}
    return Vocabulary(words, spellings)


def space_of(vocabulary: Vocabulary, language: str) -> WordSpace:
    vectors = np.random.default_rng(2).normal(size=(len(vocabulary), 8)).astype(np.float32)
    return WordSpace(vocabulary, vectors, languages=(language,))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["Hund", "Strand", "Schnee", "Ball", "Katze", "Mann"]),
        ("zh", ["狗", "雪地", "人", "奔跑", "球"]),
        ("ar", ["كلب", "امرأة", "ثلج", "كره", "رجل", "بحر"]),
        ("uk", ["собака", "сніг", "м'яч", "кішка", "жінка", "пляж"]),
    ],
)
def test_each_language_is_mapped_as_people_write_it_without_its_stop_words(
    of_languages: Vocabulary, language: str, expected: list[str]
) -> None:
    space = space_of(of_languages, language)
    word_map = map_frequent_words(space, count=6)
    assert words_of(word_map) == expected
    assert word_map.language == language
    around = map_words_around(space, expected[1], count=4)
    assert around.around == expected[1] == words_of(around)[0]
    assert set(words_of(around)) <= set(expected)
    assert len(words_of(around)) == 5
    weights = [word.weight for word in around.words]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_stop_words(language: str) -> None:
    listed = stop_words(language)
    assert len(listed) > 100
    if language != "zh":
        assert {part for word in listed for part in tokenize(word, language)} == listed


def test_a_picture_has_the_letters_on_its_ground(space: WordSpace) -> None:
    picture = draw_word_map(map_words_around(space, "dog", count=5))
    assert picture.size == (WIDTH_PX, HEIGHT_PX)
    edge = {picture.getpixel((x, y)) for x in (0, WIDTH_PX - 1) for y in range(0, HEIGHT_PX, 9)}
    assert edge == {GROUND}
    colours = picture.getcolors(100_000)
    assert colours is not None
    assert len(colours) > 10
    assert len(as_png(picture)) < 300_000
