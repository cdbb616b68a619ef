"""Sources of photos and captions -> what the steps of a training read."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.datasets.device_maps import kept_on_device
from onenet.datasets.features import cached_maps
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.datasets.sources import PhotoSource
from onenet.errors import DatasetError
from onenet.network.special_words import ENGLISH
from onenet.network.transforms import Transform
from onenet.network.vocabulary import Vocabulary
from onenet.training.batches import Split
from onenet.training.progress import Progress


def load_set(
    sources: Sequence[PhotoSource],
    split: str,
    vocabulary: Vocabulary,
    encoder: str,
    work: Path,
    device: str,
    progress: Callable[[Progress], None],
    *,
    transform: Transform | None = None,
    on_device: bool = False,
) -> Split:
    """Read the photos of sources through the cache of their maps, and their captions.

    Args:
        split: train, with all views, or dev, where photos are seen as they are.
        transform: The photos' preprocessing; None: that of the encoder's training.
        on_device: Whether the maps are made and kept on the device instead, see `kept_on_device`.

    Raises:
        DatasetError: If there is no caption.
    """
    began = time.monotonic()
    parts: list[NDArray[np.float16] | Tensor] = []
    counts: list[int] = []
    photos: list[CaptionedPhoto] = []
    firsts = len(sources[0].train if split == "train" else sources[0].dev)
    total = sum(len(source.train if split == "train" else source.dev) for source in sources)

    def report(done: int, _: int) -> None:
        known = max(1, len(photos) + done)
        progress(
            Progress(
                "features", known, total, time_left_s=(time.monotonic() - began) / known * (total - known)
            )
        )

    for source in sources:
        own, views = (source.train, source.views) if split == "train" else (source.dev, 1)
        if own:
            paths = [photo.path for photo in own]
            maps: NDArray[np.float16] | Tensor
            cache = work / "features"
            if on_device:
                maps = kept_on_device(
                    encoder, paths, cache, device, views=views, transform=transform, progress=report
                )
            else:
                maps = cached_maps(
                    encoder, paths, cache, views=views, transform=transform, device=device, progress=report
                )
            parts.append(maps.reshape(-1, *maps.shape[2:]))
            counts += [views] * len(own)
            photos += own
    captions = [_encoded(photo, vocabulary) for photo in photos]
    if not any(captions):
        raise DatasetError("The data set has no captions to learn from.")
    # in memory, since steps pick at random, which a disk does slowly
    together = torch.cat(parts) if on_device else np.concatenate(parts)  # type: ignore[arg-type]
    return Split(photos, vocabulary, together, np.cumsum([0, *counts]), captions, firsts)


def _encoded(photo: CaptionedPhoto, vocabulary: Vocabulary) -> dict[str, list[list[int]]]:
    by_language = {ENGLISH: photo.captions, **photo.others}
    return {
        language: [vocabulary.encode(sentence, language) for sentence in sentences]
        for language, sentences in by_language.items()
        if sentences and language in vocabulary.languages
    }
