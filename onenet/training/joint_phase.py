"""The first part of the training: everything learns together, photo by photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.classifier import NAMES, Classifier, class_names, load_classifier
from onenet.network.encoders import as_maps, encoder_spec, load_encoder
from onenet.network.languages import ENGLISH
from onenet.network.losses import contrastive_loss
from onenet.network.model import BATCH, ModelConfig, OneNet, in_block, pad_captions
from onenet.network.vocabulary import PAD_ID, Vocabulary
from onenet.training.batches import LearntCaption, Split, choose_captions, hide_words, photo_batches
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures
from onenet.training.run import DevFigures, Phase, Run, average_of, decay_groups, descend, new_run, schedule

_TAUGHT_NAMES = 3  # classes of each photo whose names are learnt from it


def start_joint(config: TrainConfig, vocabulary_size: int, device: str) -> Run:
    """Make an untrained network, its encoder's top as ImageNet made it, and its optimiser."""
    torch.manual_seed(config.seed)
    names = NAMES if config.names_weight and load_classifier(config.encoder) else 0
    model = OneNet(
        ModelConfig(
            encoder=config.encoder,
            feature_size=encoder_spec(config.encoder).feature_size,
            vocabulary_size=vocabulary_size,
            hidden_size=config.hidden_size,
            sentence_size=config.sentence_size,
            dropout=config.dropout,
            feature_dropout=config.feature_dropout,
            names=names,
            at_every_word=config.at_every_word,
        )
    )
    model.top.load_state_dict(load_encoder(config.encoder).top.state_dict())
    for name, weight in model.top.named_parameters():
        weight.requires_grad_("depthwise" not in name)  # their gradients take as long as all others together
    model.to(device).to(memory_format=torch.channels_last)
    top = [weight for weight in model.top.parameters() if weight.requires_grad]
    rest = [weight for name, weight in model.named_parameters() if not name.startswith("top.")]
    optimizer = torch.optim.AdamW(
        [
            *({**group, "top": False} for group in decay_groups(rest, config.weight_decay)),
            {"params": top or [torch.zeros(1)], "weight_decay": 0.0, "top": True},
        ],
        lr=config.learning_rate,
    )
    return new_run(model, optimizer, config)


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


def joint_phase(run: Run, lessons: Lessons, dev_sets: Sequence[Split]) -> Phase:
    """Give the steps of a run of `start_joint`, each of some photos with captions of theirs."""
    config = lessons.config

    def evaluate() -> DevFigures:
        model = average_of(run)
        dev = [photos for split in dev_sets for photos in split.seen_by(model, lessons.device)]
        return dev_figures(model, dev)

    return Phase(
        "training",
        config.epochs,
        lambda epoch: photo_batches(len(lessons.train_set), config, epoch),
        lambda chosen, step, total: _train_step(run, lessons, chosen, step, total),
        evaluate,
    )


@torch.no_grad()
def _classify(classifier: Classifier, photos: Split) -> Tensor:
    batches = (photos.straight[start : start + BATCH] for start in range(0, len(photos), BATCH))
    device = next(classifier.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        logits = torch.cat([classifier(as_maps(batch).to(device)).cpu() for batch in batches])
    return logits.half()


def _train_step(run: Run, lessons: Lessons, chosen: Sequence[int], step: int, total: int) -> float:
    config, photos, device = lessons.config, lessons.train_set, lessons.device
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    torch.manual_seed(config.seed * 1_000_003 + step)  # dropout draws from the global state
    maps = as_maps(photos.maps[photos.draw_views(chosen, generator).numpy()]).to(device)  # (B, C, h, w)
    tuning = _set_learning_rates(run, config, step, total)
    model = run.model.train()
    captions = choose_captions(photos, chosen, config, generator)
    captions.sort(key=lambda caption: len(caption.token_ids))  # two halves of like length pad little
    named = [
        LearntCaption(row, ENGLISH, photos.vocabulary.encode(photos.photos[number].name))
        for row, number in enumerate(chosen)
        if photos.photos[number].name
    ]
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
        with torch.set_grad_enabled(tuning):
            features = model.features(maps)
        representation = model.represent(features.float())
        nats, tokens = torch.zeros((), device=device), 0
        sentences: list[Tensor] = []
        for some in (captions[: len(captions) // 2], captions[len(captions) // 2 :]):
            if some:
                rows = torch.tensor([caption.row for caption in some], device=device)
                token_ids = pad_captions([caption.token_ids for caption in some]).to(device)
                nats, tokens = _add(
                    (nats, tokens),
                    written_loss(model, lessons, representation[rows], some, token_ids, generator),
                )
                sentences.append(read(model, config, token_ids, generator))
        for token_ids in [pad_captions([each.token_ids for each in named]).to(device)] if named else []:
            sentences.append(read(model, config, token_ids, generator))
        if text := _some_text(lessons, generator):
            token_ids = pad_captions([caption.token_ids for caption in text]).to(device)
            guesses = blur(read(model, config, token_ids, generator), config.text_noise, generator)
            nats, tokens = _add(
                (nats, tokens), written_loss(model, lessons, guesses, text, token_ids, generator)
            )
        names_loss = (
            _names_loss(model, lessons, representation, chosen) if model.to_names is not None else 0.0
        )
    loss = nats / max(1, tokens)
    whole = loss + names_loss
    if config.contrastive_weight and sentences:
        rows = torch.tensor([caption.row for caption in (*captions, *named)], device=device)
        found = contrastive_loss(torch.cat(sentences), representation, rows, model.log_sharpness)
        whole = whole + config.contrastive_weight * found
    descend(run, config, whole)
    return float(loss.detach())


def _add(first: tuple[Tensor, int], second: tuple[Tensor, int]) -> tuple[Tensor, int]:
    return first[0] + second[0], first[1] + second[1]


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


def _some_text(lessons: Lessons, generator: torch.Generator) -> list[LearntCaption]:
    if not lessons.text or not lessons.config.text_sentences:
        return []
    drawn = torch.randint(len(lessons.text), (lessons.config.text_sentences,), generator=generator)
    return [lessons.text[number] for number in drawn.tolist()]


def _names_loss(model: OneNet, lessons: Lessons, representation: Tensor, chosen: Sequence[int]) -> Tensor:
    """How badly representations tell the classifier's classes, and the names' sentences them, weighted."""
    config, classified = lessons.config, lessons.classified
    assert classified is not None
    known = classified[list(chosen)].float().to(representation.device)  # (B, 1000)
    told = F.log_softmax(model.name_logits(representation).float(), dim=-1)
    loss = config.names_weight * F.kl_div(told, known.softmax(dim=-1), reduction="batchmean")
    if config.name_words_weight:
        likely = torch.unique(known.topk(_TAUGHT_NAMES, dim=-1).indices)
        token_ids = pad_captions([lessons.names[number] for number in likely.tolist()])
        names = model.represent_sentence(token_ids.to(representation.device))  # (names, D)
        scores = representation @ names.t() * model.log_sharpness.exp().clamp(max=100.0)
        among = known[:, likely].softmax(dim=-1)
        told = F.log_softmax(scores.float(), dim=-1)
        loss = loss + config.name_words_weight * F.kl_div(told, among, reduction="batchmean")
    return loss


def _set_learning_rates(run: Run, config: TrainConfig, step: int, total: int) -> bool:
    """Set the rates of this step; whether the encoder's top is tuned in it."""
    first = round(config.tune_after / config.epochs * total)  # step from which the top is tuned
    tuning = config.tuning_rate > 0 and step >= first
    for group in run.optimizer.param_groups:
        rate, begins = (config.tuning_rate, first) if group["top"] else (config.learning_rate, 0)
        group["lr"] = rate * schedule(step, total, config.warmup_steps, begins=begins)
    return tuning
