"""What a training run reads: photos with their captions, in batches."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.datasets.features import cached_maps
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.errors import DatasetError
from onenet.evaluation.evaluation_set import EvaluationSet
from onenet.network.model import OneNet, all_features
from onenet.network.vocabulary import UNK_ID, Vocabulary
from onenet.training.config import TrainConfig
from onenet.training.run import Progress


@dataclass
class Split:
    """Photos of a split as a training run reads them.

    Attributes:
        photos: N of them.
        vocabulary: The network's.
        maps: What the trunk gives of each of the photos' views, shape (N, views, h, w, C).
        captions: Of each photo, as ids.
    """

    photos: Sequence[CaptionedPhoto]
    vocabulary: Vocabulary
    maps: NDArray[np.float16]
    captions: list[list[list[int]]]

    @torch.no_grad()
    def seen_by(self, model: OneNet, device: str) -> EvaluationSet:
        """Represent the photos with a network in eval mode, to measure it on them."""
        representations = model.represent(all_features(model, self.maps[:, 0], device))
        return EvaluationSet(self.photos, representations, self.vocabulary)

    @torch.no_grad()
    def represent_views(self, model: OneNet, bfloat16: bool, device: str) -> Tensor:
        """Represent all views of the photos with a network in eval mode, shape (N, views, D)."""
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bfloat16):
            views = [all_features(model, self.maps[:, view], device) for view in range(self.maps.shape[1])]
        return torch.stack([model.represent(features.float()) for features in views], dim=1)


def load_set(
    photos: Sequence[CaptionedPhoto],
    vocabulary: Vocabulary,
    encoder: str,
    views: int,
    work: Path,
    device: str,
    progress: Callable[[Progress], None],
) -> Split:
    """Read photos through the cache of their maps, and their captions.

    Raises:
        DatasetError: If there is no caption.
    """
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        progress(Progress("features", done, total, time_left_s=left))

    paths = [photo.path for photo in photos]
    maps = cached_maps(encoder, paths, work / "features", views=views, device=device, progress=report)
    captions = [[vocabulary.encode(sentence) for sentence in photo.captions] for photo in photos]
    if not any(captions):
        raise DatasetError("The data set has no captions to learn from.")
    in_memory = np.array(maps)  # steps pick at random, which a disk does slowly
    return Split(photos, vocabulary, in_memory, captions)


def photo_batches(photos: int, config: TrainConfig, epoch: int) -> list[list[int]]:
    """Shuffle all photos into batches."""
    order = np.random.default_rng([config.seed, epoch]).permutation(photos).tolist()
    batches = [order[start : start + config.batch_size] for start in range(0, photos, config.batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:  # batch norm needs two; the next epoch has others alone
        batches[-1] = [*batches[-1], batches[0][0]]
    return batches


def caption_batches(
    lengths: Sequence[int], batch_size: int, bucket_batches: int, seed: Sequence[int]
) -> list[list[int]]:
    """Shuffle all captions, then sort by length within buckets so that a batch pads little.

    Args:
        lengths: Of the captions, in tokens.
        bucket_batches: So many batches are sorted together.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths)).tolist()
    batches: list[list[int]] = []
    for start in range(0, len(order), batch_size * bucket_batches):
        bucket = order[start : start + batch_size * bucket_batches]
        by_length = sorted(bucket, key=lambda number: lengths[number])
        batches += [by_length[first : first + batch_size] for first in range(0, len(by_length), batch_size)]
    return [batches[number] for number in random.permutation(len(batches))]


def hide_words(token_ids: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Put `<unk>` in the place of a share of the words."""
    hidden = (torch.rand(token_ids.shape, generator=generator) < share) & (token_ids > UNK_ID)
    return token_ids.masked_fill(hidden, UNK_ID)
