"""The encoder, observed: a photo's representation and what each layer did on the way to it."""

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from onenet.dreams.dreaming import LAYOUT
from onenet.network.encoders import encoder_spec
from onenet.network.model import OneNet

SIDE_PX = 224  # of photos whose layers are measured, and of dreams

_LEAST_VARIANCE = 1e-6  # of a channel; a dead one has none


def _go_on() -> None:
    """Give way to nobody."""


class Observation(NamedTuple):
    """What was seen of B photos.

    Attributes:
        representation: Shape (B, D), unit length.
        layers: Of each convolution with C channels: their means over the photo and the logs of their standard
            deviations, shape (B, 2C).
    """

    representation: Tensor
    layers: list[Tensor]


class ObservedEncoder:
    """A network's encoder in float32, apart from the one that serves.

    Attributes:
        sizes: How many statistics each layer has, 2C.
    """

    def __init__(self, model: OneNet) -> None:
        spec = encoder_spec(model.config.encoder)
        trunk, _ = spec.build(True)
        self._model = model
        self._mean = torch.tensor(spec.transform.mean).view(3, 1, 1)
        self._std = torch.tensor(spec.transform.std).view(3, 1, 1)
        layers = nn.Sequential(trunk, copy.deepcopy(model.top)).requires_grad_(False).eval()
        self._layers = layers.to(memory_format=torch.channels_last)
        self._seen: list[Tensor] = []
        convolutions = [layer for layer in self._layers.modules() if isinstance(layer, nn.Conv2d)]
        observed = convolutions[1:]  # the first has dead channels and sees little but pixels
        self.sizes = [2 * layer.out_channels for layer in observed]
        for layer in observed:
            layer.register_forward_hook(self._see)
        self._give_way = _go_on

    def __call__(self, photos: Tensor, *, give_way: Callable[[], None] = _go_on) -> Observation:
        """Look at photos, shape (B, 3, S, S), 0 to 1.

        Args:
            give_way: Called at each layer, also on the way back of a gradient; others may use the processor
                until it returns.
        """
        self._seen.clear()
        self._give_way = give_way
        pixels = ((photos - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        last_map = self._layers(pixels)
        layers = [_moments(output) for output in self._seen]
        self._seen.clear()
        return Observation(self._model.represent(last_map.mean(dim=(2, 3))), layers)

    def _see(self, layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self._seen.append(output)
        give_way = self._give_way
        give_way()
        if output.requires_grad:
            output.register_hook(lambda gradient: give_way())  # type: ignore[no-untyped-call]


def layout(photos: Tensor) -> Tensor:
    """Give the mean colours of a photo's cells, (B, 3, S, S) -> (B, 3, 16, 16)."""
    return F.adaptive_avg_pool2d(photos, LAYOUT)


def contrast(cells: Tensor) -> Tensor:
    """Give the log of the standard deviation over a layout's cells, (B, 3, 16, 16) -> (B, 3)."""
    return 0.5 * torch.log(cells.flatten(2).var(dim=2) + _LEAST_VARIANCE)


def _moments(output: Tensor) -> Tensor:
    mean = output.mean(dim=(2, 3))
    variance = (output * output).mean(dim=(2, 3)) - mean * mean
    return torch.cat([mean, 0.5 * torch.log(variance.clamp(min=_LEAST_VARIANCE))], dim=1)
