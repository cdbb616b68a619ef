import pytest

from onenet.conversation import Part, understand
from onenet.conversation.turn_words import TURN_WORDS
from onenet.network.languages import LANGUAGES


def shown(parts: list[Part]) -> list[tuple[str, str | int]]:
    return [(part.kind, part.words or part.number) for part in parts]


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("in the snow", [("add", "in the snow")]),
        ("no, a brown one", [("replace", "a brown one")]),
        ("No a brown one!", [("replace", "a brown one")]),
        ("a cat instead", [("replace", "a cat")]),
        ("without people", [("take", "people")]),
        ("no people", [("take", "people")]),
        ("no dogs, no people", [("take", "dogs"), ("take", "people")]),
        ("not in the snow", [("take", "in the snow")]),
        ("a brown dog, not black", [("add", "a brown dog"), ("take", "black")]),
        ("in the snow and without people", [("add", "in the snow"), ("take", "people")]),
        ("no, not a dog", [("take", "a dog")]),
        ("more snow", [("more", "snow")]),
        ("less snow", [("less", "snow")]),
        ("two more dogs", [("add", "two more dogs")]),
        ("a snowman", [("add", "a snowman")]),
        ("like a dog", [("add", "like a dog")]),
        ("more like the second", [("like", 2)]),
        ("more like the second one, without people", [("like", 2), ("take", "people")]),
        ("like number 3 but in the snow", [("like", 3), ("add", "in the snow")]),
        ("like #2", [("like", 2)]),
        ("like the 12th", [("add", "like the 12th")]),
        ("Back.", [("back", 0)]),
        ("go back", [("back", 0)]),
        ("on his back", [("add", "on his back")]),
        ("", []),
        ("no!", []),
        ("without", []),
        ("…", []),
    ],
)
def test_english(said: str, parts: list[tuple[str, str | int]]) -> None:
    assert shown(understand(said)) == parts


# For each language: without people; no, a brown one; more snow; less snow; like the second; back.
SAID = {
    "en": ("without people", "no, a brown one", "more snow", "less snow", "more like the second", "back"),
    "de": ("ohne Menschen", "nein, ein brauner", "mehr Schnee", "weniger Schnee", "wie das zweite", "zurück"),
    "fr": ("sans gens", "non, un brun", "plus de neige", "moins de neige", "comme la deuxième", "retour"),
    "es": ("sin gente", "no, uno marrón", "más nieve", "menos nieve", "más como la segunda", "atrás"),
    "pt": ("sem pessoas", "não, um marrom", "mais neve", "menos neve", "mais como a segunda", "voltar"),
    "cs": ("bez lidí", "ne, hnědý", "více sněhu", "méně sněhu", "jako ta druhá", "zpět"),
    "uk": ("без людей", "ні, коричневий", "більше снігу", "менше снігу", "як друга", "назад"),
    "ar": ("بدون ناس", "لا، بني", "ثلج أكثر", "ثلج أقل", "مثل الثانية", "رجوع"),
    "zh": ("没有人", "不，棕色的", "多一点雪", "少一点雪", "更像第二张", "返回"),  # noqa: RUF001
}


def test_every_language_of_the_network_is_understood() -> None:
    assert {*TURN_WORDS} == {*SAID} == {*LANGUAGES}


@pytest.mark.parametrize("language", SAID)
def test_other_languages(language: str) -> None:
    found = [understand(said, [language]) for said in SAID[language]]
    assert [[part.kind for part in parts] for parts in found] == [
        *(["take"], ["replace"], ["more"], ["less"], ["like"], ["back"])
    ]
    assert found[4][0].number == 2
    for parts, said in zip(found[:4], SAID[language], strict=False):
        assert parts[0].words != said, "the words themselves are left, without what they were marked by"
        assert parts[0].words in said.replace("，", ",")  # noqa: RUF001


@pytest.mark.parametrize("language", SAID)
def test_every_photo_has_its_number(language: str) -> None:
    words = TURN_WORDS[language]
    assert len(words.first) == 10
    for number, forms in enumerate(words.first, 1):
        for form in forms:
            assert understand(f"{words.like[0]} {form}", [language]) == [Part("like", number=number)]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("mais parecido com a segunda", "pt"),
        ("mais parecida com o segundo", "pt"),
        ("más parecido a la segunda", "es"),
        ("plus semblable à la deuxième", "fr"),
    ],
)
def test_more_like_is_said_with_more_words_too(said: str, language: str) -> None:
    assert understand(said, [language]) == [Part("like", number=2)]


def test_the_words_of_whoever_asks_are_understood_beside_those_of_the_text() -> None:
    assert understand("zurück", ["en", "de"]) == [Part("back")]
    assert understand("no parque", ["pt", "en"]) == [Part("add", "no parque")], "“in the park”, in Portuguese"
    assert understand("in the snow", ["xx"]) == [Part("add", "in the snow")]
