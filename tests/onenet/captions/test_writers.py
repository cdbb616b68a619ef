"""Captions in each language of a network, how sure it is of them, and what reads them."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from onenet.captions.beam_search import CaptionWriter, writer_of
from onenet.captions.caption import Hypothesis
from onenet.captions.reasons import find_reasons
from onenet.captions.sureness import Sureness, ease_in, signs_of, sureness_by_language
from onenet.captions.writers import Writers
from onenet.errors import LanguageError
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID
from onenet.network.vocabulary import Vocabulary
from onenet.search.inversion import invert_captions
from onenet.search.reranking import rank_photos
from onenet.serving.session import Session
from tests.onenet.networks import CHINESE, GERMAN, WORDS, alone_in, in_own_ids, served

LANGUAGES = {"en": WORDS, "de": GERMAN, "zh": CHINESE}


@pytest.fixture
def representation() -> Tensor:
    return F.normalize(torch.randn(4, 16, generator=torch.Generator().manual_seed(5)), dim=-1)


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors that multiply bfloat16 fast would differ from others."""
    monkeypatch.setattr("onenet.network.stepwise.fast_bfloat16", lambda: False)
    monkeypatch.setattr("onenet.search.reranking.fast_bfloat16", lambda: False)


def _writer(model: OneNet, vocabulary: Vocabulary, language: str) -> CaptionWriter:
    return CaptionWriter(model, block=vocabulary.block(language), start_id=vocabulary.start_id(language))


def _name_log_p(model: OneNet, representations: Tensor) -> NDArray[np.float32]:
    return model.name_logits(representations).log_softmax(dim=-1).numpy()


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_have_words_of_their_language_alone(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, language: str
) -> None:
    block = languages.block(language)
    for captions in _writer(polyglot, languages, language).write(representation, beam_size=3, n=4):
        assert len({caption.token_ids for caption in captions}) == len(captions) == 4
        for caption in captions:
            assert caption.token_ids
            assert set(caption.token_ids) <= set(block)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_written_as_by_a_network_that_has_it_alone(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, language: str
) -> None:
    found = _writer(polyglot, languages, language).write(representation, n=3)
    expected = CaptionWriter(alone_in(language, polyglot, languages)).write(representation, n=3)
    for captions, others in zip(found, expected, strict=True):
        for caption, other in zip(captions, others, strict=True):
            own = in_own_ids(list(caption.token_ids), languages, language)
            assert tuple(own) == other.token_ids
            assert caption.score == pytest.approx(other.score, abs=1e-4)
            assert caption.score == pytest.approx(caption.log_p + caption.agreement, abs=1e-5)


def test_graphs_are_opened_once(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []

    def note(graph: bytes, *rest: Any, **options: Any) -> Session:
        opened.append(graph)
        return Session(graph, *rest, **options)

    monkeypatch.setattr("onenet.serving.network.Session", note)
    network = served(polyglot, languages)
    writers = Writers(network)
    for language in [*LANGUAGES, *LANGUAGES]:
        writers.write(representation.numpy(), language=language)
        assert network.decoder(language) is network.decoder(language)
    shared = 3  # begin, reader, what words give to the gates
    if not polyglot.config.at_every_word:
        shared += 1  # the step that reads the photo alone
    assert len(opened) == len(set(opened)) == len(LANGUAGES) + shared


def test_captions_are_written_as_their_language_is(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor
) -> None:
    writers = Writers(served(polyglot, languages))
    for language, words in LANGUAGES.items():
        found = writers.write(representation.numpy(), language=language, n=2)
        written = writer_of(polyglot, languages, language).write(representation, n=2)
        assert [[each.text for each in captions] for captions in found] == [
            [languages.decode(each.token_ids) for each in captions] for captions in written
        ]
        assert {each.language for captions in found for each in captions} == {language}
        assert {each.sure for captions in found for each in captions} == {None}
        for captions in found:
            assert (" " in captions[0].text) <= (language != "zh")
            spelt = {languages.spell(token) for token in languages.block(language)}
            assert language == "zh" or set(captions[0].text.split()) <= spelt
            assert len(spelt) == len(words)


def test_a_language_that_it_cannot_write(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor
) -> None:
    with pytest.raises(LanguageError, match=r"knows English \(en\), German \(de\), Chinese \(zh\), not “fr”"):
        Writers(served(polyglot, languages)).write(representation.numpy(), language="fr")


def test_sureness_worked_out_by_hand() -> None:
    sureness = Sureness((1.0, 2.0, 0.0, 0.0, -1.0), 0.5)
    signs = np.array([[-0.5, 0.0, 9.0, 9.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.5]])
    assert sureness.of(signs) == pytest.approx([0.5, 1 / (1 + math.exp(-2))])
    assert sureness.of(np.zeros((0, 5))).shape == (0,)
    with np.errstate(over="raise"):
        assert sureness.of(np.array([[-2000.0, 0, 0, 0, 0]])) == pytest.approx([0.0])


def test_the_card_tells_how_sure_it_may_be() -> None:
    fitted = {"weights": [1, 2, 3, 4, 5], "bias": 1, "AUROC": 0.8}
    card = {"dev": {"sure": {"threshold": 0.25, "languages": {"de": fitted}}}}
    assert sureness_by_language(card) == {"de": Sureness((1, 2, 3, 4, 5), 1.0)}
    assert sureness_by_language({}) == sureness_by_language({"dev": {"loss": 2.5}}) == {}


def test_the_card_tells_which_photos_are_told_well() -> None:
    found = ease_in({"ease": [0.5, -1.0]})
    assert found is not None
    assert found.tolist() == [0.5, -1.0]
    assert ease_in({"ease": []}) is ease_in({}) is None


def test_signs_worked_out_by_hand(polyglot: OneNet, representation: Tensor) -> None:
    captions = [
        [Hypothesis((4,), 0.0, -1.0, 0.5), Hypothesis((5,), 0.0, -2.0, 0.1)],
        [Hypothesis((6,), 0.0, -3.0, 0.2)],
    ]
    ease = np.arange(representation.shape[1], dtype=np.float32)
    told = _name_log_p(polyglot, representation[:2])
    first, second = signs_of(representation[:2].numpy(), told, captions, ease)
    assert first[:, :3] == pytest.approx(np.array([[-1.0, 0.5, 0.2], [-2.0, 0.1, -0.2]]))
    assert second[:, :3] == pytest.approx(np.array([[-3.0, 0.2, 0.0]]))
    for row, signs in enumerate((first, second)):
        chances = polyglot.name_logits(representation[row]).double().softmax(dim=0).numpy()
        expected = chances.max(), -(chances * np.log(chances)).sum()
        assert signs[:, 3:5] == pytest.approx(np.tile(expected, (len(signs), 1)), abs=1e-5)
        easy = sum(place * float(number) for place, number in enumerate(representation[row]))
        assert signs[:, 5] == pytest.approx([easy] * len(signs), abs=1e-4)


def test_a_network_that_tells_no_classes_has_no_signs_of_them() -> None:
    [signs] = signs_of(np.ones((1, 3), np.float32), None, [[Hypothesis((4,), 0.0, -1.0, 0.5)]])
    assert signs.tolist() == [[-1.0, 0.5, 0.0, 0.0, 0.0, 0.0]]
    assert Sureness((1.0, 2.0, 3.0, 4.0, 5.0), 0.0).of(signs) == pytest.approx([0.5])  # one of before


def test_captions_say_how_sure_they_are(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor
) -> None:
    sureness = Sureness((1.0, 2.0, 3.0, 0.1, -0.1, 0.7), 0.5)
    ease = np.linspace(-1, 1, representation.shape[1], dtype=np.float32)
    writers = Writers(served(polyglot, languages), {"de": sureness}, ease)
    found = writers.write(representation.numpy(), language="de", n=2)
    five = writer_of(polyglot, languages, "de").write(representation, n=5)  # the signs look at all of a beam
    told = _name_log_p(polyglot, representation)
    for row, signs in enumerate(signs_of(representation.numpy(), told, five, ease)):
        assert [each.sure for each in found[row]] == pytest.approx(sureness.of(signs)[:2].tolist())
        assert writers.write(representation[row : row + 1].numpy(), language="de")[0][
            0
        ].sure == pytest.approx(found[row][0].sure, abs=1e-4)
    assert {each.sure for captions in writers.write(representation.numpy(), n=2) for each in captions} == {
        None
    }
    greedy = writers.write(representation.numpy(), language="de", beam_size=1)
    assert {captions[0].sure for captions in greedy} == {None}  # one caption has nothing beside it


@pytest.mark.parametrize("language", LANGUAGES)
def test_searching_is_that_of_a_network_with_the_language_alone(
    polyglot: OneNet, languages: Vocabulary, representation: Tensor, language: str
) -> None:
    alone, block = alone_in(language, polyglot, languages), languages.block(language)
    sentence = [languages.start_id(language), block[0], block[2], block[-1], END_ID]
    own = in_own_ids(sentence, languages, language)
    found = invert_captions(polyglot, torch.tensor([sentence]), block=block)
    expected = invert_captions(alone, torch.tensor([own]))
    assert torch.allclose(found.representation, expected.representation, atol=1e-4)
    assert torch.allclose(found.loss, expected.loss, atol=1e-4)
    query = found.representation[0]
    ranking = rank_photos(
        polyglot, query, torch.tensor(sentence), representation, polyglot.word_scores(block)
    )
    other = rank_photos(alone, query, torch.tensor(own), representation)
    assert ranking.order.tolist() == other.order.tolist()
    assert ranking.scores == pytest.approx(other.scores, abs=1e-4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_reasons_are_those_of_a_network_with_the_language_alone(
    polyglot: OneNet, languages: Vocabulary, language: str
) -> None:
    alone, block = alone_in(language, polyglot, languages), languages.block(language)
    sentence = [languages.start_id(language), block[0], block[2], END_ID]
    last_map = torch.rand(1, 1280, 3, 3, generator=torch.Generator().manual_seed(2))
    heat, gains = find_reasons(polyglot, last_map, torch.tensor(sentence), block)
    own = torch.tensor(in_own_ids(sentence, languages, language))
    expected_heat, expected_gains = find_reasons(alone, last_map, own)
    assert heat.shape == (2, 3, 3)
    assert heat == pytest.approx(expected_heat, abs=1e-3)
    assert gains == pytest.approx(expected_gains, abs=1e-3)
