import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from onenet.network.model import OneNet
from onenet.network.special_words import START_ID
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import write_dataset
from tests.onenet.networks import CHINESE, GERMAN, SPELLINGS, WORDS, small_network


@pytest.fixture(scope="session", autouse=True)
def _freed_memory_is_given_back() -> Iterator[None]:
    """A training run keeps what it frees for its next step; a process of tests has others to come."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onenet.training.train.keep_freed_memory", lambda: False)
        yield


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(WORDS)


@pytest.fixture
def model(vocabulary: Vocabulary) -> OneNet:
    """A small network with random weights, large enough in spread to have opinions."""
    return small_network(vocabulary)


@pytest.fixture
def languages() -> Vocabulary:
    """The words of three languages."""
    return Vocabulary({"en": WORDS, "de": GERMAN, "zh": CHINESE}, SPELLINGS)


@pytest.fixture(params=[False, True], ids=["photo first", "photo at every word"])
def polyglot(request: pytest.FixtureRequest, languages: Vocabulary) -> OneNet:
    """A small network of three languages, in both forms, that never chooses a start word."""
    network = small_network(languages, at_every_word=request.param, names=5)
    network.word_bias[START_ID] = -100.0
    return network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set that the test file draws."""
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the caches and runs of a test file."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="session")
def flickr8k() -> Path:
    """The real data set, where there is one."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "flickr8k"
    folder = Path(os.environ.get("FLICKR8K_DIR", beside))
    if not folder.is_dir():
        pytest.skip("Flickr8K is neither in ../shared/flickr8k nor in FLICKR8K_DIR")
    return folder
