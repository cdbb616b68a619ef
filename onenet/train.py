"""Training: captioned photos -> a network, resumable after a kill at any moment."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onenet.checkpoint import save_checkpoint
from onenet.encoders import DEFAULT_ENCODER, encoder_spec, load_encoder
from onenet.errors import DatasetError, OneNetError
from onenet.features import VIEWS, as_maps, cached_maps
from onenet.flickr8k import CaptionedPhoto, load_split
from onenet.generate import beam_search
from onenet.likelihood import fit_prior, mean_log_likelihoods
from onenet.model import ModelConfig, OneNet, caption_loss, contrastive_loss, pad_captions
from onenet.ranking import ranks
from onenet.run_state import loaded_state, run_name, save_state
from onenet.vocabulary import END_ID, START_ID, UNK_ID, Vocabulary

STATE_FILE = "state.pt"
_DECODER_STATE_FILE = "decoder.pt"
_BUCKET_BATCHES = 40  # captions of so many batches are sorted by length together, to pad little
_PRIOR_PHOTOS = 1500
_PRIOR_CAPTIONS = 48
_BATCH = 50  # photos, and a fifth of the captions, that are measured together


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a training run gives; stored in the checkpoint.

    Attributes:
        epochs: Passes over all photos and captions; the learning rates fall to zero along a half cosine.
        batch_size: Photos a step, each in one of its `views` and with all its captions.
        learning_rate: Of AdamW, reached after `warmup_steps`.
        tuning_rate: The same of the encoder's top; 0 leaves it as ImageNet made it.
        tune_after: Epochs before the encoder's top is tuned too: first the decoder has to settle.
        decoder_epochs: Passes over all captions after that, in which only the decoder goes on learning, from
            representations that stay as they are: it needs more steps than the rest, and cheaper ones.
        decoder_batch_size: Captions a step of these.
        decoder_rate: Learning rate of these.
        contrastive_weight: Of the loss by which sentences and photos find each other, beside the captions'.
        patience: Epochs without a better dev loss before the run stops early.
        min_count: A word is learnt if the training captions have it this often.
        word_dropout: Share of the decoder's input words hidden behind `<unk>`, so that it looks at the photo.
        bfloat16: Whether matrix products run in bfloat16 (weights, losses and optimiser stay float32), which
            nearly halves a step on processors that have it.
        average_decay: Of the exponential moving average of the weights, which is what dev sees and is kept.
    """

    encoder: str = DEFAULT_ENCODER
    seed: int = 1
    epochs: int = 14
    batch_size: int = 64
    views: int = VIEWS
    learning_rate: float = 2e-3
    tuning_rate: float = 1e-4
    tune_after: int = 2
    decoder_epochs: int = 8
    decoder_batch_size: int = 128
    decoder_rate: float = 1e-3
    contrastive_weight: float = 0.5
    warmup_steps: int = 200
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    dropout: float = 0.5
    feature_dropout: float = 0.2
    word_dropout: float = 0.15
    hidden_size: int = 640
    sentence_size: int = 512
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
        smallest = {"epochs": 1, "batch_size": 2, "views": 1, "tune_after": 0, "hidden_size": 1}
        smallest |= {"decoder_epochs": 0, "decoder_batch_size": 2}
        smallest |= {"sentence_size": 1, "min_count": 1, "patience": 1, "seed": 0}
        for name, least in smallest.items():
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be {least} or more.")
        for name in ("dropout", "feature_dropout", "word_dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be from 0 to less than 1.")
        for name in ("learning_rate", "decoder_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be more than 0.")
        for name in ("tuning_rate", "contrastive_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} is {getattr(self, name)}; it has to be 0 or more.")


class ConfigError(OneNetError):
    """A training setting makes no sense."""


class Progress(NamedTuple):
    """Where a run stands.

    Attributes:
        stage: "features", "training" or "decoder".
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
class _Split:
    """Photos of a split as the trunk's maps (N, views, h, w, C), and the captions of each as ids."""

    maps: NDArray[np.float16]
    captions: list[list[list[int]]]


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
    dev_recalls: list[float] = field(default_factory=list)
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
    dev_set = _split(dev_photos, vocabulary, config.encoder, 1, work, device, progress)
    train_set = _split(train_photos, vocabulary, config.encoder, config.views, work, device, progress)
    run = _start(config, len(vocabulary), device)
    prefix = f"{config.encoder}-seed{config.seed}"
    folder = work / "runs" / run_name(prefix, asdict(config), train_photos, dev_photos, device)

    def run_phase(run: _Run, phase: _Phase, state: Path) -> None:
        if state.is_file():
            _restore(run, state)
        _train_epochs(run, phase, config.patience, progress, state, save_every_s)

    run_phase(run, _joint_phase(run, config, train_set, dev_set, device), folder / STATE_FILE)
    run.model.load_state_dict(run.best)
    if config.decoder_epochs:
        settling = _start_settling(run, config)
        phase = _decoder_phase(settling, config, train_set, dev_set, device)
        run_phase(settling, phase, folder / _DECODER_STATE_FILE)
        run = _joined(run, settling)
        run.model.load_state_dict(run.best)
    _fit_prior(run.model.eval(), train_set, device)
    card = _card(config, run, data, vocabulary, command)
    save_checkpoint(checkpoint, run.model, vocabulary, card)
    return card


@dataclass(frozen=True)
class _Phase:
    """One part of the training: what its steps are, and how dev judges them.

    Attributes:
        name: As it is shown: "training" or "decoder".
        epochs: How many.
        batches: Numbers of an epoch -> the rows of each batch.
        step: Rows, number of the step, steps in all -> loss, nats a token.
        dev: Loss of the moving average in nats a token, and R@10 of its sentence encoder in per cent.
    """

    name: str
    epochs: int
    batches: Callable[[int], list[list[int]]]
    step: Callable[[Sequence[int], int, int], float]
    dev: Callable[[], tuple[float, float]]


def _train_epochs(
    run: _Run,
    phase: _Phase,
    patience: int,
    progress: Callable[[Progress], None],
    state_file: Path,
    save_every_s: float,
) -> None:
    steps_an_epoch = len(phase.batches(0))
    total = steps_an_epoch * phase.epochs
    began, first = time.monotonic(), run.epoch * steps_an_epoch + run.batch
    saved, before = began, run.seconds
    while run.epoch < phase.epochs and run.epoch - run.best_epoch < patience:
        for chosen in phase.batches(run.epoch)[run.batch :]:
            step = run.epoch * steps_an_epoch + run.batch
            run.train_losses.append(phase.step(chosen, step, total))
            run.batch += 1
            done, now = step + 1, time.monotonic()
            left = (now - began) / (done - first) * (total - done)
            dev_loss = run.dev_losses[-1] if run.dev_losses else math.nan
            recent = float(np.mean(run.train_losses[-50:]))
            progress(Progress(phase.name, done, total, run.epoch + 1, recent, dev_loss, left))
            run.seconds = before + now - began
            if now - saved > save_every_s:
                _save(run, state_file)
                saved = now
        run.epoch, run.batch = run.epoch + 1, 0
        dev_loss, dev_recall = phase.dev()
        run.dev_losses.append(dev_loss)
        run.dev_recalls.append(dev_recall)
        if not math.isfinite(run.dev_losses[-1]):
            raise ConfigError("The training diverged: try a smaller learning_rate.")
        if run.dev_losses[-1] == min(run.dev_losses):
            run.best, run.best_epoch = {k: v.clone() for k, v in run.average.items()}, run.epoch
        _save(run, state_file)
        saved = time.monotonic()


def _joint_phase(run: _Run, config: TrainConfig, train_set: _Split, dev_set: _Split, device: str) -> _Phase:
    """Everything learns together, photo by photo."""
    photos = len(train_set.captions)
    return _Phase(
        "training",
        config.epochs,
        lambda epoch: _photo_batches(photos, config, epoch),
        lambda chosen, step, total: _train_step(run, config, train_set, chosen, step, total, device),
        lambda: _dev_figures(run, dev_set, device),
    )


def _start_settling(run: _Run, config: TrainConfig) -> _Run:
    """A run that goes on from another's network with its decoder alone."""
    model = run.model
    weights = [*model.decoder.parameters(), *model.to_words.parameters(), model.word_bias]
    optimizer = torch.optim.AdamW(weights, lr=config.decoder_rate, weight_decay=config.weight_decay)
    return _Run(model, {name: value.clone() for name, value in model.state_dict().items()}, optimizer)


def _decoder_phase(run: _Run, config: TrainConfig, train_set: _Split, dev_set: _Split, device: str) -> _Phase:
    """The decoder learns alone, caption by caption, from representations that stay as they are."""
    representations = _all_views(run.model.eval(), train_set, config.bfloat16, device)  # (N, views, D)
    token_ids = [ids for captions in train_set.captions for ids in captions]
    rows = np.repeat(np.arange(len(train_set.captions)), [len(c) for c in train_set.captions])
    lengths = [len(ids) for ids in token_ids]

    def step(chosen: Sequence[int], step: int, total: int) -> float:
        generator = torch.Generator().manual_seed(config.seed * 2_000_003 + step)
        torch.manual_seed(config.seed * 2_000_003 + step)
        views = torch.randint(representations.shape[1], (len(chosen),), generator=generator)
        captions = pad_captions([token_ids[number] for number in chosen])
        known = _hide_words(captions, config.word_dropout, generator).to(device)
        for group in run.optimizer.param_groups:
            group["lr"] = config.decoder_rate * _schedule(step, total, config.warmup_steps)
        run.model.train()
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=config.bfloat16):
            logits = run.model(representations[rows[chosen], views], known[:, :-1])
        loss = caption_loss(logits.float(), captions.to(device), label_smoothing=config.label_smoothing)
        _descend(run, config, loss, step)
        return float(loss.detach())

    return _Phase(
        "decoder",
        config.decoder_epochs,
        lambda epoch: caption_batches(
            lengths, config.decoder_batch_size, _BUCKET_BATCHES, [config.seed, 1_000, epoch]
        ),
        step,
        lambda: _dev_figures(run, dev_set, device),
    )


@torch.no_grad()
def _all_views(model: OneNet, photos: _Split, bfloat16: bool, device: str) -> Tensor:
    """Representations of all views of photos, shape (N, views, D)."""
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bfloat16):
        views = [all_features(model, photos.maps[:, view], device) for view in range(photos.maps.shape[1])]
    return torch.stack([model.represent(features.float()) for features in views], dim=1)


def _joined(first: _Run, second: _Run) -> _Run:
    """Two runs of one network as one, with the best of either."""
    better = min(second.dev_losses) < min(first.dev_losses)
    return replace(
        first,
        best=second.best if better else first.best,
        best_epoch=first.epoch + second.best_epoch if better else first.best_epoch,
        dev_losses=first.dev_losses + second.dev_losses,
        dev_recalls=first.dev_recalls + second.dev_recalls,
        train_losses=first.train_losses + second.train_losses,
        seconds=first.seconds + second.seconds,
    )


def _train_step(
    run: _Run,
    config: TrainConfig,
    photos: _Split,
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
            known = _hide_words(token_ids, config.word_dropout, generator).to(device)
            logits = run.model(representation[rows], known[:, :-1])
            share = sum(len(ids) - 1 for _, ids in half) / tokens
            loss = loss + share * caption_loss(
                logits.float(), token_ids.to(device), label_smoothing=config.label_smoothing
            )
            if config.contrastive_weight:
                known = _hide_words(token_ids, config.word_dropout, generator).to(device)
                sentences.append(run.model.represent_sentence(known))
    whole = loss
    if config.contrastive_weight:
        rows = torch.tensor([row for row, _ in captions], device=device)
        found = contrastive_loss(torch.cat(sentences), representation, rows, run.model.log_sharpness)
        whole = loss + config.contrastive_weight * found
    _descend(run, config, whole, step)
    return float(loss.detach())


def _descend(run: _Run, config: TrainConfig, loss: Tensor, step: int) -> None:
    run.model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    learnt = [weight for group in run.optimizer.param_groups for weight in group["params"]]
    nn.utils.clip_grad_norm_(learnt, config.clip_norm)
    run.optimizer.step()
    _update_average(run, config.average_decay, step)


def _set_learning_rates(run: _Run, config: TrainConfig, step: int, total: int) -> bool:
    """Set the rates of this step; whether the encoder's top is tuned in it."""
    first = round(config.tune_after / config.epochs * total)  # step from which the top is tuned
    tuning = config.tuning_rate > 0 and step >= first
    for group in run.optimizer.param_groups:
        rate, begins = (config.tuning_rate, first) if group["top"] else (config.learning_rate, 0)
        group["lr"] = rate * _schedule(step, total, config.warmup_steps, begins=begins)
    return tuning


def _schedule(step: int, total: int, warmup_steps: int, *, begins: int = 0) -> float:
    """Share of a learning rate: up along a line, down to zero along a half cosine."""
    warmup = min(1.0, max(0, step - begins + 1) / max(1, warmup_steps))
    return warmup * 0.5 * (1 + math.cos(math.pi * step / total))


def _hide_words(token_ids: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Put `<unk>` in the place of a share of the words."""
    hidden = (torch.rand(token_ids.shape, generator=generator) < share) & (token_ids > UNK_ID)
    return token_ids.masked_fill(hidden, UNK_ID)


@torch.no_grad()
def _update_average(run: _Run, decay: float, step: int) -> None:
    weight = 1 - min(decay, (1 + step) / (10 + step))  # short memory first, so that the start is forgotten
    for name, value in run.model.state_dict().items():
        if value.is_floating_point():
            run.average[name].lerp_(value, weight)
        else:
            run.average[name].copy_(value)


@torch.no_grad()
def _dev_figures(run: _Run, photos: _Split, device: str) -> tuple[float, float]:
    """Loss of the captions in nats a token, and R@10 in per cent of the sentence encoder's guesses."""
    model = OneNet(run.model.config).to(device).eval()
    model.load_state_dict(run.average)
    features = all_features(model, photos.maps[:, 0], device)
    token_ids = [ids for captions in photos.captions for ids in captions]
    rows = np.repeat(np.arange(len(photos.captions)), [len(captions) for captions in photos.captions])
    guesses = [
        model.represent_sentence(pad_captions(token_ids[start : start + 5 * _BATCH]).to(device))
        for start in range(0, len(token_ids), 5 * _BATCH)
    ]
    representations = model.represent(features).cpu().numpy()
    found = ranks(torch.cat(guesses).cpu().numpy(), representations, rows)
    return mean_caption_loss(model, features, rows, token_ids), 100 * float((found <= 10).mean())


@torch.no_grad()
def _fit_prior(model: OneNet, photos: _Split, device: str) -> None:
    """Fit what `OneNet.expected_likelihood` says to the network's own captions of training photos."""
    representations = model.represent(all_features(model, photos.maps[:_PRIOR_PHOTOS, 0], device))
    captions: dict[tuple[int, ...], None] = {}
    for start in range(0, len(representations), _BATCH):
        found = beam_search(model, representations[start : start + _BATCH], beam_size=3)
        captions |= dict.fromkeys(best[0].token_ids for best in found)
    distinct = sorted(captions)
    spread = distinct[:: max(1, len(distinct) // _PRIOR_CAPTIONS)]  # in alphabetical order: of all kinds
    bank = pad_captions([[START_ID, *caption, END_ID] for caption in spread]).to(device)
    weight, bias = fit_prior(representations, mean_log_likelihoods(model, representations, bank))
    model.prior_weight.copy_(weight)
    model.prior_bias.copy_(bias)


@torch.no_grad()
def all_features(model: OneNet, maps: NDArray[np.float16], device: str = "cpu") -> Tensor:
    """Features of photos, shape (N, F), float32, from what the trunk gave, (N, h, w, C)."""
    batches = (maps[start : start + _BATCH] for start in range(0, len(maps), _BATCH))
    return torch.cat([model.features(as_maps(batch).to(device)) for batch in batches])


class Captioner(Protocol):
    """What says captions of features: the network, or one that it is compared with."""

    def represent(self, features: Tensor, /) -> Tensor:
        """Map features (B, F) to representations (B, D)."""
        ...

    def __call__(self, representation: Tensor, token_ids: Tensor, /) -> Tensor:
        """Give logits (B, T, V) of the words that follow `token_ids` (B, T)."""
        ...


@torch.no_grad()
def mean_caption_loss(
    model: Captioner, features: Tensor, rows: NDArray[np.int64], token_ids: list[list[int]]
) -> float:
    """Mean loss of captions in nats a token, `<end>` counted, unknown words as `<unk>`.

    Args:
        model: In eval mode.
        features: Of the photos, shape (N, F).
        rows: The photo of each caption.
        token_ids: Captions with `<start>` and `<end>`.
    """
    total = tokens = 0.0
    representations = model.represent(features)
    for start in range(0, len(token_ids), 5 * _BATCH):
        batch = slice(start, start + 5 * _BATCH)
        ids = pad_captions(token_ids[batch]).to(features.device)
        count = sum(len(caption) - 1 for caption in token_ids[batch])
        total += float(caption_loss(model(representations[rows[batch]], ids[:, :-1]), ids)) * count
        tokens += count
    return total / tokens


def _split(
    photos: Sequence[CaptionedPhoto],
    vocabulary: Vocabulary,
    encoder: str,
    views: int,
    work: Path,
    device: str,
    progress: Callable[[Progress], None],
) -> _Split:
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        progress(Progress("features", done, total, time_left_s=left))

    paths = [photo.path for photo in photos]
    maps = cached_maps(encoder, paths, work / "features", views=views, device=device, progress=report)
    captions = [[vocabulary.encode(sentence) for sentence in photo.captions] for photo in photos]
    if not any(captions):
        raise DatasetError("The data set has no captions to learn from.")
    return _Split(np.array(maps), captions)  # in memory: steps pick at random, which a disk does slowly


def _photo_batches(photos: int, config: TrainConfig, epoch: int) -> list[list[int]]:
    """Shuffle all photos into batches."""
    order = np.random.default_rng([config.seed, epoch]).permutation(photos).tolist()
    batches = [order[start : start + config.batch_size] for start in range(0, photos, config.batch_size)]
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


def _start(config: TrainConfig, vocabulary_size: int, device: str) -> _Run:
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
            {
                "params": [weight for weight in rest if weight.dim() > 1],
                "weight_decay": config.weight_decay,
                "top": False,
            },
            {"params": [weight for weight in rest if weight.dim() <= 1], "weight_decay": 0.0, "top": False},
            {"params": top or [torch.zeros(1)], "weight_decay": 0.0, "top": True},
        ],
        lr=config.learning_rate,
    )
    return _Run(model, {name: value.clone() for name, value in model.state_dict().items()}, optimizer)


def _save(run: _Run, path: Path) -> None:
    save_state(
        path,
        {
            "model": run.model.state_dict(),
            "average": run.average,
            "best": run.best,
            "optimizer": run.optimizer.state_dict(),
            "place": [run.epoch, run.batch, run.best_epoch],
            "seconds": run.seconds,
            "dev_losses": run.dev_losses,
            "dev_recalls": run.dev_recalls,
            "train_losses": run.train_losses,
        },
    )


def _restore(run: _Run, path: Path) -> None:
    with loaded_state(path) as state:
        run.model.load_state_dict(state["model"])
        for name, value in state["average"].items():
            run.average[name].copy_(value)
        run.best = state["best"]
        run.optimizer.load_state_dict(state["optimizer"])
        run.epoch, run.batch, run.best_epoch = state["place"]
        run.seconds = state["seconds"]
        run.dev_losses, run.dev_recalls = state["dev_losses"], state["dev_recalls"]
        run.train_losses = state["train_losses"]


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
        "dev_recalls_at_10": [round(recall, 1) for recall in run.dev_recalls],
        "training_seconds": round(run.seconds),
        "dev": {"loss": round(run.dev_losses[run.best_epoch - 1], 4)},
    }
