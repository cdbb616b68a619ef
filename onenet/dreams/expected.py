"""What the layers are expected to do in a photo of a description: linear in its representation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from onenet.dreams.dreaming import LAYOUT
from onenet.errors import N_, CheckpointError
from onenet.files import replace_file

_FORMAT = "onenet-dreams-1"
_ABSENT = N_(
    "I cannot dream: {file} is missing, damaged or of another network. Whoever runs me can make it with: "
    "python -m onenet layers DATA"
)
_TENSORS = ("centre", "directions", "loadings", "mean", "deviation")
_COLOURS = 3
_LAYOUT_SIZE = _COLOURS * LAYOUT * LAYOUT


@dataclass(frozen=True)
class Statistics:
    """All N statistics of B photos.

    Attributes:
        layout: Mean colours, shape (B, 3, 16, 16).
        contrast: Shape (B, 3).
        layers: Of each layer, shape (B, 2C).
    """

    layout: Tensor
    contrast: Tensor
    layers: list[Tensor]

    @classmethod
    def from_rows(cls, rows: Tensor, sizes: Sequence[int]) -> "Statistics":
        """Give the statistics that rows of all of them, (B, N), hold.

        Args:
            sizes: 2C of each layer.
        """
        cells, contrast, *layers = torch.split(rows, [_LAYOUT_SIZE, _COLOURS, *sizes], dim=1)
        return cls(cells.view(-1, _COLOURS, LAYOUT, LAYOUT), contrast, layers)

    def rows(self) -> Tensor:
        """Give all statistics of each photo in one row, shape (B, N)."""
        return torch.cat([self.layout.flatten(1), self.contrast, *self.layers], dim=1)


@dataclass(frozen=True)
class ExpectedStatistics:
    """N statistics as a linear function of a representation, and how far photos are from it.

    Fitted by `onenet.training.layers` to the training photos and their captions, once for a network.

    Attributes:
        fingerprint: Of the network whose layers were measured.
        centre: Mean of the captions' representations, shape (D,).
        directions: Those that matter most, shape (D, R).
        loadings: What each brings to each statistic, shape (R, N).
        mean: Shape (N,).
        deviation: Root of the mean squared error of what is expected, shape (N,).
        card: Where it comes from.
    """

    fingerprint: str
    centre: Tensor
    directions: Tensor
    loadings: Tensor
    mean: Tensor
    deviation: Tensor
    card: Mapping[str, Any]

    def of(self, representations: Tensor) -> Tensor:
        """Give the statistics that photos with these representations (B, D) should have, shape (B, N)."""
        return self.mean + (representations - self.centre) @ self.directions @ self.loadings

    def save(self, path: Path) -> None:
        """Write them to a file, in half precision; the file is replaced atomically."""
        tensors = {name: getattr(self, name).half().contiguous() for name in _TENSORS}
        metadata = {"format": _FORMAT, "fingerprint": self.fingerprint, "card": json.dumps(dict(self.card))}
        replace_file(path, to_bytes(tensors, metadata))


def load_expected(path: Path, fingerprint: str) -> ExpectedStatistics:
    """Read what the layers of a network are expected to do.

    Raises:
        CheckpointError: If the file is missing, damaged, or of another network.
    """
    if not path.is_file():
        raise CheckpointError(_ABSENT, file=path.name)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name).float() for name in _TENSORS}
        card = json.loads(metadata["card"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CheckpointError(_ABSENT, file=path.name) from error
    if metadata.get("format") != _FORMAT or metadata.get("fingerprint") != fingerprint:
        raise CheckpointError(_ABSENT, file=path.name)
    return ExpectedStatistics(fingerprint, **tensors, card=card)
