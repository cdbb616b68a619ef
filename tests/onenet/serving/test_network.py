"""The network as it is served gives what the reference in PyTorch gives, small or shipped."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.captions.beam_search import beam_search, writer_of
from onenet.captions.beams import search_beams, write_captions
from onenet.captions.reasons import find_reasons
from onenet.captions.tracing import trace_words
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.network.encoders import load_encoder
from onenet.network.model import OneNet, in_block, pad_captions
from onenet.network.network_file import read_network_file
from onenet.network.special_words import END_ID
from onenet.network.stepwise import StepDecoder
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search.descent import invert
from onenet.search.inversion import invert_captions
from onenet.search.reranking import log_likelihoods
from onenet.serving.decoder import pad
from onenet.serving.exported import serve_file
from onenet.serving.network import ServedNetwork
from onenet.serving.session import Session
from tests.onenet.networks import CHINESE, GERMAN, WORDS, served

LANGUAGES = {"en": WORDS, "de": GERMAN, "zh": CHINESE}
TOLERANCE = 1e-4


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference in float32, too, whatever the processor."""
    monkeypatch.setattr("onenet.network.stepwise.fast_bfloat16", lambda: False)
    monkeypatch.setattr("onenet.search.reranking.fast_bfloat16", lambda: False)


@pytest.fixture
def network(polyglot: OneNet, languages: Vocabulary) -> ServedNetwork:
    return served(polyglot, languages)


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return load_checkpoint(DEFAULT_CHECKPOINT)


@pytest.fixture(scope="module")
def shipped(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> ServedNetwork:
    link = tmp_path_factory.mktemp("shipped") / "onenet.safetensors"
    link.symlink_to(DEFAULT_CHECKPOINT)
    return serve_file(link, read_network_file(link), threads=1)


def representations(count: int, size: int) -> Tensor:
    return F.normalize(torch.randn(count, size, generator=torch.Generator().manual_seed(5)), dim=-1)


def sentences_of(vocabulary: Vocabulary, language: str) -> list[list[int]]:
    """Sentences of different lengths of a language's words."""
    start, block = vocabulary.start_id(language), vocabulary.block(language)
    lengths = (1, 3, 2, 4)
    return [[start, *(block[(7 * number) % len(block)] for number in range(n)), END_ID] for n in lengths]


def assert_the_same(network: ServedNetwork, model: OneNet, language: str, photos: Tensor) -> None:
    """All that a language's decoder is asked, against the reference."""
    vocabulary = network.vocabulary
    block, array = vocabulary.block(language), photos.numpy()
    decoder = network.decoder(language)
    sentences = sentences_of(vocabulary, language)
    read = model.represent_sentence(pad_captions(sentences))
    assert network.represent_sentences(sentences) == pytest.approx(read.numpy(), abs=TOLERANCE)

    expected = writer_of(model, vocabulary, language).write(photos, n=5)
    found = write_captions(network, array, language, n=5)
    for captions, others in zip(found, expected, strict=True):
        assert [each.token_ids for each in captions] == [each.token_ids for each in others]
        for one, other in zip(captions, others, strict=True):
            assert one.score == pytest.approx(other.score, abs=TOLERANCE)
            assert one.log_p == pytest.approx(other.log_p, abs=TOLERANCE)
            assert one.agreement == pytest.approx(other.agreement, abs=TOLERANCE)

    log_p = torch.stack(
        [log_likelihoods(model, photos, torch.tensor(each), model.word_scores(block)) for each in sentences],
        dim=1,
    )
    likelihoods, words = network.log_likelihoods(array, sentences, language)
    assert likelihoods / words == pytest.approx(log_p.numpy(), abs=TOLERANCE)
    assert words.tolist() == [len(sentence) - 1 for sentence in sentences]
    alone, _ = network.log_likelihoods(array[:1], sentences, language)
    assert alone == pytest.approx(likelihoods[:1], abs=TOLERANCE)

    inversion = invert_captions(model, pad_captions(sentences), guess=read, block=block)
    last_map = torch.rand(model.config.feature_size, 3, 2, generator=torch.Generator().manual_seed(6))
    for sentence in sentences:
        heat, gains = trace_words(decoder, network.head, last_map.numpy(), sentence)
        reasons = find_reasons(model, last_map.unsqueeze(0), torch.tensor(sentence), block)
        assert heat == pytest.approx(reasons[0], abs=10 * TOLERANCE)  # a part of the strongest
        assert gains == pytest.approx(reasons[1], abs=TOLERANCE)

    position = invert(decoder, sentences, read.numpy())
    assert position == pytest.approx(inversion.representation.numpy(), abs=TOLERANCE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_small_network_answers_as_the_reference(
    network: ServedNetwork, polyglot: OneNet, language: str
) -> None:
    assert_the_same(network, polyglot, language, representations(5, 16))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_does_where_captions_are_written_with_some_of_the_words(
    polyglot: OneNet, languages: Vocabulary, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.network.shortlist.SHORTLIST", 3)
    monkeypatch.setattr("onenet.network.shortlist.LEAST_LEFT_OUT", 1)
    assert_the_same(served(polyglot, languages), polyglot, language, representations(5, 16))


@pytest.mark.shipped
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shipped_network_answers_as_the_reference(
    shipped: ServedNetwork, checkpoint: Checkpoint, language: str
) -> None:
    photos = representations(6, 300)
    written = checkpoint.model.represent_sentence(
        pad_captions(sentences_of(checkpoint.vocabulary, language))
    )  # where captions are, besides where none is
    assert_the_same(shipped, checkpoint.model, language, torch.cat([photos, written])[:8])


@pytest.mark.shipped
def test_the_shipped_networks_encoder_is_the_reference(
    shipped: ServedNetwork, checkpoint: Checkpoint
) -> None:
    encoder, model = load_encoder("efficientnet_lite2"), checkpoint.model
    photos = torch.rand(3, 3, 300, 300, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        expected = model.represent(model.features(encoder.maps(photos)))
    found = shipped.represent(photos.numpy())
    assert found == pytest.approx(expected.numpy(), abs=TOLERANCE)
    assert shipped.represent(photos.numpy()[1:2]) == pytest.approx(found[1:2], abs=1e-5)
    log_p = model.name_logits(expected).log_softmax(dim=-1)
    assert shipped.name_log_p(found) == pytest.approx(log_p.numpy(), abs=1e-3)


def test_a_small_networks_encoder_is_the_reference(network: ServedNetwork, polyglot: OneNet) -> None:
    photos = torch.rand(2, 3, 256, 256, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        expected = polyglot.represent(polyglot.features(load_encoder("efficientnet_lite0").maps(photos)))
    assert network.has_encoder
    assert network.represent(photos.numpy()) == pytest.approx(expected.numpy(), abs=TOLERANCE)
    found = network.name_log_p(expected.numpy())
    assert found == pytest.approx(polyglot.name_logits(expected).log_softmax(dim=-1).numpy(), abs=TOLERANCE)


def test_other_encoders_are_not_exported(languages: Vocabulary, model: OneNet) -> None:
    shape = replace(model.config, encoder="inception_v3", feature_size=2048, vocabulary_size=len(languages))
    network = served(OneNet(shape).eval().requires_grad_(False), languages)
    assert not network.has_encoder
    assert network.name_log_p(representations(2, 16).numpy()) is None
    assert len(write_captions(network, representations(2, 16).numpy(), "de")) == 2


@pytest.mark.parametrize("repeatable", [None, (4, 6)], ids=["repeating", "not repeating"])
@pytest.mark.parametrize(("width", "max_words"), [(1, 24), (3, 2), (4, 1), (20, 5)])
def test_beams_of_all_widths_are_those_of_the_reference(
    network: ServedNetwork,
    polyglot: OneNet,
    languages: Vocabulary,
    width: int,
    max_words: int,
    repeatable: tuple[int, ...] | None,
) -> None:
    photos = representations(4, 16)
    decoder = StepDecoder(polyglot, block=languages.block("en"), start_id=languages.start_id("en"))
    options: dict[str, Any] = {"max_words": max_words, "repeatable": repeatable}
    expected = beam_search(decoder, photos, beam_size=width, n=width, **options)
    found = search_beams(network.decoder("en"), photos.numpy(), width=width, **options)
    likely = [[each for each in captions if np.isfinite(each.score)] for captions in expected]
    for captions, others in zip(found, likely, strict=True):
        own = [each for each in captions if np.isfinite(each.score)]
        assert [each.token_ids for each in own] == [each.token_ids for each in others]
        assert [each.score for each in own] == pytest.approx([each.score for each in others], abs=TOLERANCE)


def test_a_photo_gets_the_same_captions_alone_and_among_others(
    network: ServedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.captions.beams._BATCH", 4)
    photos = representations(9, 16).numpy()
    together = write_captions(network, photos, "de", n=3)
    for row, captions in enumerate(together):
        [alone] = write_captions(network, photos[row : row + 1], "de", n=3)
        assert [each.token_ids for each in alone] == [each.token_ids for each in captions]
    assert write_captions(network, photos[:0], "de") == []


def test_what_was_written_before_changes_nothing(polyglot: OneNet, languages: Vocabulary) -> None:
    """Words are kept as they enter the decoder's gates, each worked out alone."""
    *others, photo = representations(6, 16).numpy()
    first, second = served(polyglot, languages), served(polyglot, languages)
    for language in LANGUAGES:
        write_captions(second, np.stack(others), language, n=5)
        again, anew = (write_captions(each, photo[np.newaxis], language, n=5) for each in (second, first))
        assert again == anew


def test_greedy_captions_and_fewer_than_the_beam(
    network: ServedNetwork, polyglot: OneNet, languages: Vocabulary
) -> None:
    photos = representations(4, 16)
    writer = writer_of(polyglot, languages, "zh")
    for options in ({"beam_size": 1}, {"beam_size": 3, "n": 2}, {"beam_size": 1, "n": 3}):
        found = write_captions(network, photos.numpy(), "zh", **options)
        expected = writer.write(photos, **options)
        assert [[each.token_ids for each in captions] for captions in found] == [
            [each.token_ids for each in captions] for captions in expected
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gradient_is_autograds(
    network: ServedNetwork, polyglot: OneNet, languages: Vocabulary, language: str
) -> None:
    sentences, block = sentences_of(languages, language), languages.block(language)
    token_ids, lengths = pad(sentences)
    assert lengths.tolist() == [len(sentence) for sentence in sentences]
    weights = torch.rand(len(sentences), token_ids.shape[1] - 1, generator=torch.Generator().manual_seed(1))
    weights[torch.tensor(token_ids)[:, 1:] == 0] = 0
    photos = representations(len(sentences), 16).requires_grad_()
    tokens = torch.tensor(token_ids)
    log_p = polyglot(photos, tokens[:, :-1], block).log_softmax(dim=-1)
    own = log_p.gather(2, in_block(tokens, block)[:, 1:, None])[..., 0]
    (expected,) = torch.autograd.grad((own * weights).sum(), photos)
    decoder = network.decoder(language)
    read = decoder.sentences(token_ids)
    found, gradient = decoder.pull(photos.detach().numpy(), read, weights.numpy())
    assert gradient == pytest.approx(expected.numpy(), abs=TOLERANCE)
    said = weights.numpy() > 0
    assert found[said] == pytest.approx(own.detach().numpy()[said], abs=TOLERANCE)


def test_no_sentence_at_all(network: ServedNetwork) -> None:
    assert network.represent_sentences([]).shape == (0, 16)


def test_many_sentences_of_few_photos_are_weighed_in_parts(
    network: ServedNetwork, languages: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.serving.decoder._TOGETHER", 3)
    monkeypatch.setattr("onenet.serving.decoder._ROWS", 5)
    photos = representations(2, 16).numpy()
    sentences = sentences_of(languages, "de") * 2
    together, _ = network.log_likelihoods(photos, sentences, "de")
    for column, sentence in enumerate(sentences):
        alone, _ = network.log_likelihoods(photos, [sentence], "de")
        assert together[:, column] == pytest.approx(alone[:, 0], abs=1e-5)


def test_reading_is_not_changed_by_what_is_beside(network: ServedNetwork, languages: Vocabulary) -> None:
    sentences = sentences_of(languages, "en")
    together = network.represent_sentences(sentences)
    for row, sentence in enumerate(sentences):
        assert network.represent_sentences([sentence])[0] == pytest.approx(together[row], abs=1e-6)


def test_weights_are_held_once(
    polyglot: OneNet, languages: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graphs that need the same share it, and the encoder's graph, which holds its own, is let go."""
    handed: dict[str, set[int]] = {}
    opened: list[bytes] = []

    def open_session(graph: bytes, weights: Mapping[str, Any] | None = None, **options: Any) -> Session:
        opened.append(graph)
        for name, weight in (weights or {}).items():
            handed.setdefault(name, set()).add(id(weight))
        return Session(graph, weights, **options)

    monkeypatch.setattr("onenet.serving.network.Session", open_session)
    network = served(polyglot, languages)
    photos = representations(2, 16).numpy()
    write_captions(network, photos, "en", n=2)
    invert(network.decoder("en"), sentences_of(languages, "en"), photos[[0, 1, 0, 1]])
    network.log_likelihoods(photos, sentences_of(languages, "en"), "en")
    assert len(opened) > 7
    assert {name: len(arrays) for name, arrays in handed.items() if len(arrays) > 1} == {}
    assert {"to_gates", "gates", "factor", "words"} <= handed.keys()
    network.represent(np.zeros((1, 3, 256, 256), np.float32))
    assert network.has_encoder
    assert network.represent(np.zeros((2, 3, 256, 256), np.float32)).shape == (2, 16)
