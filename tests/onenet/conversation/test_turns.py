import re

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
        ("like 2", [("like", 2)]),
        ("like the two", [("like", 2)]),
        ("like the two, but in the snow", [("like", 2), ("add", "in the snow")]),
        ("like two and in the snow", [("like", 2), ("add", "in the snow")]),
        ("like 2 without people", [("like", 2), ("take", "people")]),
        ("like 2 less snow", [("like", 2), ("less", "snow")]),
        ("like photo 2 with people", [("like", 2)]),
        ("like photo two with people", [("like", 2)]),
        ("like the two photo", [("like", 2)]),
        ("more like two dogs on a beach", [("more", "like two dogs on a beach")]),
        ("like two dogs and a cat", [("add", "like two dogs and a cat")]),
        ("like two more dogs", [("add", "like two more dogs")]),
        ("like 2 dogs", [("add", "like 2 dogs")]),
        ("like 2-3 dogs", [("add", "like 2-3 dogs")]),
        ("like a B2", [("add", "like a B2")]),
        ("like one man", [("add", "like one man")]),
        ("like the one with a hat", [("add", "like the one with a hat")]),
        ("like the big one", [("add", "like the big one")]),
        ("similar to six people", [("add", "similar to six people")]),
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
        for form in (*forms, *words.cardinals[number - 1 : number], str(number), f"#{number}"):
            assert understand(f"{words.like[0]} {form}", [language]) == [Part("like", number=number)]


# For each language: two dogs; photo number 2; in the snow.
COUNTED = {
    "en": ("2 dogs", "photo number 2", "in the snow"),
    "de": ("2 Hunde", "Foto Nummer 2", "im Schnee"),
    "fr": ("2 chiens", "la photo numéro 2", "dans la neige"),
    "es": ("2 perros", "la foto número 2", "en la nieve"),
    "pt": ("2 cães", "a foto número 2", "na neve"),
    "cs": ("2 psi", "foto číslo 2", "ve sněhu"),
    "uk": ("2 собаки", "фото номер 2", "на снігу"),
    "ar": ("2 كلاب", "الصورة رقم 2", "في الثلج"),
    "zh": ("2 狗", "照片2", "在雪里"),
}


@pytest.mark.parametrize("language", COUNTED)
def test_a_number_that_counts_is_that_of_no_photo(language: str) -> None:
    words, (dogs, photo, snow) = TURN_WORDS[language], COUNTED[language]
    like, but = words.like[-1], words.but[0]
    for said in (f"{like} {dogs}", f"{like} {dogs} {but} {snow}", f"{like} {dogs} {words.photo[0]}"):
        assert "like" not in {part.kind for part in understand(said, [language])}
    second = Part("like", number=2)
    for said in ("2", photo, f"2 {words.photo[0]}", *(f"{each} 2" for each in words.photo)):
        assert understand(f"{like} {said}", [language]) == [second]
        assert understand(f"{like} {said} {but} {snow}", [language]) == [second, Part("add", snow)]
        assert understand(f"{like} {said} {words.without[0]} {snow}", [language]) == [
            second,
            Part("take", snow),
        ]


def same_to_a_pattern(letter: str) -> list[str]:
    """Letters of which a pattern that ignores case takes each for the other."""
    others = "".join(map(chr, range(0x250))) + "ſıİKΩẞ"  # noqa: RUF001
    return [each for each in others if re.fullmatch(re.escape(letter), each, re.I)]


@pytest.mark.parametrize("language", SAID)
def test_whatever_letter_is_taken_for_another_is_no_error(language: str) -> None:
    words = TURN_WORDS[language]
    kinds = {"take": words.without, "less": words.less, "more": words.more}
    for kind, form in ((kind, form) for kind, forms in kinds.items() for form in forms):
        for place, letter in enumerate(form):
            for other in same_to_a_pattern(letter):
                (part,) = understand(f"{form[:place]}{other}{form[place + 1 :]} 123", [language])
                assert part in (Part(kind, "123"), Part("replace", "123"), Part("take", "123"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "part"), [("WİTHOUT people", Part("take", "people")), ("m\u0131nus snow", Part("take", "snow"))]
)
def test_turkish_letters_are_taken_for_those_of_english(said: str, part: Part) -> None:
    assert understand(said) == [part]


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
