"""The first part of the training: everything learns together, photo by photo."""

from collections.abc import Sequence

import torch

from onenet.network.encoders import as_maps, encoder_spec, load_encoder
from onenet.network.losses import caption_loss, contrastive_loss
from onenet.network.model import ModelConfig, OneNet, pad_captions
from onenet.training.batches import Split, hide_words, photo_batches
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures
from onenet.training.run import DevFigures, Phase, Run, average_of, decay_groups, descend, new_run, schedule


def start_joint(config: TrainConfig, vocabulary_size: int, device: str) -> Run:
    """Make an untrained network, its encoder's top as ImageNet made it, and its optimiser."""
    torch.manual_seed(config.seed)
    model = OneNet(
        ModelConfig(
            encoder=config.encoder,
            feature_size=encoder_spec(config.encoder).feature_size,
            vocabulary_size=vocabulary_size,
            hidden_size=config.hidden_size,
            sentence_size=config.sentence_size,
            dropout=config.dropout,
            feature_dropout=config.feature_dropout,
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


def joint_phase(run: Run, config: TrainConfig, train_set: Split, dev_set: Split, device: str) -> Phase:
    """Give the steps of a run of `start_joint`, each of some photos with all their captions."""
    photos = len(train_set.captions)

    def evaluate() -> DevFigures:
        model = average_of(run)
        return dev_figures(model, dev_set.seen_by(model, device))

    return Phase(
        "training",
        config.epochs,
        lambda epoch: photo_batches(photos, config, epoch),
        lambda chosen, step, total: _train_step(run, config, train_set, chosen, step, total, device),
        evaluate,
    )


def _train_step(
    run: Run,
    config: TrainConfig,
    photos: Split,
    chosen: Sequence[int],
    step: int,
    total: int,
    device: str,
) -> float:
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    torch.manual_seed(config.seed * 1_000_003 + step)  # dropout draws from the global state
    views = torch.randint(photos.maps.shape[1], (len(chosen),), generator=generator)
    maps = as_maps(photos.maps[chosen, views.numpy()]).to(device)  # (B, C, h, w)
    tuning = _set_learning_rates(run, config, step, total)
    run.model.train()
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
        with torch.set_grad_enabled(tuning):
            features = run.model.features(maps)
        representation = run.model.represent(features.float())
        captions = [(row, ids) for row, number in enumerate(chosen) for ids in photos.captions[number]]
        captions.sort(key=lambda caption: len(caption[1]))  # two halves of like length pad little
        halves = (captions[: len(captions) // 2], captions[len(captions) // 2 :])
        tokens = sum(len(ids) - 1 for _, ids in captions)
        loss = torch.zeros((), device=device)
        sentences = []
        for half in halves:
            rows = torch.tensor([row for row, _ in half], device=device)
            token_ids = pad_captions([ids for _, ids in half])
            known = hide_words(token_ids, config.word_dropout, generator).to(device)
            logits = run.model(representation[rows], known[:, :-1])
            share = sum(len(ids) - 1 for _, ids in half) / tokens
            loss = loss + share * caption_loss(
                logits.float(), token_ids.to(device), label_smoothing=config.label_smoothing
            )
            if config.contrastive_weight:
                known = hide_words(token_ids, config.word_dropout, generator).to(device)
                sentences.append(run.model.represent_sentence(known))
    whole = loss
    if config.contrastive_weight:
        rows = torch.tensor([row for row, _ in captions], device=device)
        found = contrastive_loss(torch.cat(sentences), representation, rows, run.model.log_sharpness)
        whole = loss + config.contrastive_weight * found
    descend(run, config, whole)
    return float(loss.detach())


def _set_learning_rates(run: Run, config: TrainConfig, step: int, total: int) -> bool:
    """Set the rates of this step; whether the encoder's top is tuned in it."""
    first = round(config.tune_after / config.epochs * total)  # step from which the top is tuned
    tuning = config.tuning_rate > 0 and step >= first
    for group in run.optimizer.param_groups:
        rate, begins = (config.tuning_rate, first) if group["top"] else (config.learning_rate, 0)
        group["lr"] = rate * schedule(step, total, config.warmup_steps, begins=begins)
    return tuning
