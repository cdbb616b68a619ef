"""What NumPy makes of words alone is what PyTorch makes of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.network.word_weights import WORD_WEIGHTS, WordWeights
from tests.onenet.networks import small_network


@pytest.fixture
def large() -> tuple[OneNet, Vocabulary]:
    """A network of the usual sizes, with more words than are computed together."""
    words = [f"word{number}" for number in range(700)]
    vocabulary = Vocabulary({"en": words, "de": words[:90], "uk": words[:40]})
    return small_network(vocabulary, representation_size=300, hidden_size=640, sentence_size=512), vocabulary


def test_words_alone_are_read_as_the_sentence_encoder_reads_them(
    polyglot: OneNet, languages: Vocabulary
) -> None:
    for language in languages.languages:
        block, start_id = languages.block(language), languages.start_id(language)
        expected = polyglot.represent_words(torch.arange(block.start, block.stop), start_id)
        found = polyglot.word_weights().represent(block, [start_id] * len(block))
        assert found.dtype == np.float32
        assert np.abs(found - expected.numpy()).max() < 1e-5


def test_words_of_several_languages_are_read_together(large: tuple[OneNet, Vocabulary]) -> None:
    model, vocabulary = large
    words = [*vocabulary.block("de"), *vocabulary.block("en"), *vocabulary.block("uk")]
    starts = [vocabulary.start_id(vocabulary.language_of(word)) for word in words]
    expected = [
        model.represent_words(torch.tensor(list(vocabulary.block(language))), vocabulary.start_id(language))
        for language in ("de", "en", "uk")
    ]
    found = model.word_weights().represent(words, starts)
    assert np.abs(found - torch.cat(expected).numpy()).max() < 1e-5
    alone = model.word_weights().represent(words[:1], starts[:1])
    assert np.abs(alone - found[:1]).max() < 1e-5


def test_what_is_far_from_zero_overflows_nothing(large: tuple[OneNet, Vocabulary]) -> None:
    model, vocabulary = large
    model.sentence_encoder.weight_ih_l0.mul_(1000.0)
    block = vocabulary.block("uk")
    expected = model.represent_words(torch.arange(block.start, block.stop))
    found = model.word_weights().represent(block, [1] * len(block))
    assert np.abs(found - expected.numpy()).max() < 1e-5


def test_views_are_what_pytorch_multiplies(large: tuple[OneNet, Vocabulary]) -> None:
    model, vocabulary = large
    embeddings = model.word_embeddings.weight
    chosen = (embeddings.double() @ model.to_words.weight.double()).float().numpy()
    read, views_chosen = model.word_views()
    assert np.array_equal(read, embeddings.numpy())
    assert np.allclose(views_chosen, chosen, rtol=1e-6, atol=1e-6)
    some = list(vocabulary.block("de"))
    assert np.array_equal(model.word_weights().read(some), read[some])
    assert np.allclose(model.word_weights().chosen(some), chosen[some], rtol=1e-6, atol=1e-6)


def test_a_file_and_the_network_in_it_know_the_same(
    tmp_path: Path, polyglot: OneNet, languages: Vocabulary
) -> None:
    """The weights are stored in half precision, and computed with in single."""
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, polyglot, languages, {})
    stored = WordWeights.of(read_network_file(path, WORD_WEIGHTS.values()).weights)
    loaded = load_checkpoint(path).model.word_weights()
    assert stored.embeddings.dtype == np.float16
    words = languages.block("de")
    assert np.array_equal(stored.read(words), loaded.read(words))
    assert np.array_equal(stored.chosen(words), loaded.chosen(words))
    starts = [languages.start_id("de")] * len(words)
    assert np.array_equal(stored.represent(words, starts), loaded.represent(words, starts))
