"""A stranger: another network that never saw a dream being made, and is asked what is in it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import Ridge
from torch import Tensor
from torch.nn import functional as F

from onenet.datasets.features import cached_maps
from onenet.network.encoders import as_maps, load_encoder

ENCODER = "efficientnet_lite0"

_RIDGE = 3000.0  # chosen on dev photos
_BATCH = 100


class Stranger:
    """EfficientNet-Lite0 as ImageNet made it, and a linear map to sentences fitted to training photos.

    What only fools the network that dreamt it says nothing to this one.

    Args:
        photos: N training photos.
        sentences: The mean representation of each photo's captions, shape (N, D).
        cache: Folder of the feature cache.
        progress: Called with photos done and in all.
    """

    def __init__(
        self, photos: Sequence[Path], sentences: Tensor, cache: Path, *, progress: Callable[[int, int], None]
    ) -> None:
        self._encoder = load_encoder(ENCODER)
        maps = cached_maps(ENCODER, photos, cache, progress=progress)[:, 0]
        rows = range(0, len(photos), _BATCH)
        features = torch.cat([self._features(as_maps(maps[row : row + _BATCH])) for row in rows])
        self._centre, self._scale = features.mean(dim=0), features.std(dim=0) + 1e-4
        self._mean = sentences.mean(dim=0)
        known = ((features - self._centre) / self._scale).numpy()
        line = Ridge(_RIDGE, fit_intercept=False).fit(known, (sentences - self._mean).numpy())
        self._map = torch.from_numpy(line.coef_.T)

    @torch.no_grad()
    def scores(self, pictures: Sequence[Image.Image], sentences: Tensor) -> NDArray[np.float32]:
        """Tell how well each picture fits each of S sentences (S, D): cosines, shape (len(pictures), S)."""
        features = self._features(
            self._encoder.maps(torch.from_numpy(self._encoder.spec.transform.batch(pictures)))
        )
        guesses = F.normalize((features - self._centre) / self._scale @ self._map, dim=-1)
        found: NDArray[np.float32] = (guesses @ F.normalize(sentences - self._mean, dim=-1).T).numpy()
        return found

    @torch.no_grad()
    def _features(self, maps: Tensor) -> Tensor:
        features: Tensor = self._encoder.top(maps).mean(dim=(2, 3))
        return features


def chosen_among(scores: NDArray[np.float32], *, choices: int = 4) -> float:
    """Give the share of pictures for which the own sentence is chosen among that many, the others drawn.

    The mean over all draws, not one of them.

    Args:
        scores: Of S pictures and as many sentences, shape (S, S); the own ones on the diagonal.
    """
    others = len(scores) - 1
    lower = (scores < scores.diagonal()[:, None]).sum(axis=1)
    share = np.ones(len(scores))
    for drawn in range(choices - 1):
        share *= (lower - drawn).clip(min=0) / (others - drawn)
    return float(share.mean())
