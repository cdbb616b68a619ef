"""Questions about remembered photos: read in each language, and what they attend to."""

import numpy as np
import pytest

from onenet.asking import Recollection, languages_asked, read_recollection
from onenet.asking.grammar import RECALLS, grammar_of
from onenet.asking.recalling import attend
from tests.onenet.asking.test_answering import BLACK, DOG, JUDGE, RED


@pytest.mark.parametrize(
    ("text", "kind", "words", "person", "month", "newest_only"),
    [
        ("when were we at the beach?", "when", "beach", "", 0, False),
        ("who sent the dog?", "who", "dog", "", 0, False),
        ("how many photos with snow in June?", "count", "snow", "", 6, False),
        ("show the last birthday", "show", "birthday", "", 0, True),
        ("what did Ann send in May?", "what", "", "ann", 5, False),
        ("wann waren wir am Strand?", "when", "strand", "", 0, False),
        ("qui a envoyé le chien ?", "who", "chien", "", 0, False),
        ("¿cuándo estuvimos en la playa?", "when", "playa", "", 0, False),
        ("quantas fotos com neve?", "count", "neve", "", 0, False),
        ("谁发了狗的照片?", "who", "狗", "", 0, False),
        ("хто надіслав собаку?", "who", "собаку", "", 0, False),
        ("من أرسل الكلب؟", "who", "كلب", "", 0, False),
        ("kdy jsme byli na pláži?", "when", "pláži", "", 0, False),
        ("show me photos of a cat", "show", "cat", "", 0, False),
        ("show me all the pictures from May", "show", "", "", 5, False),
        ("show the last photo of the dog", "show", "dog", "", 0, True),
        ("show the photos", "show", "", "", 0, False),
        ("who sent the photo of a dog?", "who", "dog", "", 0, False),
        ("what did Ann Lee send in May?", "what", "", "ann lee", 5, False),
        ("zeig mir Bilder von einem Hund", "show", "einem hund", "", 0, False),
        ("was hat Anna Maria im Mai geschickt?", "what", "", "anna maria", 5, False),
        ("montre-moi des photos d'un chat", "show", "chat", "", 0, False),
        ("muéstrame fotos de un gato", "show", "gato", "", 0, False),
        ("mostre-me a última foto do gato", "show", "gato", "", 0, True),
        ("给我看看猫的照片", "show", "猫", "", 0, False),
        ("显示最后一张猫的照片", "show", "猫", "", 0, True),
        ("أرني صور القطة", "show", "قطه", "", 0, False),
        ("ukaž mi fotky s kočkou", "show", "kočkou", "", 0, False),
        ("покажи мені фото з собакою", "show", "собакою", "", 0, False),
    ],
)
def test_what_is_asked_of_the_memory(
    text: str, kind: str, words: str, person: str, month: int, newest_only: bool
) -> None:
    read = read_recollection(text)
    assert read is not None
    found = (read.kind, read.words, read.person, read.month, read.newest_only)
    assert found == (kind, words, person, month, newest_only)


def test_who_is_meant_by_a_name() -> None:
    def read(text: str) -> Recollection:
        found = read_recollection(text)
        assert found is not None
        return found

    ann = read("what did Ann send?")
    assert [ann.is_of(name) for name in ("Ann", "Ann Lee", "Hannah", "Anna", "")] == [
        True,
        True,
        *[False] * 3,
    ]
    lee = read("what did Ann Lee send?")
    assert [lee.is_of(name) for name in ("Ann Mary Lee", "Ann", "Lee")] == [True, False, False]
    assert read("ماذا أرسل أحمد؟").is_of("أحمد علي")
    assert not read("how many photos?").is_of("Ann")


@pytest.mark.parametrize("language", languages_asked())
def test_every_kind_can_be_asked_in_every_language(language: str) -> None:
    grammar = grammar_of(language)
    assert {kind for kind, _ in grammar.recalls} == set(RECALLS)
    assert len(grammar.months) == 12


@pytest.mark.parametrize("text", ["is there a dog?", "how many people are there?", "where is this?", "hello"])
def test_what_is_asked_of_a_photo_is_not_asked_of_the_memory(text: str) -> None:
    assert read_recollection(text) is None


def test_it_attends_to_what_the_words_describe() -> None:
    read = read_recollection("how many photos with dog?")
    assert read is not None
    found = attend(JUDGE, read, np.stack([RED, DOG, BLACK]))
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights.argmax() == 1
    assert found.fits.tolist() == [False, True, False]
