"""EfficientNet-Lite read without PyTorch: its weights are those that PyTorch reads; no code is run."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.errors import CheckpointError
from onenet.network.class_names import class_names
from onenet.network.lite import lite_number, weights_path
from onenet.network.pth import read_pth


@pytest.mark.parametrize("number", [0, 2])
def test_weights_are_those_that_pytorch_reads(number: int) -> None:
    expected = torch.load(weights_path(number), map_location="cpu", weights_only=True)
    found = read_pth(weights_path(number))
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        assert found[name].dtype == weight.numpy().dtype
        assert np.array_equal(found[name], weight.numpy()), name


def test_what_is_damaged_or_runs_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("this must never be run",)

    head = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    whole = weights_path(0).read_bytes()
    contents = [
        b"",
        b"hello",
        whole[:1000],
        whole[:-1000],
        pickle.dumps(1) * 3,
        head + pickle.dumps(Evil(), 2),
    ]
    for content in contents:
        path = tmp_path / "weights.pth"
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"weights\.pth is damaged"):
            read_pth(path)


def test_what_encoders_are_lite() -> None:
    assert lite_number("efficientnet_lite2") == 2
    assert lite_number("efficientnet_lite0") == 0
    assert lite_number("inception_v3") is lite_number("efficientnet_lite7") is None


def test_class_names_are_torchvisions() -> None:
    from torchvision.models import EfficientNet_B0_Weights

    assert class_names() == tuple(EfficientNet_B0_Weights.IMAGENET1K_V1.meta["categories"])
