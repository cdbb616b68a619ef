import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from onenet.network.model import ModelConfig, OneNet
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import write_dataset

WORDS = ["a", "dog", "runs", "through", "snow", "two", "boys", "play", "ball"]


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
    torch.manual_seed(3)
    network = OneNet(
        ModelConfig(
            encoder="efficientnet_lite0",
            feature_size=1280,
            vocabulary_size=len(vocabulary),
            representation_size=16,
            hidden_size=24,
            sentence_size=20,
        )
    )
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if not name.startswith("top."):
                weight.mul_(3.0)
    return network.eval().requires_grad_(False)


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
