"""The first part of the training: everything learns together, photo by photo."""

from collections.abc import Sequence

import torch
from torch import Tensor

from onenet.network.classifier import NAMES, has_classifier
from onenet.network.config import ModelConfig
from onenet.network.encoders import encoder_spec, load_encoder
from onenet.network.hardware import to_device
from onenet.network.losses import contrastive_loss
from onenet.network.model import OneNet, pad_captions
from onenet.network.special_words import ENGLISH
from onenet.training.batches import LearntCaption, Split, choose_captions, photo_batches
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures, seen_by
from onenet.training.lessons import Lessons, blur, names_loss, read, written_loss
from onenet.training.progress import DevFigures
from onenet.training.run import (
    Phase,
    Run,
    average_of,
    decay_groups,
    descend,
    is_fused,
    new_run,
    schedule,
)


def start_joint(config: TrainConfig, vocabulary_size: int, device: str) -> Run:
    """Make an untrained network, its encoder's top as ImageNet made it, and its optimiser."""
    torch.manual_seed(config.seed)
    names = NAMES if config.names_weight and has_classifier(config.encoder) else 0
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
            detail_px=config.detail_px,
        )
    )
    model.top.load_state_dict(load_encoder(config.encoder).top.state_dict())
    for name, weight in model.top.named_parameters():
        weight.requires_grad_(config.tune_depthwise or "depthwise" not in name)
    model.to(device).to(memory_format=torch.channels_last)
    top = [weight for weight in model.top.parameters() if weight.requires_grad]
    rest = [weight for name, weight in model.named_parameters() if not name.startswith("top.")]
    optimizer = torch.optim.AdamW(
        [
            *({**group, "top": False} for group in decay_groups(rest, config.weight_decay)),
            {"params": top or [torch.zeros(1)], "weight_decay": 0.0, "top": True},
        ],
        lr=config.learning_rate,
        fused=is_fused(device),
    )
    return new_run(model, optimizer, config)


def joint_phase(run: Run, lessons: Lessons, dev_sets: Sequence[Split]) -> Phase:
    """Give the steps of a run of `start_joint`, each of some photos with captions of theirs."""
    config = lessons.config
    _ = lessons.classified  # made before the first step, which would otherwise draw other numbers after it

    def evaluate() -> DevFigures:
        model = average_of(run)
        return dev_figures(model, seen_by(model, dev_sets, lessons.device))

    return Phase(
        "training",
        config.epochs,
        lambda epoch: photo_batches(len(lessons.train_set), config, epoch),
        lambda chosen, step, total: _train_step(run, lessons, chosen, step, total),
        evaluate,
    )


def _train_step(run: Run, lessons: Lessons, chosen: Sequence[int], step: int, total: int) -> Tensor:
    config, photos, device = lessons.config, lessons.train_set, lessons.device
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    torch.manual_seed(config.seed * 1_000_003 + step)  # dropout draws from the global state
    maps = photos.see(photos.draw_views(chosen, generator), device)  # (B, C, h, w)
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
        written: list[tuple[Tensor, int]] = []
        sentences: list[Tensor] = []
        for some in (captions[: len(captions) // 2], captions[len(captions) // 2 :]):
            if some:
                rows = to_device(torch.tensor([caption.row for caption in some]), device)
                token_ids = pad_captions([caption.token_ids for caption in some])
                written.append(written_loss(model, lessons, representation[rows], some, token_ids, generator))
                sentences.append(read(model, config, token_ids, generator))
        if named:
            token_ids = pad_captions([caption.token_ids for caption in named])
            sentences.append(read(model, config, token_ids, generator))
        if text := _some_text(lessons, generator):
            token_ids = pad_captions([caption.token_ids for caption in text])
            guesses = blur(read(model, config, token_ids, generator), config.text_noise, generator)
            written.append(written_loss(model, lessons, guesses, text, token_ids, generator))
        told = names_loss(model, lessons, representation, chosen) if model.to_names is not None else 0.0
    nats = sum((each for each, _ in written), torch.zeros((), device=device))
    loss = nats / max(1, sum(tokens for _, tokens in written))
    whole = loss + told
    if config.contrastive_weight and sentences:
        rows = to_device(torch.tensor([caption.row for caption in (*captions, *named)]), device)
        found = contrastive_loss(torch.cat(sentences), representation, rows, model.log_sharpness)
        whole = whole + config.contrastive_weight * found
    descend(run, config, whole)
    return loss.detach()


def _some_text(lessons: Lessons, generator: torch.Generator) -> list[LearntCaption]:
    if not lessons.text or not lessons.config.text_sentences:
        return []
    drawn = torch.randint(len(lessons.text), (lessons.config.text_sentences,), generator=generator)
    return [lessons.text[number] for number in drawn.tolist()]


def _set_learning_rates(run: Run, config: TrainConfig, step: int, total: int) -> bool:
    """Set the rates of this step; whether the encoder's top is tuned in it."""
    first = round(config.tune_after / config.epochs * total)  # step from which the top is tuned
    tuning = config.tuning_rate > 0 and step >= first
    for group in run.optimizer.param_groups:
        rate, begins = (config.tuning_rate, first) if group["top"] else (config.learning_rate, 0)
        group["lr"] = rate * schedule(step, total, config.warmup_steps, begins=begins)
    return tuning
