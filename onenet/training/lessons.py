"""What the phases of a training learn from, and the losses that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.class_names import class_names
from onenet.network.classifier import Classifier, load_classifier
from onenet.network.hardware import to_device
from onenet.network.model import BATCH, OneNet, in_block, maps_for, pad_captions
from onenet.network.special_words import PAD_ID
from onenet.network.vocabulary import Vocabulary
from onenet.training.batches import LearntCaption, Split, hide_words
from onenet.training.config import TrainConfig
from onenet.training.teachers import Teachers

_TAUGHT_NAMES = 3  # classes of each photo whose names are learnt from it


@dataclass
class Lessons:
    """What the steps learn from.

    Attributes:
        config: Of the training.
        train_set: Photos and their captions.
        text: Sentences of no photo, as ids with the start word and `<end>`, with their languages.
        device: Where the network is.
        teachers: From which it learns too; None: from none.
        pseudo_captions: What one of them says of photos that have no captions.
    """

    config: TrainConfig
    train_set: Split
    text: Sequence[LearntCaption]
    device: str
    teachers: Teachers | None = None
    pseudo_captions: Sequence[LearntCaption] = ()

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
        """What the classifier says of each photo as it is, logits (N, 1000), float16; None without one.

        In the processor's memory.
        """
        classifier = load_classifier(self.config.encoder) if self.config.names_weight else None
        return None if classifier is None else _classify(classifier.to(self.device), self.train_set)


def read(model: OneNet, config: TrainConfig, token_ids: Tensor, generator: torch.Generator) -> Tensor:
    """Guess the representations of sentences (B, T) some of whose words are hidden, shape (B, D).

    The ids are in the processor's memory, where the steps of a GPU are prepared without waiting for it.
    """
    known = hide_words(token_ids, config.word_dropout, generator)
    return model.represent_sentence(to_device(known, model.log_sharpness.device))


def written_loss(
    model: OneNet,
    lessons: Lessons,
    representations: Tensor,
    captions: Sequence[LearntCaption],
    token_ids: Tensor,
    generator: torch.Generator,
    taught: Tensor | None = None,
) -> tuple[Tensor, int]:
    """Sum of the losses of captions given representations (B, D), in nats, and their tokens.

    Each is chosen among the words of its language alone.

    Args:
        token_ids: Of the captions, padded, shape (B, T), in the processor's memory.
        taught: What the teachers' representations are of the same, shape (K, B, D): their mean is learnt too,
            which is made of whole captions, while some words are hidden from the network.
    """
    config, device = lessons.config, lessons.device
    known = to_device(hide_words(token_ids, config.word_dropout, generator), device)
    hidden = model.decode(representations, known[:, :-1]).flatten(0, 1)  # (B * (T - 1), H)
    targets = token_ids[:, 1:].flatten()
    nats, there = torch.zeros((), device=device), targets != PAD_ID
    in_mind: Sequence[Tensor] = ()
    if taught is not None and lessons.teachers is not None:
        in_mind = lessons.teachers.decode(taught, to_device(token_ids[:, :-1], device))
    for language in sorted({caption.language for caption in captions}):
        own = torch.tensor([caption.language == language for caption in captions])
        chosen = (there & own.repeat_interleave(token_ids.shape[1] - 1)).nonzero().squeeze(1)
        block = lessons.vocabulary.block(language)
        places = to_device(chosen, device)
        logits = model.logits(hidden[places], block).float()
        own_nats = F.cross_entropy(
            logits,
            to_device(in_block(targets[chosen], block), device),
            label_smoothing=config.label_smoothing,
            reduction="sum",
        )
        if in_mind and lessons.teachers is not None:
            probable = lessons.teachers.next_words(in_mind, places, block)
            own_nats = own_nats.lerp(
                F.cross_entropy(logits, probable, reduction="sum"), config.teaching_weight
            )
        nats = nats + own_nats
    return nats, int(there.sum())


def blur(representations: Tensor, length: float, generator: torch.Generator) -> Tensor:
    """Add noise of a length to representations (..., D), and give them unit length again."""
    noise = to_device(torch.randn(representations.shape, generator=generator), representations.device)
    return F.normalize(representations + length / representations.shape[-1] ** 0.5 * noise, dim=-1)


def read_by_teachers(lessons: Lessons, token_ids: Tensor, generator: torch.Generator) -> Tensor | None:
    """Give what the teachers make of sentences of no photo (B, T), blurred as the network's, (K, B, D)."""
    if lessons.teachers is None:
        return None
    return blur(
        lessons.teachers.read(to_device(token_ids, lessons.device)), lessons.config.text_noise, generator
    )


def names_loss(model: OneNet, lessons: Lessons, representations: Tensor, chosen: Sequence[int]) -> Tensor:
    """How badly photos tell what the encoder's classifier said, and its classes' names them, weighted; nats.

    Args:
        representations: Of the photos, shape (B, D).
        chosen: Their places among the photos to learn from.
    """
    config, classified, device = lessons.config, lessons.classified, representations.device
    assert classified is not None
    said = classified[list(chosen)].float()  # (B, 1000)
    known = to_device(said, device)
    loss = config.names_weight * _told_loss(model, representations, known)
    if config.name_words_weight:
        likely = torch.unique(said.topk(_TAUGHT_NAMES, dim=-1).indices)
        token_ids = pad_captions([lessons.names[number] for number in likely.tolist()])
        names = model.represent_sentence(to_device(token_ids, device))  # (names, D)
        scores = representations @ names.t() * model.log_sharpness.exp().clamp(max=100.0)
        among = known[:, to_device(likely, device)].softmax(dim=-1)
        told = F.log_softmax(scores.float(), dim=-1)
        loss = loss + config.name_words_weight * F.kl_div(told, among, reduction="batchmean")
    return loss


def _told_loss(model: OneNet, representations: Tensor, known: Tensor) -> Tensor:
    """How badly representations (B, D) tell what the encoder's classifier said, logits (B, 1000), in nats."""
    told = F.log_softmax(model.name_logits(representations).float(), dim=-1)
    return F.kl_div(told, known.softmax(dim=-1), reduction="batchmean")


@torch.no_grad()
def _classify(classifier: Classifier, photos: Split) -> Tensor:
    straight, device = photos.straight, next(classifier.parameters()).device
    batches = (straight[start : start + BATCH] for start in range(0, len(photos), BATCH))
    with torch.autocast(device.type, torch.bfloat16):
        logits = torch.cat([classifier(maps_for(batch, str(device))).cpu() for batch in batches])
    return logits.half()
