"""How photos spread: drawn points that differ most in a direction that says nothing."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.engine import Engine
from onenet.network.network_file import read_network_file
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.search.spread import LEAST_EXCESS, NEAREST_SENTENCES, Spread, load_spread, spread_beside
from onenet.teaching import TaughtWord

D = 300


@pytest.fixture
def photos() -> NDArray[np.float32]:
    random = np.random.default_rng(0)
    rows = random.normal(size=(400, D)) * 0.2
    rows[:, 0] += 3 * random.normal(size=400)  # most of what differs
    rows[:, 1] += 2  # what all have in common
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def sentences() -> NDArray[np.float32]:
    rows = np.random.default_rng(1).normal(size=(50, D))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_what_all_photos_share_and_where_they_differ_most_counts_less(
    photos: NDArray[np.float32], sentences: NDArray[np.float32]
) -> None:
    spread = Spread.of(photos, sentences)
    seen = spread.seen(photos)
    assert np.linalg.norm(seen, axis=1) == pytest.approx(1, abs=1e-5)
    shares = seen.var(axis=0) / seen.var(axis=0).sum()
    assert shares[0] < photos.var(axis=0)[0] / photos.var(axis=0).sum() / 10
    assert np.abs(seen.mean(axis=0)).max() < np.abs(photos.mean(axis=0)).max() / 3


def test_a_file_gives_the_same_and_that_of_another_network_none(
    photos: NDArray[np.float32], sentences: NDArray[np.float32], tmp_path: Path
) -> None:
    spread, path = Spread.of(photos, sentences), spread_beside(tmp_path / "net.safetensors")
    assert path.name == "net-spread.safetensors"
    assert load_spread(path, "fake") is None
    spread.save(path, "fake", {"command": "test"})
    again = load_spread(path, "fake")
    assert again is not None
    assert again.seen(photos) == pytest.approx(spread.seen(photos), abs=5e-3)
    assert again.excess(photos) == pytest.approx(spread.excess(photos), abs=5e-3)
    assert load_spread(path, "another") is None
    path.write_bytes(b"none")
    assert load_spread(path, "fake") is None


def test_a_word_is_told_apart_by_it(photos: NDArray[np.float32], sentences: NDArray[np.float32]) -> None:
    spread = Spread.of(photos, sentences)
    word = TaughtWord("Rex", photos[:1], photos[:0])
    assert word.score(photos[:1], spread)[0] > 0.5
    plain, told = word.likeness(photos[1:]), word.likeness(photos[1:], spread)
    assert np.abs(told).mean() < np.abs(plain).mean() / 2, "others are less like it"


def test_a_photo_that_is_near_to_all_sentences_has_more_than_usual(
    photos: NDArray[np.float32], sentences: NDArray[np.float32]
) -> None:
    spread = Spread.of(photos, sentences)
    hub = sentences.mean(axis=0) / np.linalg.norm(sentences.mean(axis=0))
    found = spread.excess(np.array([hub, *photos[:20]]))
    assert found[0] > found[1:].max()
    assert spread.excess(photos).mean() == pytest.approx(0, abs=1e-5)
    near = np.sort(photos[3] @ sentences.T)[-NEAREST_SENTENCES:].mean()
    assert found[4] == pytest.approx(near - spread.usually_near, abs=1e-5)
    many = spread.excess(np.tile(photos, (3, 1)))  # in parts
    assert many == pytest.approx(np.tile(spread.excess(photos), 3), abs=1e-6)
    assert spread.excess(photos[:0]).shape == (0,)
    assert spread.excess(-hub[np.newaxis]).tolist() == pytest.approx([LEAST_EXCESS])


def test_few_sentences_are_all_looked_at(photos: NDArray[np.float32], sentences: NDArray[np.float32]) -> None:
    spread = Spread.of(photos, sentences[:2])
    expected = (photos @ sentences[:2].T).mean(axis=1) - spread.usually_near
    assert spread.excess(photos) == pytest.approx(expected.clip(min=LEAST_EXCESS), abs=1e-6)


@pytest.mark.shipped
@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
def test_that_of_the_shipped_network_is_here() -> None:
    fingerprint = read_network_file(DEFAULT_CHECKPOINT, only=()).fingerprint
    spread = load_spread(spread_beside(DEFAULT_CHECKPOINT), fingerprint)
    assert spread is not None
    assert spread.whitening.shape == (D, D)
    assert spread_beside(DEFAULT_CHECKPOINT).stat().st_size < 3_000_000
    assert Engine.load(threads=1).spread is not None
