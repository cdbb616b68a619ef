"""What a network is measured on: photos as it represents them, and all that people said of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from onenet.datasets.features import cached_maps
from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.network.encoders import serving_transform
from onenet.network.losses import caption_loss
from onenet.network.model import BATCH, OneNet, all_features, in_block, pad_captions
from onenet.network.special_words import ENGLISH
from onenet.network.vocabulary import Vocabulary

# Gives logits (B, T, V) of the words that follow token ids (B, T), given representations (B, D).
Decoder = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class EvaluationSet:
    """N photos and their Q captions.

    Attributes:
        photos: The photos.
        representations: Of the photos, shape (N, D).
        vocabulary: The network's.
        language: Of the captions.
    """

    photos: Sequence[CaptionedPhoto]
    representations: Tensor
    vocabulary: Vocabulary
    language: str = ENGLISH

    @property
    def block(self) -> range:
        """The ids of the language's words."""
        return self.vocabulary.block(self.language)

    @cached_property
    def token_ids(self) -> list[list[int]]:
        """The captions one after the other, with `<start>` and `<end>`."""
        return [self.vocabulary.encode(text, self.language) for text in self.descriptions]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The photo of each caption, shape (Q,)."""
        return rows_of_captions(self.photos, self.language)

    @property
    def descriptions(self) -> list[str]:
        """The captions as people wrote them."""
        return [text for photo in self.photos for text in photo.captions_in(self.language)]

    @cached_property
    def queries(self) -> list[list[int]]:
        """The captions as they are searched for: without the words that were never read."""
        return [self.vocabulary.encode_known(text, self.language) for text in self.descriptions]


def load_evaluation_set(
    model: OneNet,
    vocabulary: Vocabulary,
    data: Path,
    split: str,
    *,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvaluationSet:
    """Load the photos of a split, represented as they are served.

    Args:
        model: In eval mode.
        data: See `onenet.datasets.flickr8k.load_split`.
        cache: Folder of the feature cache.
        progress: Called with photos done and in all.

    Raises:
        DatasetError: If the split cannot be read.
    """
    return represent_photos(model, vocabulary, load_split(data, split), cache=cache, progress=progress)


def represent_photos(
    model: OneNet,
    vocabulary: Vocabulary,
    photos: Sequence[CaptionedPhoto],
    *,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvaluationSet:
    """Represent photos as they are served; see `load_evaluation_set`."""
    paths = [photo.path for photo in photos]
    transform = serving_transform(model.config)
    maps = cached_maps(
        model.config.encoder, paths, cache, transform=transform, bfloat16=False, progress=progress
    )[:, 0]
    with torch.no_grad():
        representations = model.represent(all_features(model, maps))
    return EvaluationSet(photos, representations, vocabulary)


def evaluation_sets(
    photos: Sequence[CaptionedPhoto], representations: Tensor, vocabulary: Vocabulary
) -> list[EvaluationSet]:
    """Divide photos, represented as (N, D), by the languages of their captions, English first."""
    found = []
    for language in vocabulary.languages:
        rows = [row for row, photo in enumerate(photos) if photo.captions_in(language)]
        if rows:
            chosen = [photos[row] for row in rows]
            found.append(EvaluationSet(chosen, representations[rows], vocabulary, language))
    return found


def rows_of_captions(photos: Sequence[CaptionedPhoto], language: str = ENGLISH) -> NDArray[np.int64]:
    """Give the row of each caption's photo, the captions of a language one after the other."""
    return np.repeat(np.arange(len(photos)), [len(photo.captions_in(language)) for photo in photos])


@torch.no_grad()
def mean_caption_loss(decoder: Decoder, photos: EvaluationSet) -> float:
    """Mean loss of captions in nats a token, `<end>` counted, unknown words as `<unk>`.

    Args:
        decoder: In eval mode; it chooses among the words of the captions' language, see `in_block`.
        photos: Their representations on the decoder's device.
    """
    total = tokens = 0.0
    for start in range(0, len(photos.token_ids), 5 * BATCH):
        batch = slice(start, start + 5 * BATCH)
        captions = photos.token_ids[batch]
        ids = pad_captions(captions).to(photos.representations.device)
        count = sum(len(caption) - 1 for caption in captions)
        logits = decoder(photos.representations[photos.rows[batch]], ids[:, :-1])
        total += float(caption_loss(logits, in_block(ids, photos.block))) * count
        tokens += count
    return total / tokens


def batches_by_length(token_ids: Sequence[list[int]]) -> Iterator[tuple[list[int], Tensor]]:
    """Take captions of like length together: their numbers, and they themselves padded, shape (B, T)."""
    by_length = sorted(range(len(token_ids)), key=lambda number: len(token_ids[number]))
    for start in range(0, len(by_length), BATCH):
        chosen = by_length[start : start + BATCH]
        yield chosen, pad_captions([token_ids[number] for number in chosen])


@torch.no_grad()
def sentence_guesses(model: OneNet, token_ids: Sequence[list[int]]) -> Tensor:
    """Give the sentence encoder's guesses for sentences, shape (Q, D)."""
    guesses = torch.zeros(len(token_ids), model.config.representation_size)
    for chosen, batch in batches_by_length(token_ids):
        guesses[chosen] = model.represent_sentence(batch)
    return guesses
