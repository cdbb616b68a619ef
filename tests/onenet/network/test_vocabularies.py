"""A vocabulary of several languages: its ids, whose words they are, and how they are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onenet.errors import LanguageError
from onenet.network.special_words import END_ID, START_ID, UNK_ID
from onenet.network.vocabulary import Vocabulary, count_words

WORDS = {
    "en": ["a", "dog", "runs", "ball", "see"],  # ids 4 to 8
    "de": ["ein", "hund", "läuft", "ball", "see", "t-shirt"],  # 10 to 15, after their start word
    "fr": ["l'", "homme", "un", "chien"],  # 17 to 20
    "zh": ["一只", "狗", "雪地"],  # 22 to 24
    "ar": ["كلب", "احمر"],  # 26 and 27
}
SPELLINGS = {"de": {"hund": "Hund", "ball": "Ball", "see": "See"}, "ar": {"احمر": "أحمر"}}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(WORDS, SPELLINGS)


def test_a_language_is_a_block_with_its_start_word_before_it(vocabulary: Vocabulary) -> None:
    blocks = {language: vocabulary.block(language) for language in vocabulary.languages}
    assert blocks == {
        "en": range(4, 9), "de": range(10, 16), "fr": range(17, 21), "zh": range(22, 25), "ar": range(26, 28)
    }  # fmt: skip
    starts = [vocabulary.start_id(language) for language in vocabulary.languages]
    assert starts == [START_ID, 9, 16, 21, 25]
    assert [vocabulary.words[start] for start in starts[1:]] == [f"<start:{code}>" for code in [*WORDS][1:]]
    assert len(vocabulary) == 28
    for language, words in WORDS.items():
        assert vocabulary.words_of(language) == tuple(words)
        assert {vocabulary.language_of(token) for token in vocabulary.block(language)} == {language}
    assert {vocabulary.language_of(token) for token in (0, 1, 2, 3, 9)} == {"en"}


def test_words_spelt_alike_are_each_languages_own(vocabulary: Vocabulary) -> None:
    assert (vocabulary.id_of("ball"), vocabulary.id_of("ball", "de")) == (7, 13)
    assert vocabulary.encode("ball") == [START_ID, 7, END_ID]
    assert vocabulary.encode("Ball", "de") == [9, 13, END_ID]
    assert (vocabulary.spell(7), vocabulary.spell(13)) == ("ball", "Ball")
    assert "see" in vocabulary
    assert "hund" not in vocabulary  # it is no English word


@pytest.mark.parametrize(
    ("language", "sentence", "written"),
    [
        ("en", "A DOG runs", "a dog runs"),
        ("de", "ein HUND läuft", "ein Hund läuft"),
        ("fr", "L’homme, un chien", "l'homme un chien"),
        ("zh", "一只狗 雪地。", "一只狗雪地"),
        ("ar", "كَلْبٌ احمر", "كلب أحمر"),
        ("de", "", ""),
        ("zh", "🐕", ""),
    ],
)
def test_what_was_read_is_written_as_its_people_write(
    vocabulary: Vocabulary, language: str, sentence: str, written: str
) -> None:
    token_ids = vocabulary.encode(sentence, language)
    assert token_ids[0] == vocabulary.start_id(language)
    assert token_ids[-1] == END_ID
    assert vocabulary.decode(token_ids) == written
    assert vocabulary.encode(written, language) == token_ids


@settings(deadline=None)  # dictionaries are read when first needed
@given(
    st.sampled_from(sorted(WORDS)).flatmap(
        lambda language: st.tuples(st.just(language), st.lists(st.sampled_from(WORDS[language]), max_size=8))
    )
)
def test_known_sentences_come_back(drawn: tuple[str, list[str]]) -> None:
    language, words = drawn
    vocabulary = Vocabulary(WORDS, SPELLINGS)
    token_ids = vocabulary.encode(" ".join(words), language)
    assert token_ids[1:-1] == [vocabulary.id_of(word, language) for word in words]
    assert vocabulary.encode_known(" ".join(words), language) == token_ids
    if language != "zh":  # there words without spaces may make up others
        assert vocabulary.encode(vocabulary.decode(token_ids), language) == token_ids
    assert vocabulary.decode([*token_ids, *token_ids]) == vocabulary.decode(token_ids)  # up to the end


def test_special_words_are_not_written(vocabulary: Vocabulary) -> None:
    assert vocabulary.decode([9, 10, UNK_ID, 0, 11, 16, END_ID, 12]) == "ein Hund"


@pytest.mark.parametrize(
    ("text", "preferred", "language"),
    [
        ("a dog runs", ("en",), "en"),
        ("ein hund läuft", ("en",), "de"),
        ("un chien", ("en",), "fr"),
        ("一只狗", ("de",), "zh"),
        ("كلب", ("en",), "ar"),
        ("собака", ("en",), "en"),  # letters of a language that the network does not know
        ("собака", ("de", "en"), "de"),
        ("ball", ("en",), "en"),
        ("ball", ("de",), "de"),  # of equals the reader's
        ("ball", ("xx", "de"), "de"),
        ("dog hund läuft", ("en",), "de"),  # of most words
        ("", ("fr",), "fr"),
        ("zebra", (), "en"),
        ("我有iphone和ipad的狗", ("en",), "zh"),  # by the words, since most letters are others
    ],
)
def test_the_language_is_found_by_itself(
    vocabulary: Vocabulary, text: str, preferred: tuple[str, ...], language: str
) -> None:
    assert vocabulary.guess_language(text, preferred) == language
    assert vocabulary.read(text, preferred=preferred).language == language


@pytest.mark.parametrize(
    ("text", "language", "word_ids", "unknown"),
    [
        ("ein hund läuft", "de", (10, 11, 12), ()),
        ("a hund runs", "en", (4, 11, 6), ()),  # a word of another language
        ("a dog and 一只狗 and كَلْب", "en", (4, 5, 22, 23, 26), ("and",)),
        ("ein ball", "de", (10, 13), ()),  # of those spelt alike the text's own
        ("t-shirt-hund", "de", (11,), ("t", "shirt")),
        ("zebra ZEBRA dog", "en", (5,), ("zebra",)),
        ("", "en", (), ()),
        ("مدرسة dog", "en", (5,), ("مدرسه",)),  # Arabic by its letters, but its only word is English
        ("مدرسة", "ar", (), ("مدرسه",)),
    ],
)
def test_a_text_is_read_with_words_of_all_languages(
    vocabulary: Vocabulary, text: str, language: str, word_ids: tuple[int, ...], unknown: tuple[str, ...]
) -> None:
    read = vocabulary.read(text)
    assert (read.text, read.language, read.word_ids, read.unknown) == (text, language, word_ids, unknown)


def test_a_text_is_read_in_the_language_that_is_named(vocabulary: Vocabulary) -> None:
    assert vocabulary.read("see ball", "de").word_ids == (14, 13)
    assert vocabulary.read("see ball", "en").word_ids == (8, 7)


@pytest.mark.parametrize("language", ["cs", "xx", ""])
def test_a_language_that_the_network_does_not_know(vocabulary: Vocabulary, language: str) -> None:
    for ask in (vocabulary.block, vocabulary.start_id, vocabulary.words_of):
        with pytest.raises(LanguageError) as caught:
            ask(language)
        known = "English (en), German (de), French (fr), Chinese (zh), Arabic (ar)"
        assert str(caught.value) == f"The network knows {known}, not “{language}”."
        assert caught.value.languages == ("en", "de", "fr", "zh", "ar")
    with pytest.raises(LanguageError):
        vocabulary.id_of("dog", language)
    for read in (vocabulary.encode, vocabulary.encode_known, vocabulary.sort):
        with pytest.raises(LanguageError):
            read("a dog", language)
    if language:  # without one it is guessed
        with pytest.raises(LanguageError):
            vocabulary.read("a dog", language)


def test_english_comes_first() -> None:
    with pytest.raises(ValueError, match="English"):
        Vocabulary({"de": ["hund"], "en": ["dog"]})
    with pytest.raises(ValueError, match="English"):
        Vocabulary({})
    with pytest.raises(ValueError, match="once"):
        Vocabulary({"en": ["dog"], "de": ["hund", "hund"]})


def test_words_are_collected_by_language() -> None:
    vocabulary = Vocabulary.build(
        {
            "en": ["a dog", "a cat", "a dog"],
            "de": ["Ein Hund läuft", "der Hund und ein Ball", "Ball und Hund und ein Hut"],
            "zh": ["一只狗", "两只狗"],
            "ar": ["رجل أحمر", "رجل احمر", "أحمر"],
        },
        min_count=2,
        known=["zebra", "dog"],
    )
    assert vocabulary.words_of("en") == ("a", "dog", "zebra")  # known words are kept however rare
    assert vocabulary.words_of("de") == ("ein", "hund", "und", "ball")  # of equals by the alphabet
    assert vocabulary.words_of("zh") == ("狗",)
    assert vocabulary.words_of("ar") == ("احمر", "رجل")
    assert vocabulary.decode(vocabulary.encode("ein hund und ein ball", "de")) == "ein Hund und ein Ball"
    assert vocabulary.spellings["ar"] == {"احمر": "أحمر"}
    assert "hut" not in vocabulary.spellings["de"]  # of the words that are kept alone


def test_how_a_word_begins_a_sentence_says_nothing_of_it() -> None:
    counts, spelt = count_words(["Der Hund", "Der Hund und der Mann", "Hund"], "de")
    assert counts == {"der": 3, "hund": 3, "und": 1, "mann": 1}
    assert spelt == {"hund": "Hund", "mann": "Mann"}
    assert count_words(["Der Hund", "Hund"], "de")[1] == {"hund": "Hund"}
    assert count_words(["A Dog"], "en")[1] == count_words(["狗OK"], "zh")[1] == {}


def test_of_two_ways_to_write_a_word_the_more_frequent_is_kept() -> None:
    sentences = ["das Laufen", "das laufen", "beim laufen"]
    assert count_words(sentences, "de")[1] == {}
    assert count_words([*sentences, "zum Laufen", "vom Laufen"], "de")[1] == {"laufen": "Laufen"}
