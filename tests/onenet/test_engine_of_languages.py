"""What a network of several languages is asked in each of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.engine import Engine
from onenet.errors import DescriptionError, LanguageError
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord
from tests.onenet.drawn import draw

FITTED = {"weights": [1.0, 2.0, 3.0, 0.1, -0.1], "bias": 0.5}


@pytest.fixture
def file(tmp_path: Path, polyglot: OneNet, languages: Vocabulary) -> Path:
    path = tmp_path / "net.safetensors"
    card = {"written": ["en", "de"], "dev": {"sure": {"threshold": 0.25, "languages": {"en": FITTED}}}}
    save_checkpoint(path, polyglot, languages, card)
    return path


@pytest.fixture
def engine(file: Path) -> Engine:
    return Engine(load_checkpoint(file))


def _words(languages: Vocabulary, language: str) -> set[str]:
    return {languages.spell(token) for token in languages.block(language)}


def test_it_says_what_it_reads_and_writes(engine: Engine) -> None:
    assert engine.languages == ("en", "de", "zh")
    assert engine.written == ("en", "de")


def test_photos_are_captioned_in_each_language(engine: Engine, languages: Vocabulary) -> None:
    photos = engine.represent([draw("red", 1), draw("blue", 2)])
    for [caption] in engine.caption(photos, language="de"):
        assert caption.language == "de"
        assert caption.sure is None
        assert set(caption.text.split()) <= _words(languages, "de")
    for [caption] in engine.caption(photos):
        assert caption.language == "en"
        assert caption.sure is not None
        assert 0 <= caption.sure <= 1
    with pytest.raises(LanguageError, match=r"knows English \(en\), German \(de\), Chinese \(zh\), not “fr”"):
        engine.caption(photos, language="fr")


@pytest.mark.parametrize(
    ("text", "language"), [("a dog runs", "en"), ("ein Hund läuft", "de"), ("一只狗跑", "zh")]
)
def test_descriptions_are_understood_in_each_language(
    engine: Engine, languages: Vocabulary, text: str, language: str
) -> None:
    found = engine.imagine(text)
    assert found.language == language
    assert found.unknown_words == ()
    assert list(found.token_ids) == languages.encode(text, language)
    assert np.linalg.norm(found.representation) == pytest.approx(1.0, abs=1e-5)
    written = set(found.imagined.split())
    assert language == "zh" or written <= _words(languages, language)
    named = engine.imagine(text, language=language)
    assert np.array_equal(named.representation, found.representation)


def test_the_readers_language_is_preferred(engine: Engine) -> None:
    assert engine.imagine("ball").language == "en"
    assert engine.imagine("ball", preferred=("de", "en")).language == "de"
    assert engine.imagine("dog ball", preferred=("de", "en")).language == "en"


def test_descriptions_of_several_languages_together_are_as_alone(engine: Engine) -> None:
    descriptions = ["ein hund", "a dog", "🐕", "一只狗", "two boys", "hund ball"]
    together = engine.imagine_all(descriptions)
    for description, found in zip(descriptions, together, strict=True):
        if isinstance(found, DescriptionError):
            assert description in ("🐕",)
            continue
        alone = engine.imagine(description)
        assert found.description == description
        assert (found.language, found.token_ids) == (alone.language, alone.token_ids)
        assert np.allclose(found.representation, alone.representation, atol=1e-4)


def test_mixed_words_work(engine: Engine, languages: Vocabulary) -> None:
    """The sentence encoder reads all of them, the decoder is asked for those that it can say."""
    found = engine.imagine("a dog in schnee")
    assert found.language == "en"
    assert found.unknown_words == ("in",)
    assert list(found.token_ids) == languages.encode("a dog")
    without = engine.imagine("a dog")
    assert not np.allclose(found.representation, without.representation, atol=1e-2)


def test_photos_are_found_by_descriptions_in_each_language(engine: Engine, tmp_path: Path) -> None:
    index = ImageIndex(engine.fingerprint, dimensions=16)
    records = []
    for number in range(12):
        (tmp_path / f"{number}.jpg").touch()
        records.append(PhotoRecord(str(tmp_path / f"{number}.jpg"), 0, number))
    index.add(records, np.random.default_rng(0).standard_normal((12, 16)))
    for text in ("a dog", "ein hund", "一只狗"):
        matches = engine.find(engine.imagine(text), index, 5).matches
        assert len({match.photo for match in matches}) == 5
        scores = [match.score for match in matches]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("to", ["en", "de", "zh"])
def test_a_translation_goes_through_the_place_of_a_photo(
    engine: Engine, file: Path, languages: Vocabulary, to: str
) -> None:
    found = engine.translate("Ein Hund läuft, zebra", to)
    assert (found.text, found.language, found.to) == ("Ein Hund läuft, zebra", "de", to)
    assert found.unknown_words == ("zebra",)
    sentence = torch.tensor([languages.encode("ein hund läuft", "de")])
    place = load_checkpoint(file).model.represent_sentence(sentence).numpy()
    assert found.translation == engine.caption(place, language=to)[0][0].text
    if to != "zh":
        assert set(found.translation.split()) <= _words(languages, to)


def test_what_cannot_be_translated(engine: Engine) -> None:
    with pytest.raises(LanguageError, match="not “fr”"):
        engine.translate("a dog", "fr")
    with pytest.raises(LanguageError, match="not “fr”"):
        engine.translate("un chien", "en", language="fr")
    with pytest.raises(LanguageError, match="“xx”"):
        engine.translate("a dog", "en", language="xx")
    with pytest.raises(DescriptionError, match="I never read “zebra”"):
        engine.translate("zebra", "de")
    with pytest.raises(DescriptionError, match="Describe a photo"):
        engine.translate("  ", "de")


@pytest.mark.parametrize("text", ["", "zebra"])
def test_examples_are_in_the_readers_language(engine: Engine, text: str) -> None:
    for preferred, example in (
        (("de", "en"), "ein Hund im Schnee."),
        (("fr", "zh"), "雪地里的一只狗."),  # it reads no French
        (("fr",), "a dog in the snow."),
    ):
        with pytest.raises(DescriptionError) as caught:
            engine.imagine(text, preferred=preferred)
        assert str(caught.value).endswith(f"for example: {example}")


def test_a_code_that_is_no_word_of_the_text_stands_for_itself(engine: Engine) -> None:
    """When it is one: tests/bot/features/translate/test_request.py."""
    assert not engine.begins("de", "ein Hund läuft")
    assert not engine.begins("de", "zebra")


def test_reasons_of_captions_in_each_language(engine: Engine, languages: Vocabulary) -> None:
    photo = draw("red", 1)
    own = engine.explain(photo, language="de")
    assert set(own.words) <= _words(languages, "de")
    assert own.unknown_words == ()
    given = engine.explain(photo, "ein Hund im Schnee")
    assert (given.words, given.unknown_words) == (("ein", "Hund", "Schnee"), ("im",))
    assert given.heat.shape[0] == len(given.gains) == 3
    assert np.isfinite(given.gains).all()
    mixed = engine.explain(photo, "собака dog")  # letters of a language that it does not know
    assert (mixed.words, mixed.unknown_words) == (("dog",), ("собака",))


@pytest.mark.parametrize("language", ["en", "de", "zh"])
@pytest.mark.parametrize("colour", ["red", "blue"])
def test_reasons_are_of_the_words_that_the_decoder_wrote(
    engine: Engine, languages: Vocabulary, language: str, colour: str
) -> None:
    photo = draw(colour, 1)
    [[caption]] = engine.caption(engine.represent([photo]), language=language)
    own = engine.explain(photo, language=language)
    assert own.words == tuple(map(languages.spell, caption.token_ids))
    assert own.text == caption.text == languages.decode(caption.token_ids)


def test_a_photo_is_changed_by_words_of_each_language(engine: Engine, languages: Vocabulary) -> None:
    [photo] = engine.represent([draw("red", 1)])
    changed = engine.change(photo, "im Schnee")
    assert changed.unknown_words == ("im",)
    assert set(changed.imagined.split()) <= _words(languages, "de")
    arithmetic = engine.change(photo, "photo - hund + 狗")
    assert np.linalg.norm(arithmetic.representation) == pytest.approx(1.0, abs=1e-5)
    assert not np.allclose(arithmetic.representation, photo, atol=1e-2)


def test_a_line_between_photos_is_captioned_in_a_language(engine: Engine, languages: Vocabulary) -> None:
    first, second = engine.represent([draw("red", 1), draw("blue", 2)])
    for step in engine.mix(first, second, language="de"):
        assert set(step.caption.split()) <= _words(languages, "de")


def test_words_are_played_with_in_each_language(engine: Engine, languages: Vocabulary) -> None:
    games = engine.words
    assert games.languages == ("en", "de", "zh")
    assert {each.word for each in games.similar("hund", k=9)} == _words(languages, "de") - {"Hund"}
    found = games.similar("hund", to="zh", k=9)
    assert {each.word for each in found} == _words(languages, "zh")
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert {each.word for each in games.similar("ball", to="de", k=9)} == _words(languages, "de")
    assert len(games.odd(["hund", "dog", "狗"]).words) == 3


def test_words_of_two_languages_are_compared_as_the_sentence_encoder_reads_them(
    engine: Engine, file: Path, languages: Vocabulary
) -> None:
    model = load_checkpoint(file).model
    own, other = (
        model.represent_sentence(torch.tensor([languages.encode(word, language)]))[0]
        for word, language in (("hund", "de"), ("狗", "zh"))
    )
    scores = {each.word: each.score for each in engine.words.similar("hund", to="zh", k=9)}
    assert scores["狗"] == pytest.approx(float(own @ other), abs=1e-5)


def test_what_is_inside_a_photo_is_told_in_words_of_the_language_asked_for(
    engine: Engine, languages: Vocabulary
) -> None:
    [representation] = engine.represent([draw("red", 1)])
    for language in ("en", "de", "zh"):
        inside = engine.inside(representation, k=3, language=language)
        assert {word for each in inside.strongest for word in each.words} <= _words(languages, language)
    english = engine.inside(representation, k=3)
    again = engine.inside(representation, k=3, language="en")
    assert [each.words for each in english.strongest] == [each.words for each in again.strongest]
    with pytest.raises(LanguageError):
        engine.inside(representation, language="fr")
