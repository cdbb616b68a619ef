"""The network in data/: whole, at home in its words, and as good on unseen photos as its card says."""

from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.engine import Engine
from onenet.evaluation.ranks import ranks
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.network.encoders import ENCODERS, EncoderSpec, load_encoder
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search import ImageIndex, PhotoRecord, WordsQuery, read_photo

pytestmark = [
    pytest.mark.shipped,
    pytest.mark.skipif(
        not DEFAULT_CHECKPOINT.is_file(), reason="the trained network, data/onenet.safetensors, is not here"
    ),
]
PHOTOS = 100


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint(DEFAULT_CHECKPOINT)


@pytest.fixture(scope="module")
def engine(checkpoint: Checkpoint) -> Engine:
    return Engine(checkpoint)


def test_it_is_what_its_card_says(checkpoint: Checkpoint) -> None:
    spec: EncoderSpec = ENCODERS[checkpoint.card["encoder"]]
    assert checkpoint.model.config.encoder == spec.name
    assert checkpoint.model.config.representation_size == 300
    assert len(checkpoint.vocabulary) == checkpoint.card["vocabulary_size"] > 3000


def test_all_of_its_encoder_top_was_tuned(checkpoint: Checkpoint) -> None:
    imagenet = load_encoder(checkpoint.card["encoder"]).top.state_dict()
    for name, weight in checkpoint.model.top.state_dict().items():
        assert not torch.equal(weight, imagenet[name].half().float()), name


@pytest.mark.parametrize(
    ("word", "expected"),
    [("dog", "dogs"), ("red", "blue"), ("man", "woman"), ("snow", "ice"), ("Football ", "soccer")],
)
def test_neighbours(engine: Engine, word: str, expected: str) -> None:
    assert expected in [neighbour.word for neighbour in engine.words.similar(word)]


@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [("man", "men", "woman", "women"), ("boy", "boys", "girl", "girls"), ("man", "woman", "boy", "girl")],
)
def test_analogies(engine: Engine, a: str, b: str, c: str, expected: str) -> None:
    assert engine.words.analogy(a, b, c, k=1)[0].word == expected


@pytest.mark.parametrize("description", ["a dog runs through the snow", "two children play soccer"])
def test_it_imagines_what_was_described(engine: Engine, description: str) -> None:
    said = set(engine.imagine(description).imagined.split())
    assert said & set(description.split()) - {"a", "the"}


@pytest.mark.flickr8k
@pytest.mark.slow
def test_unseen_photos_are_captioned_and_found(engine: Engine, flickr8k: Path) -> None:
    """A hundred dev photos: people's words in the captions, and descriptions lead back to their photos."""
    photos: list[CaptionedPhoto] = load_split(flickr8k, "dev")[:PHOTOS]
    representations = np.concatenate([engine.represent([read_photo(photo.path)]) for photo in photos])
    captions = engine.caption(representations)
    hits = [
        word in " ".join(photo.captions).lower().split()
        for photo, (caption,) in zip(photos, captions, strict=True)
        for word in caption.text.split()
    ]
    assert np.mean(hits) > 0.6
    found = engine.imagine_all([photo.captions[0] for photo in photos])
    queries = np.stack([answer.representation for answer in found if isinstance(answer, WordsQuery)])
    assert len(queries) == PHOTOS
    assert np.median(ranks(queries, representations, np.arange(PHOTOS))) <= 3
    index = ImageIndex(engine.fingerprint)
    index.add([PhotoRecord(str(photo.path), 0, 0) for photo in photos], representations)
    places = []
    for answer, photo in zip(found, photos, strict=True):
        assert isinstance(answer, WordsQuery)
        order = [match.photo for match in engine.find(answer, index, PHOTOS).matches]
        places.append(order.index(str(photo.path)) + 1)
    assert np.median(places) <= 3
