"""The second part of the training: decoder, words and sentence encoder learn from fixed representations."""

from collections.abc import Sequence

import torch
from torch import Tensor

from onenet.evaluation.evaluation_set import rows_of_captions
from onenet.network.losses import caption_loss, contrastive_loss
from onenet.network.model import pad_captions
from onenet.training.batches import Split, caption_batches, hide_words
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures
from onenet.training.run import Phase, Run, average_of, decay_groups, descend, new_run, schedule

_BUCKET_BATCHES = 40  # captions of so many batches are sorted by length together, to pad little


def start_text(run: Run, config: TrainConfig) -> Run:
    """Make a run that goes on from another's network, with all of it but encoder and head."""
    model = run.model
    fixed = ("top.", "head.")
    weights = [weight for name, weight in model.named_parameters() if not name.startswith(fixed)]
    groups = decay_groups(weights, config.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=config.settling_rate)
    return new_run(model, optimizer, config)


def text_phase(run: Run, config: TrainConfig, train_set: Split, dev_set: Split, device: str) -> Phase:
    """Give the steps of a run of `start_text`, each of some captions of any photos."""
    model = run.model.eval()
    representations = train_set.represent_views(model, config.bfloat16, device)  # (N, views, D)
    dev = dev_set.seen_by(model, device)  # encoder and head stay as they are
    token_ids = [ids for own in train_set.captions for ids in own]
    rows = rows_of_captions(train_set.photos)
    lengths = [len(ids) for ids in token_ids]

    def take(chosen: Sequence[int], step: int, total: int) -> float:
        generator = torch.Generator().manual_seed(config.seed * 2_000_003 + step)
        torch.manual_seed(config.seed * 2_000_003 + step)  # dropout draws from the global state
        views = torch.randint(representations.shape[1], (len(chosen),), generator=generator)
        photos = representations[rows[chosen], views]  # (B, D)
        captions = pad_captions([token_ids[number] for number in chosen])
        known = hide_words(captions, config.word_dropout, generator).to(device)
        for group in run.optimizer.param_groups:
            group["lr"] = config.settling_rate * schedule(step, total, config.warmup_steps)
        run.model.train()
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
            logits = run.model(photos, known[:, :-1])
        loss = caption_loss(logits.float(), captions.to(device), label_smoothing=config.label_smoothing)
        whole = loss
        if config.contrastive_weight:
            known = hide_words(captions, config.word_dropout, generator).to(device)
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
                sentences = run.model.represent_sentence(known)
            firsts, own = each_photo_once(rows[chosen].tolist())
            found = contrastive_loss(sentences, photos[firsts], own.to(device), run.model.log_sharpness)
            whole = loss + config.contrastive_weight * found
        descend(run, config, whole)
        return float(loss.detach())

    return Phase(
        "text phase",
        config.settling_epochs,
        lambda epoch: caption_batches(
            lengths, config.settling_batch_size, _BUCKET_BATCHES, [config.seed, 1_000, epoch]
        ),
        take,
        lambda: dev_figures(average_of(run), dev),
    )


def each_photo_once(rows: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Find the photos of a batch of captions, each once: none is a wrong partner of its own captions.

    Args:
        rows: The photo of each of B captions.

    Returns:
        The place of the first caption of each photo, shape (P,), and for each caption which of these photos
        is its own, shape (B,), both int64.
    """
    firsts: dict[int, int] = {}
    for place, row in enumerate(rows):
        firsts.setdefault(row, place)
    number = {row: each for each, row in enumerate(firsts)}
    return torch.tensor([*firsts.values()]), torch.tensor([number[row] for row in rows])
