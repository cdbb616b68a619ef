"""The network in data/ in each of its languages: what it reads, writes, translates and says that it knows."""

from pathlib import Path

import pytest

from onenet.engine import Engine
from onenet.network.examples import examples_in
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search import read_photo

pytestmark = [
    pytest.mark.shipped,
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]
LANGUAGES = ("en", "zh", "de", "pt", "ar", "fr", "cs", "es", "uk")
skimage_data = pytest.importorskip("skimage.data")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


def test_it_reads_nine_languages_and_writes_several(engine: Engine) -> None:
    assert engine.languages == LANGUAGES
    assert {"en", "zh", "de", "pt", "ar"} <= set(engine.written) <= set(LANGUAGES)
    assert engine.written[0] == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_are_told_to_try_is_known(engine: Engine, language: str) -> None:
    """The examples of a language are taken for that language, and it knows every word of them."""
    examples = examples_in(language)
    for text in examples:
        for part in (text,) if text in (examples.photo, examples.scene, examples.beach) else text.split():
            query = engine.imagine(part, preferred=(language, "en"))
            assert (query.language, query.unknown_words) == (language, ()), part
    assert engine.words.analogy(*examples.analogy.split(), preferred=language)
    assert engine.words.odd(examples.odd.split(), preferred=language)
    assert engine.words.walk(*examples.walk.split(), preferred=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_description_is_found_in_another_language(engine: Engine, language: str) -> None:
    """The same scene in two languages lies nearer together than two scenes in one."""
    own, english = examples_in(language), examples_in("en")
    scene, beach = engine.imagine(own.scene), engine.imagine(own.beach)
    same = float(scene.representation @ engine.imagine(english.scene).representation)
    assert same > float(scene.representation @ beach.representation)
    assert same > float(scene.representation @ engine.imagine(english.beach).representation)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_words_have_neighbours_in_another_language(engine: Engine, language: str) -> None:
    animal = examples_in(language).animal
    there = [each.word.casefold() for each in engine.words.similar("dog", k=5, to=language)]
    assert animal.casefold() in there


def test_captions_are_of_the_words_of_their_language(engine: Engine) -> None:
    folder = Path(skimage_data.__file__).parent
    photos = [read_photo(folder / name) for name in ("chelsea.png", "coffee.png", "rocket.jpg")]
    numbers = engine.represent(photos)
    for language in engine.written:
        for [caption] in engine.caption(numbers, language=language):
            assert caption.language == language
            assert caption.sure is not None
            assert 0 <= caption.sure <= 1
            read = engine.imagine(caption.text, language=language)
            assert not read.unknown_words, caption.text


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_was_translated_still_tells_of_the_dog(engine: Engine, language: str) -> None:
    if language in engine.written:
        there = engine.translate("a dog runs through the snow", language)
        back = engine.translate(there.translation, "en", language=language)
        assert {"dog", "dogs"} & set(back.translation.split())


def test_it_names_what_its_classifier_knows(engine: Engine) -> None:
    folder = Path(skimage_data.__file__).parent
    numbers = engine.represent([read_photo(folder / "chelsea.png"), read_photo(folder / "coffee.png")])
    cat, coffee = [[name.text for name in names] for names in engine.names(numbers, k=5)]
    assert any("cat" in name for name in cat)
    assert any(word in name for name in coffee for word in ("espresso", "cup", "coffee"))
