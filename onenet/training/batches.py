"""What a training run learns from: maps of photos, their captions as token ids, and how they are mixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.network.hardware import to_device
from onenet.network.model import OneNet, all_features, maps_for
from onenet.network.special_words import ENGLISH, UNK_ID
from onenet.network.vocabulary import Vocabulary
from onenet.training.config import TrainConfig

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class LearntCaption:
    """A caption to learn from.

    Attributes:
        row: The photo that it tells of.
        language: Its code.
        token_ids: With the language's start word and `<end>`.
    """

    row: int
    language: str
    token_ids: list[int]


@dataclass
class Split:
    """Photos of a split as a training run reads them; N of them, of one source or several.

    Attributes:
        photos: The photos.
        vocabulary: The network's.
        maps: What the trunk gives of all views of all photos, shape (views of all, h, w, C): an array, or a
            tensor on the device that is trained on.
        first_views: Where the views of each photo begin, and where those of the last end, shape (N + 1,).
        captions: Of each photo, by language, as ids.
        firsts: How many of the photos, from the first on, are of the first source.
    """

    photos: Sequence[CaptionedPhoto]
    vocabulary: Vocabulary
    maps: NDArray[np.float16] | Tensor
    first_views: NDArray[np.int64]
    captions: list[dict[str, list[list[int]]]]
    firsts: int

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def straight(self) -> NDArray[np.float16] | Tensor:
        """The maps of the photos as they are, shape (N, h, w, C)."""
        return self._stored(torch.from_numpy(self.first_views[:-1]))

    def see(self, views: Tensor, device: str) -> Tensor:
        """Give the maps of views by their places, shape (B, C, h, w), float32, on a device."""
        return maps_for(self._stored(views), device)

    def _stored(self, views: Tensor) -> NDArray[np.float16] | Tensor:
        if isinstance(self.maps, Tensor):
            return self.maps[to_device(views, self.maps.device)]
        stored: NDArray[np.float16] = self.maps[views.numpy()]
        return stored

    def draw_views(self, rows: Sequence[int] | NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """Choose one view of each of some photos at random: its place among the views of all, shape (B,)."""
        counts = torch.from_numpy(np.diff(self.first_views)[rows])
        chosen = (torch.rand(len(counts), generator=generator) * counts).long()
        return torch.from_numpy(self.first_views[rows]) + chosen

    def learnt_captions(self) -> list[LearntCaption]:
        """Give all captions, photo by photo, English first."""
        return [
            LearntCaption(row, language, ids)
            for row, own in enumerate(self.captions)
            for language, captions in own.items()
            for ids in captions
        ]

    def features_of_views(self, model: OneNet, bfloat16: bool, device: str) -> Tensor:
        """Give the features of all views of all photos, shape (views of all, F), float32."""
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bfloat16):
            return all_features(model, self.maps, device).float()

    @torch.no_grad()
    def represent_views(self, model: OneNet, bfloat16: bool, device: str) -> Tensor:
        """Represent all views of all photos with a network in eval mode, shape (views of all, D)."""
        return model.represent(self.features_of_views(model, bfloat16, device))


def choose_captions(
    photos: Split, chosen: Sequence[int], config: TrainConfig, generator: torch.Generator
) -> list[LearntCaption]:
    """Choose some captions of each of some photos; rows count the chosen photos.

    All English ones where a photo has no others; else so many of them, and of the others so many.
    """
    found: list[LearntCaption] = []
    for row, number in enumerate(chosen):
        own = photos.captions[number]
        english = own.get(ENGLISH, [])
        others = [
            LearntCaption(row, language, ids)
            for language, captions in own.items()
            if language != ENGLISH
            for ids in captions
        ]
        if others:
            english = _some(english, config.english_captions, generator)
            others = _some(others, config.other_captions, generator)
        found += [LearntCaption(row, ENGLISH, ids) for ids in english] + others
    return found


def _some(items: Sequence[_Item], count: int, generator: torch.Generator) -> list[_Item]:
    return [items[place] for place in torch.randperm(len(items), generator=generator)[:count].tolist()]


def photo_batches(photos: int | Sequence[int], config: TrainConfig, epoch: int) -> list[list[int]]:
    """Shuffle photos, all of so many or those named, into batches."""
    numbers = np.arange(photos) if isinstance(photos, int) else np.asarray(photos)
    order = np.random.default_rng([config.seed, epoch]).permutation(numbers).tolist()
    batches = [order[start : start + config.batch_size] for start in range(0, len(order), config.batch_size)]
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


def caption_batches_by_language(
    captions: Mapping[str, Sequence[int]],
    lengths: Sequence[int],
    batch_size: int,
    bucket_batches: int,
    seed: Sequence[int],
) -> list[list[int]]:
    """Shuffle captions into batches of one language each, in any order; see `caption_batches`.

    Args:
        captions: By language (or any other kind), the numbers of its captions.
        lengths: Of all captions, in tokens.
    """
    batches: list[list[int]] = []
    for place, numbers in enumerate(captions.values()):
        own = caption_batches(
            [lengths[number] for number in numbers], batch_size, bucket_batches, [*seed, place]
        )
        batches += [[numbers[each] for each in batch] for batch in own]
    return [batches[number] for number in np.random.default_rng(seed).permutation(len(batches))]


def hide_words(token_ids: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Put `<unk>` in the place of a share of the words; the start word stays."""
    hidden = (torch.rand(token_ids.shape, generator=generator) < share) & (token_ids > UNK_ID)
    hidden[:, 0] = False
    return token_ids.masked_fill(hidden, UNK_ID)
