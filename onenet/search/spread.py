"""How photos spread over the representation: what many of them share says little about one of them.

With what all photos have in common taken away, and the directions in which they differ most made shorter, one
example tells more: the discriminant of a single photo (Hariharan, Malik & Ramanan 2012, “Discriminative
decorrelation for clustering and classification”).

Some photos are near to sentences of many kinds, and are found too often therefore (hubs). How near a photo is
to the sentences that come nearest says how much less its cosine is worth (cross-domain similarity local
scaling, Conneau et al. 2018, arXiv:1710.04087).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from onenet.files import replace_file

Floats = NDArray[np.float32]

# Of the covariance, made alike in all directions; chosen on half of the classes of `evaluation.teaching`.
SHRINKAGE = 0.3
NEAREST_SENTENCES = 10  # as many of the sentences tell of a photo whether it is a hub
LEAST_EXCESS = -0.08  # photos that nobody photographs, noise or a blank page, are not found more for that
_FORMAT = "onenet-spread-2"
_TENSORS = ("centre", "whitening", "sentences")
_PHOTOS_AT_ONCE = 1000


@dataclass(frozen=True)
class Spread:
    """Where photos lie, and how.

    Attributes:
        centre: Mean representation of photos, shape (D,).
        whitening: The square root of the inverse of their covariance, shape (D, D).
        sentences: What the sentence encoder makes of sentences of all kinds, shape (S, D), unit length.
        usually_near: The cosine of a photo with the nearest of these, in the mean.
    """

    centre: Floats
    whitening: Floats
    sentences: Floats
    usually_near: float

    @classmethod
    def of(cls, representations: Floats, sentences: Floats) -> "Spread":
        """Measure it on the representations of many photos, shape (N, D), and of sentences, shape (S, D)."""
        covariance = np.cov(representations, rowvar=False)
        size = len(covariance)
        alike = np.trace(covariance) / size
        values, directions = np.linalg.eigh((1 - SHRINKAGE) * covariance + SHRINKAGE * alike * np.eye(size))
        whitening = (directions * np.sqrt(alike / values)) @ directions.T
        return cls(
            representations.mean(axis=0).astype(np.float32),
            whitening.astype(np.float32),
            sentences,
            float(_nearness(representations, sentences).mean()),
        )

    def seen(self, representations: Floats) -> Floats:
        """Give what tells photos (N, D) apart from others, shape (N, D), unit length."""
        rows = (representations - self.centre) @ self.whitening
        found: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return found

    def excess(self, representations: Floats) -> Floats:
        """Tell how much nearer photos (N, D) are to sentences than usual, in cosine, shape (N,).

        What is far from all that is ever said counts as if it were no further than dev photos are.
        """
        found = _nearness(representations, self.sentences) - np.float32(self.usually_near)
        return found.clip(min=LEAST_EXCESS)

    def save(self, path: Path, fingerprint: str, card: Mapping[str, Any]) -> None:
        """Write it to a file, in half precision; the file is replaced atomically.

        Args:
            fingerprint: Of the network whose representations these were.
            card: Where it comes from.
        """
        tensors = {name: getattr(self, name).astype(np.float16) for name in _TENSORS}
        metadata = {
            "format": _FORMAT,
            "fingerprint": fingerprint,
            "usually_near": str(self.usually_near),
            "card": json.dumps(dict(card)),
        }
        replace_file(path, to_bytes(tensors, metadata))


def load_spread(path: Path, fingerprint: str) -> Spread | None:
    """Read how the photos of a network spread; None if that was not measured, or of another network."""
    try:
        with safe_open(path, framework="np") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name).astype(np.float32) for name in _TENSORS}
    except (SafetensorError, OSError):
        return None
    if metadata.get("format") != _FORMAT or metadata.get("fingerprint") != fingerprint:
        return None
    return Spread(**tensors, usually_near=float(metadata["usually_near"]))


def spread_beside(checkpoint: Path) -> Path:
    """Name the file of how the photos of a network in a file spread."""
    return checkpoint.with_name(f"{checkpoint.stem}-spread.safetensors")


def _nearness(photos: Floats, sentences: Floats) -> Floats:
    """Give the mean cosine of photos (N, D) with the sentences nearest to each, shape (N,), float32."""
    count = min(NEAREST_SENTENCES, len(sentences))
    means = np.zeros(len(photos), np.float32)
    for start in range(0, len(photos), _PHOTOS_AT_ONCE):
        part = slice(start, start + _PHOTOS_AT_ONCE)
        cosines = photos[part] @ sentences.T
        means[part] = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    return means
