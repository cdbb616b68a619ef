"""What the phases of a training learn from, and the losses that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.class_names import class_names
from onenet.network.classifier import Classifier, load_classifier
from onenet.network.encoders import as_maps
from onenet.network.model import BATCH, OneNet, in_block
from onenet.network.special_words import PAD_ID
from onenet.network.vocabulary import Vocabulary
from onenet.training.batches import LearntCaption, Split, hide_words
from onenet.training.config import TrainConfig


@dataclass
class Lessons:
    """What the steps learn from.

    Attributes:
        config: Of the training.
        train_set: Photos and their captions.
        text: Sentences of no photo, as ids with the start word and `<end>`, with their languages.
        device: Where the network is.
    """

    config: TrainConfig
    train_set: Split
    text: Sequence[LearntCaption]
    device: str

    @property
    def vocabulary(self) -> Vocabulary:
        """The network's."""
        return self.train_set.vocabulary

    @cached_property
    def names(self) -> list[list[int]]:
        """The names of the classifier's classes as sentences."""
        return [self.vocabulary.encode(name) for name in class_names()]

    @cached_property
    def classified(self) -> Tensor | None:
        """What the classifier says of each photo as it is, logits (N, 1000), float16; None without one."""
        classifier = load_classifier(self.config.encoder) if self.config.names_weight else None
        return None if classifier is None else _classify(classifier.to(self.device), self.train_set)


def read(model: OneNet, config: TrainConfig, token_ids: Tensor, generator: torch.Generator) -> Tensor:
    """Guess the representations of sentences (B, T) some of whose words are hidden, shape (B, D)."""
    known = hide_words(token_ids.cpu(), config.word_dropout, generator).to(token_ids.device)
    return model.represent_sentence(known)


def written_loss(
    model: OneNet,
    lessons: Lessons,
    representations: Tensor,
    captions: Sequence[LearntCaption],
    token_ids: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, int]:
    """Sum of the losses of captions given representations (B, D), in nats, and their tokens.

    Each is chosen among the words of its language alone.

    Args:
        token_ids: Of the captions, padded, shape (B, T).
    """
    config = lessons.config
    known = hide_words(token_ids.cpu(), config.word_dropout, generator).to(token_ids.device)
    hidden = model.decode(representations, known[:, :-1])  # (B, T - 1, H)
    targets = token_ids[:, 1:]
    nats, there = torch.zeros((), device=token_ids.device), targets != PAD_ID
    for language in sorted({caption.language for caption in captions}):
        own = torch.tensor([caption.language == language for caption in captions], device=token_ids.device)
        chosen = there & own.unsqueeze(1)
        block = lessons.vocabulary.block(language)
        logits = model.logits(hidden[chosen], block)
        nats = nats + F.cross_entropy(
            logits.float(),
            in_block(targets[chosen], block),
            label_smoothing=config.label_smoothing,
            reduction="sum",
        )
    return nats, int(there.sum())


def blur(representations: Tensor, length: float, generator: torch.Generator) -> Tensor:
    """Add noise of a length to representations (B, D), and give them unit length again."""
    noise = torch.randn(representations.shape, generator=generator).to(representations.device)
    return F.normalize(representations + length / representations.shape[1] ** 0.5 * noise, dim=-1)


@torch.no_grad()
def _classify(classifier: Classifier, photos: Split) -> Tensor:
    batches = (photos.straight[start : start + BATCH] for start in range(0, len(photos), BATCH))
    device = next(classifier.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        logits = torch.cat([classifier(as_maps(batch).to(device)).cpu() for batch in batches])
    return logits.half()
