"""How /translate and /similar are told a language, and what is no language though it reads like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.features.similar.texts import word_and_language
from bot.features.translate.request import Request, understand
from bot.language import speaking, translations_for
from onenet.captions.translation import begins
from onenet.network.vocabulary import Vocabulary

KNOWN = ("en", "zh", "de", "pt", "ar", "fr", "cs", "es", "uk")
# As their captions have them: articles and prepositions first, names far behind.
FILLER = [f"x{number}" for number in range(500)]
VOCABULARY = Vocabulary(
    {
        "en": ["a", "the", "in", "two", "dog", "runs", *FILLER, "german", "shepherd", "french", "uk", "cs"],
        "zh": ["一只", "狗", "在", "跑"],
        "de": ["ein", "hund", "ist", "die", "es", *FILLER, "de", "en"],
        "pt": ["de", "um", "em", "na", "cachorro", "ar", "livre"],
        "fr": ["un", "de", "en", "le", "parc", "chien"],
        "cs": ["pes", "a", "běží"],
        "es": ["un", "de", "en", "el", "parque", "perro", "es", "a", "hombre"],
        "uk": ["собака", "біжить"],
    }
)


def understood(text: str) -> Request:
    return understand(text.split(), KNOWN, lambda word, rest: begins(word, rest, VOCABULARY))


@pytest.mark.parametrize(
    "text",
    [
        "es un perro",
        "es ist ein Hund",
        "Es ist ein Hund",
        "en el parque",
        "en un parc",
        "de un perro",
        "de um cachorro",
        "German shepherd runs",
        "French shepherd",
        "a",
        "a dog runs",
        "a dog runs to it",
        "to the dog",
        "into the parc",
        "uken a dog",
        "12:30",
        "",
    ],
)
def test_what_belongs_to_the_text_names_no_language(text: str) -> None:
    assert understood(text) == Request(text)


@pytest.mark.parametrize("code", KNOWN)
def test_a_code_before_a_text_of_another_language_names_one(code: str) -> None:
    for written in (code, code.upper()):
        assert understood(f"{written} a dog runs") == Request("a dog runs", code)
        assert understood(f"{written} 一只狗") == Request("一只狗", code)
        assert understood(written) == Request("", code)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("de hond", Request("hond", "de")),  # of words that nobody knows nothing can be told
        ("de ein Hund", Request("ein Hund", "de")),
        ("es собака біжить", Request("собака біжить", "es")),
        ("German a dog", Request("a dog", "de")),
        ("Chinese a dog", Request("a dog", "zh")),
        ("中文 a dog", Request("a dog", "zh")),
        ("français a dog", Request("a dog", "fr")),
    ],
)
def test_a_language_may_stand_before_a_text(text: str, request_: Request) -> None:
    assert understood(text) == request_


@pytest.mark.parametrize(
    "asked",
    [
        "es: {}",
        "ES:{}",
        "Spanish: {}",
        "español : {}",
        "to es {}",
        "to es: {}",
        "into Spanish {}",
        "--to es {}",
        "--to=es {}",
        "—to es {}",
        "{} --to es",
        "{} to es",
        "{} into Spanish",
    ],
)
@pytest.mark.parametrize("text", ["un perro", "es un perro", "en el parque", "a dog", "de hond"])
def test_what_is_said_plainly_counts(asked: str, text: str) -> None:
    assert understood(asked.format(text)) == Request(text, "es")


def test_chinese_has_its_own_colon() -> None:
    asked = "西班牙语：一只狗"  # noqa: RUF001
    assert understood(asked) == Request(asked)
    with speaking(translations_for("zh")):
        assert understood(asked) == Request("一只狗", "es")
    assert understood(asked.replace("西班牙语", "es")) == Request("一只狗", "es")


def test_a_language_that_is_not_there_is_told_of() -> None:
    assert understood("Italian: a dog") == Request("a dog", "it")
    assert understood("a dog to Italian") == Request("a dog", "it")
    assert understood("--to it a dog") == Request("a dog", "it")
    assert understood("--to xx a dog") == Request("a dog", "xx")
    assert understood("it runs") == Request("it runs")


WORDS = (*KNOWN, "to", "--to", "—to=", "xx", ":", "es:", "a", "dog", "German", "🐕")


@given(st.lists(st.sampled_from(WORDS), max_size=5))
def test_nothing_is_lost_and_nothing_is_made_up(words: list[str]) -> None:
    found = understood(" ".join(words))
    assert found.to or found.text == " ".join(words)
    assert found.text in " ".join(words) or "to" in " ".join(words)  # what stands in the middle is taken out


def test_similar_words_of_a_language() -> None:
    assert word_and_language(["dog"]) == ("dog", "")
    assert word_and_language(["dog", "to", "German"]) == ("dog", "German")
    assert word_and_language(["--to", "de", "dog"]) == ("dog", "de")
    assert word_and_language(["to", "dog"]) == ("to dog", "")
    assert word_and_language([]) == ("", "")
