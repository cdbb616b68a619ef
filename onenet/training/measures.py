"""What dev says of a network in training."""

import math
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.datasets.features import as_maps
from onenet.evaluation.retrieval import ranks
from onenet.network.model import OneNet, caption_loss, pad_captions

BATCH = 50  # photos, and a fifth of the captions, that are measured together


class DevFigures(NamedTuple):
    """What dev says after an epoch.

    Attributes:
        loss: Of the captions, nats a token.
        recall: R@10 of the sentence encoder's guesses, per cent.
        cider: Of the captions that would be served, times 100; NaN where it is not measured.
    """

    loss: float
    recall: float
    cider: float = math.nan


@torch.no_grad()
def dev_figures(model: OneNet, features: Tensor, captions: list[list[list[int]]]) -> DevFigures:
    """Measure loss and recall.

    Args:
        model: In eval mode.
        features: Of the photos, shape (N, F).
        captions: Of each photo, with `<start>` and `<end>`.
    """
    token_ids = [ids for own in captions for ids in own]
    rows = np.repeat(np.arange(len(captions)), [len(own) for own in captions])
    guesses = [
        model.represent_sentence(pad_captions(token_ids[start : start + 5 * BATCH]).to(features.device))
        for start in range(0, len(token_ids), 5 * BATCH)
    ]
    representations = model.represent(features).cpu().numpy()
    found = ranks(torch.cat(guesses).cpu().numpy(), representations, rows)
    loss = mean_caption_loss(model, features, rows, token_ids)
    return DevFigures(loss, 100 * float((found <= 10).mean()))


@torch.no_grad()
def all_features(model: OneNet, maps: NDArray[np.float16], device: str = "cpu") -> Tensor:
    """Features of photos, shape (N, F), float32, from what the trunk gave, (N, h, w, C)."""
    batches = (maps[start : start + BATCH] for start in range(0, len(maps), BATCH))
    return torch.cat([model.features(as_maps(batch).to(device)) for batch in batches])


class Captioner(Protocol):
    """What says captions of features: the network, or one that it is compared with."""

    def represent(self, features: Tensor, /) -> Tensor:
        """Map features (B, F) to representations (B, D)."""
        ...

    def __call__(self, representation: Tensor, token_ids: Tensor, /) -> Tensor:
        """Give logits (B, T, V) of the words that follow `token_ids` (B, T)."""
        ...


@torch.no_grad()
def mean_caption_loss(
    model: Captioner, features: Tensor, rows: NDArray[np.int64], token_ids: list[list[int]]
) -> float:
    """Mean loss of captions in nats a token, `<end>` counted, unknown words as `<unk>`.

    Args:
        model: In eval mode.
        features: Of the photos, shape (N, F).
        rows: The photo of each caption.
        token_ids: Captions with `<start>` and `<end>`.
    """
    total = tokens = 0.0
    representations = model.represent(features)
    for start in range(0, len(token_ids), 5 * BATCH):
        batch = slice(start, start + 5 * BATCH)
        ids = pad_captions(token_ids[batch]).to(features.device)
        count = sum(len(caption) - 1 for caption in token_ids[batch])
        total += float(caption_loss(model(representations[rows[batch]], ids[:, :-1]), ids)) * count
        tokens += count
    return total / tokens
