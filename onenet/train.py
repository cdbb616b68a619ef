"""Training: captioned photos -> a network, resumable after a kill at any moment."""

import hashlib
import io
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onenet.checkpoint import save_checkpoint
from onenet.encoders import DEFAULT_ENCODER, encoder_spec
from onenet.errors import CheckpointError, DatasetError, OneNetError
from onenet.features import cached_features
from onenet.files import replace_file
from onenet.flickr8k import CaptionedPhoto, load_split
from onenet.model import ModelConfig, OneNet, caption_loss, pad_captions
from onenet.vocabulary import UNK_ID, Vocabulary

STATE_FILE = "state.pt"
_BUCKET_BATCHES = 40  # captions of so many batches are sorted by length together, to pad little


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a training run gives; stored in the checkpoint.

    Attributes:
        epochs: Passes over all captions; the learning rate falls to zero over them along a half cosine.
        learning_rate: Of AdamW, reached after `warmup_steps`.
        patience: Epochs without a better dev loss before the run stops early.
        min_count: A word is learnt if the training captions have it this often.
        word_dropout: Share of the decoder's input words hidden behind `<unk>`, so that it looks at the photo.
        bfloat16: Whether matrix products run in bfloat16 (weights, losses and optimiser stay float32), which
            nearly halves a step on processors that have it.
        average_decay: Of the exponential moving average of the weights, which is what dev sees and is kept.
    """

    encoder: str = DEFAULT_ENCODER
    seed: int = 1
    epochs: int = 18
    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    dropout: float = 0.5
    word_dropout: float = 0.15
    hidden_size: int = 640
    min_count: int = 3
    clip_norm: float = 2.0
    bfloat16: bool = True
    average_decay: float = 0.998
    patience: int = 4

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with.

        Raises:
            ConfigError: With the first wrong value.
        """
        encoder_spec(self.encoder)
        smallest = {"epochs": 1, "batch_size": 2, "hidden_size": 1, "min_count": 1, "patience": 1, "seed": 0}
        for name, least in smallest.items():
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be {least} or more.")
        for name in ("dropout", "word_dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be from 0 to less than 1.")
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError(f"learning_rate is {self.learning_rate}; it has to be more than 0.")


class ConfigError(OneNetError):
    """A training setting makes no sense."""


class Progress(NamedTuple):
    """Where a run stands.

    Attributes:
        stage: "features" or "training".
        done: Photos, or training steps.
        total: The same, in all.
        epoch: Running epoch, from 1.
        train_loss: Mean of the last steps, nats a token, label smoothing included.
        dev_loss: After the last full epoch, nats a token.
        time_left_s: Estimate for the stage.
    """

    stage: str
    done: int
    total: int
    epoch: int = 0
    train_loss: float = math.nan
    dev_loss: float = math.nan
    time_left_s: float = math.nan


@dataclass
class _Captions:
    """Captions of a split as ids, with the row of their photo."""

    token_ids: list[list[int]]
    rows: NDArray[np.int64]
    features: NDArray[np.float16]


@dataclass
class _Run:
    """What is saved and resumed: model, average, optimiser and the place in the data."""

    model: OneNet
    average: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    batch: int = 0
    best_epoch: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    dev_losses: list[float] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


def train(
    data: Path,
    checkpoint: Path,
    config: TrainConfig,
    *,
    work: Path,
    device: str = "cpu",
    command: str = "",
    progress: Callable[[Progress], None] = lambda progress: None,
    save_every_s: float = 60.0,
) -> dict[str, Any]:
    """Train a network on Flickr8K's training split and write its checkpoint.

    On the CPU the same configuration, data and thread count give the same network, also when the run was
    killed and started again: the state is saved after each epoch and every `save_every_s` seconds.

    Args:
        data: See `onenet.flickr8k.load_split`.
        work: Folder for the feature cache and the run's state.
        command: Recorded in the card.

    Returns:
        The card written into the checkpoint.

    Raises:
        DatasetError: If train or dev split cannot be read.
    """
    train_photos, dev_photos = load_split(data, "train"), load_split(data, "dev")
    vocabulary = Vocabulary.build(
        (sentence for photo in train_photos for sentence in photo.captions), min_count=config.min_count
    )
    train_set = _captions(train_photos, vocabulary, config.encoder, work, device, progress)
    dev_set = _captions(dev_photos, vocabulary, config.encoder, work, device, progress)
    run = _start(config, len(vocabulary), device)
    state_file = work / "runs" / _run_name(config, train_photos, dev_photos, device) / STATE_FILE
    if state_file.is_file():
        _restore(run, state_file)
    _train_epochs(run, config, train_set, dev_set, device, progress, state_file, save_every_s)
    run.model.load_state_dict(run.best)
    card = _card(config, run, data, vocabulary, command)
    save_checkpoint(checkpoint, run.model, vocabulary, card)
    return card


def _train_epochs(
    run: _Run,
    config: TrainConfig,
    train_set: _Captions,
    dev_set: _Captions,
    device: str,
    progress: Callable[[Progress], None],
    state_file: Path,
    save_every_s: float,
) -> None:
    steps_an_epoch = math.ceil(len(train_set.token_ids) / config.batch_size)
    total = steps_an_epoch * config.epochs
    began, first = time.monotonic(), run.epoch * steps_an_epoch + run.batch
    saved, before = began, run.seconds
    while run.epoch < config.epochs and run.epoch - run.best_epoch < config.patience:
        order = _epoch_batches(train_set, config, run.epoch)
        for chosen in order[run.batch :]:
            step = run.epoch * steps_an_epoch + run.batch
            run.train_losses.append(_train_step(run, config, train_set, chosen, step, total, device))
            run.batch += 1
            done, now = step + 1, time.monotonic()
            left = (now - began) / (done - first) * (total - done)
            dev_loss = run.dev_losses[-1] if run.dev_losses else math.nan
            recent = float(np.mean(run.train_losses[-50:]))
            progress(Progress("training", done, total, run.epoch + 1, recent, dev_loss, left))
            run.seconds = before + now - began
            if now - saved > save_every_s:
                _save(run, state_file)
                saved = now
        run.epoch, run.batch = run.epoch + 1, 0
        run.dev_losses.append(_dev_loss(run, config, dev_set, device))
        if not math.isfinite(run.dev_losses[-1]):
            raise ConfigError("The training diverged: try a smaller learning_rate.")
        if run.dev_losses[-1] == min(run.dev_losses):
            run.best, run.best_epoch = {k: v.clone() for k, v in run.average.items()}, run.epoch
        _save(run, state_file)
        saved = time.monotonic()


def _train_step(
    run: _Run,
    config: TrainConfig,
    captions: _Captions,
    chosen: Sequence[int],
    step: int,
    total: int,
    device: str,
) -> float:
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    torch.manual_seed(config.seed * 1_000_003 + step)  # dropout draws from the global state
    token_ids = pad_captions([captions.token_ids[number] for number in chosen])  # (B, T)
    views = torch.randint(captions.features.shape[1], (len(chosen),), generator=generator)  # mirrored or not
    features = torch.from_numpy(captions.features[captions.rows[chosen], views.numpy()]).float()  # (B, F)
    inputs = token_ids[:, :-1].clone()
    hidden_words = torch.rand(inputs.shape, generator=generator) < config.word_dropout
    hidden_words[:, 0] = False  # <start> stays
    inputs[hidden_words & (inputs > UNK_ID)] = UNK_ID
    for group in run.optimizer.param_groups:
        group["lr"] = config.learning_rate * _schedule(step, total, config.warmup_steps)
    run.model.train()
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
        logits = run.model(run.model.represent(features.to(device)), inputs.to(device))
    loss = caption_loss(logits.float(), token_ids.to(device), label_smoothing=config.label_smoothing)
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(run.model.parameters(), config.clip_norm)
    run.optimizer.step()
    _update_average(run, config.average_decay, step)
    return float(loss.detach())


@torch.no_grad()
def _update_average(run: _Run, decay: float, step: int) -> None:
    weight = 1 - min(decay, (1 + step) / (10 + step))  # short memory first, so that the start is forgotten
    for name, value in run.model.state_dict().items():
        if value.is_floating_point():
            run.average[name].lerp_(value, weight)
        else:
            run.average[name].copy_(value)


@torch.no_grad()
def _dev_loss(run: _Run, config: TrainConfig, captions: _Captions, device: str) -> float:
    model = OneNet(run.model.config).to(device).eval()
    model.load_state_dict(run.average)
    return mean_caption_loss(model, captions.features[:, 0], captions.rows, captions.token_ids, device)


@torch.no_grad()
def mean_caption_loss(
    model: OneNet,
    features: NDArray[np.float16],
    rows: NDArray[np.int64],
    token_ids: list[list[int]],
    device: str = "cpu",
) -> float:
    """Mean loss of captions in nats a token, `<end>` counted, unknown words as `<unk>`.

    Args:
        model: In eval mode.
        features: Of the photos, shape (N, F).
        rows: The photo of each caption.
        token_ids: Captions with `<start>` and `<end>`.
    """
    total = tokens = 0.0
    for start in range(0, len(token_ids), 250):
        batch = slice(start, start + 250)
        ids = pad_captions(token_ids[batch]).to(device)
        chosen = torch.from_numpy(features[rows[batch]]).float().to(device)
        count = sum(len(caption) - 1 for caption in token_ids[batch])
        total += float(caption_loss(model(model.represent(chosen), ids[:, :-1]), ids)) * count
        tokens += count
    return total / tokens


def _captions(
    photos: Sequence[CaptionedPhoto],
    vocabulary: Vocabulary,
    encoder: str,
    work: Path,
    device: str,
    progress: Callable[[Progress], None],
) -> _Captions:
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        progress(Progress("features", done, total, time_left_s=left))

    paths = [photo.path for photo in photos]
    features = cached_features(encoder, paths, work / "features", device=device, progress=report)
    token_ids = [vocabulary.encode(sentence) for photo in photos for sentence in photo.captions]
    rows = np.repeat(np.arange(len(photos)), [len(photo.captions) for photo in photos])
    if not token_ids:
        raise DatasetError("The data set has no captions to learn from.")
    return _Captions(token_ids, rows, features)


def _epoch_batches(captions: _Captions, config: TrainConfig, epoch: int) -> list[list[int]]:
    """Shuffle all captions, then sort by length within buckets so that a batch pads little."""
    random = np.random.default_rng([config.seed, epoch])
    order = random.permutation(len(captions.token_ids))
    bucket = config.batch_size * _BUCKET_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), bucket):
        by_length = sorted(order[start : start + bucket].tolist(), key=lambda n: len(captions.token_ids[n]))
        batches += [by_length[i : i + config.batch_size] for i in range(0, len(by_length), config.batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:  # batch norm needs two; the next epoch has others alone
        batches[-1] = [*batches[-1], batches[0][0]]
    return [batches[number] for number in random.permutation(len(batches))]


def _schedule(step: int, total: int, warmup_steps: int) -> float:
    warmup = min(1.0, (step + 1) / max(1, warmup_steps))
    return warmup * 0.5 * (1 + math.cos(math.pi * step / total))


def _start(config: TrainConfig, vocabulary_size: int, device: str) -> _Run:
    torch.manual_seed(config.seed)
    model = OneNet(
        ModelConfig(
            encoder=config.encoder,
            feature_size=encoder_spec(config.encoder).feature_size,
            vocabulary_size=vocabulary_size,
            hidden_size=config.hidden_size,
            dropout=config.dropout,
        )
    ).to(device)
    decayed = [weight for weight in model.parameters() if weight.dim() > 1]
    plain = [weight for weight in model.parameters() if weight.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=config.learning_rate,
    )
    return _Run(model, {name: value.clone() for name, value in model.state_dict().items()}, optimizer)


def _save(run: _Run, path: Path) -> None:
    state = {
        "model": run.model.state_dict(),
        "average": run.average,
        "best": run.best,
        "optimizer": run.optimizer.state_dict(),
        "place": [run.epoch, run.batch, run.best_epoch],
        "seconds": run.seconds,
        "dev_losses": run.dev_losses,
        "train_losses": run.train_losses,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    replace_file(path, buffer.getvalue())


def _restore(run: _Run, path: Path) -> None:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        run.model.load_state_dict(state["model"])
        for name, value in state["average"].items():
            run.average[name].copy_(value)
        run.best = state["best"]
        run.optimizer.load_state_dict(state["optimizer"])
        run.epoch, run.batch, run.best_epoch = state["place"]
        run.seconds = state["seconds"]
        run.dev_losses, run.train_losses = state["dev_losses"], state["train_losses"]
    except (RuntimeError, KeyError, ValueError, TypeError, OSError, EOFError, UnpicklingError) as error:
        raise CheckpointError(f"{path} is damaged. Delete it to start the training anew.") from error


def _run_name(
    config: TrainConfig, train: Sequence[CaptionedPhoto], dev: Sequence[CaptionedPhoto], device: str
) -> str:
    """Name a run after all that decides what it gives, so that only the same one is resumed."""
    data = [(str(photo.path.resolve()), photo.path.stat().st_mtime_ns, photo.captions) for photo in train]
    decisive = repr((sorted(asdict(config).items()), data, [photo.path.name for photo in dev], device))
    digest = hashlib.sha256(decisive.encode()).hexdigest()
    return f"{config.encoder}-seed{config.seed}-{digest[:12]}"


def _card(config: TrainConfig, run: _Run, data: Path, vocabulary: Vocabulary, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "data": f"Flickr8K training split ({data.name})",
        "date": datetime.now(UTC).date().isoformat(),
        "encoder": config.encoder,
        "seed": config.seed,
        "training": asdict(config),
        "vocabulary_size": len(vocabulary),
        "best_epoch": run.best_epoch,
        "dev_losses": [round(loss, 4) for loss in run.dev_losses],
        "training_seconds": round(run.seconds),
        "dev": {"loss": round(run.dev_losses[run.best_epoch - 1], 4)},
    }
