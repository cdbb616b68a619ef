"""Precisions: float32 by default, bfloat16 for those who ask for it and have what it needs."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from onenet.errors import OneNetError
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.serving.encoders import open_encoder
from onenet.serving.exported import make_graphs
from onenet.serving.weights import Weights


@pytest.fixture(scope="module")
def photos() -> np.ndarray:  # type: ignore[type-arg]
    return np.random.default_rng(1).uniform(-1, 1, (2, 3, 256, 256)).astype(np.float32)


@pytest.fixture
def graph(model: OneNet, vocabulary: Vocabulary) -> bytes:
    weights = {name: weight.numpy() for name, weight in model.state_dict().items()}
    return make_graphs(Weights(model.config, weights), vocabulary, 256)["encoder"]


def test_bfloat16_is_close_to_float32(graph: bytes, photos: np.ndarray) -> None:  # type: ignore[type-arg]
    pytest.importorskip("openvino", reason="OpenVINO, which no one needs, is not installed")
    exact = open_encoder(graph, threads=1).represent(photos)
    fast = open_encoder(graph, precision="bfloat16", threads=1).represent(photos)
    assert fast.dtype == np.float32
    assert np.linalg.norm(fast, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert (fast * exact).sum(axis=1).min() > 0.98


def test_without_openvino_a_sentence_says_what_to_do(graph: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(OneNetError, match=r"onenet/serving/requirements\.txt"):
        open_encoder(graph, precision="bfloat16")


def test_a_processor_without_bfloat16_looks_in_float32(
    graph: bytes,
    photos: np.ndarray,  # type: ignore[type-arg]
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    core = SimpleNamespace(get_property=lambda device, name: ["FP32", "INT8"])
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=lambda: core))
    exact = open_encoder(graph, threads=1).represent(photos)
    assert np.array_equal(open_encoder(graph, precision="bfloat16", threads=1).represent(photos), exact)
    assert "float32" in caplog.text
