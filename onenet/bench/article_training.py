"""Train the article's network and measure it as the others are measured."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from onenet.bench.article import ArticleConfig, ArticleNet, invert, search_captions
from onenet.bench.report import Report
from onenet.datasets.features import cached_maps
from onenet.datasets.flickr8k import CaptionedPhoto, load_split
from onenet.evaluation.captions import score_captions
from onenet.evaluation.evaluation_set import (
    EvaluationSet,
    batches_by_length,
    mean_caption_loss,
    rows_of_captions,
)
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.network.encoders import as_maps, load_encoder
from onenet.network.losses import caption_loss
from onenet.network.model import pad_captions
from onenet.network.vocabulary import Vocabulary
from onenet.training.batches import caption_batches
from onenet.training.state import loaded_state, run_name, save_state

_BATCH = 50
_WINDOW = 16  # batches whose captions are sorted by length, so that little is padded


@dataclass
class Split:
    """Photos of a split as the frozen encoder's features (N, F), and all captions with their photos' rows."""

    photos: list[CaptionedPhoto]
    vocabulary: Vocabulary
    features: Tensor
    token_ids: list[list[int]]
    rows: NDArray[np.int64]

    @torch.no_grad()
    def seen_by(self, model: ArticleNet, device: str = "cpu") -> EvaluationSet:
        """Represent the photos with a network in eval mode, to measure it on them."""
        representations = model.represent(self.features.to(device))
        return EvaluationSet(self.photos, representations, self.vocabulary)


@dataclass
class ArticleRun:
    """A training run, over or not.

    Attributes:
        best: Weights of the epoch with the best dev loss.
        best_epoch: That epoch, from 1.
        dev_losses: After each epoch, nats a token.
        seconds: Of training so far.
    """

    model: ArticleNet
    optimizer: torch.optim.Optimizer
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0
    dev_losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


def load_features(
    data: Path, split: str, vocabulary: Vocabulary, encoder: str, work: Path, device: str, report: Report
) -> Split:
    """Read a split and encode its photos, each as it is: the article knew no augmentation."""
    photos = load_split(data, split)
    maps = cached_maps(
        encoder,
        [photo.path for photo in photos],
        work / "features",
        device=device,
        progress=lambda done, total: report(f"Features of {split}", done, total, ""),
    )[:, 0]
    top = load_encoder(encoder).top.to(device)
    features = []
    with torch.no_grad():
        for start in range(0, len(maps), _BATCH):
            features.append(top(as_maps(maps[start : start + _BATCH]).to(device)).mean(dim=(2, 3)).cpu())
            report(f"Features of {split}, pooled", min(start + _BATCH, len(maps)), len(maps), "")
    token_ids = [vocabulary.encode(sentence) for photo in photos for sentence in photo.captions]
    return Split(photos, vocabulary, torch.cat(features), token_ids, rows_of_captions(photos))


def train_article(
    config: ArticleConfig, train: Split, dev: Split, words: int, *, work: Path, device: str, report: Report
) -> ArticleRun:
    """Train, or go on with a run that was stopped: the state is saved after each epoch.

    Args:
        words: V, size of the vocabulary.
        work: Folder for the run's state.

    Returns:
        The finished run, its model the best one, on the processor, frozen, in eval mode.

    Raises:
        CheckpointError: If the saved state is damaged.
    """
    torch.manual_seed(config.seed)
    model = ArticleNet(train.features.shape[1], words, config.size, config.layers).to(device)
    run = ArticleRun(model, torch.optim.Adam(model.parameters(), lr=config.learning_rate))
    state_file = work / "runs" / _run_name(config, train, dev, device) / "state.pt"
    if state_file.is_file():
        _restore(run, state_file)
    while len(run.dev_losses) < config.epochs and len(run.dev_losses) - run.best_epoch < config.patience:
        began = time.monotonic()
        _train_epoch(run, config, train, device, report)
        run.dev_losses.append(mean_caption_loss(model.eval(), dev.seen_by(model, device)))
        run.seconds += time.monotonic() - began
        if run.dev_losses[-1] == min(run.dev_losses):
            run.best = {name: value.cpu().clone() for name, value in model.state_dict().items()}
            run.best_epoch = len(run.dev_losses)
        _save(run, state_file)
    model.load_state_dict(run.best)
    model.cpu().eval().requires_grad_(False)
    return run


def measure_article(
    config: ArticleConfig,
    data: Path,
    split: str,
    *,
    work: Path,
    device: str,
    report: Report,
    notice: Callable[[str], None],
) -> tuple[dict[str, Any], ArticleRun]:
    """Train the article's network and measure it; figures are named as `onenet.evaluation` names them.

    Raises:
        DatasetError: If a split cannot be read.
        CheckpointError: If the saved state is damaged.
    """
    sentences = (sentence for photo in load_split(data, "train") for sentence in photo.captions)
    vocabulary = Vocabulary.build(sentences, min_count=config.min_count)
    train, dev = (
        load_features(data, part, vocabulary, config.encoder, work, device, report)
        for part in ("train", split)
    )
    run = train_article(config, train, dev, len(vocabulary), work=work, device=device, report=report)
    photos = dev.seen_by(run.model)
    representations = photos.representations
    started = time.perf_counter()
    captions: list[str] = []
    for start in range(0, len(representations), _BATCH):
        found = search_captions(
            run.model, representations[start : start + _BATCH], beam_size=config.beam_size
        )
        captions += [vocabulary.decode(caption) for caption in found]
        report("Beam search", len(captions), len(representations), "")
    seconds = time.perf_counter() - started
    beam = score_captions(captions, dev.photos, notice) | {
        "distinct_captions": len(set(captions)),
        "seconds": round(seconds, 1),
    }
    figures = {
        "split": split,
        "photos": len(dev.photos),
        "descriptions": len(dev.token_ids),
        "loss": round(mean_caption_loss(run.model, photos), 4),
        f"beam{config.beam_size}": beam,
        "find": {"served": _find(run.model, config, photos, report)},
    }
    return figures, run


def _train_epoch(run: ArticleRun, config: ArticleConfig, train: Split, device: str, report: Report) -> None:
    run.model.train()
    epoch = len(run.dev_losses)
    lengths = [len(caption) for caption in train.token_ids]
    batches = caption_batches(lengths, config.batch_size, _WINDOW, [config.seed, epoch])
    losses: list[float] = []
    for number, chosen in enumerate(batches, start=1):
        token_ids = pad_captions([train.token_ids[caption] for caption in chosen]).to(device)
        representation = run.model.represent(train.features[train.rows[chosen]].to(device))
        loss = caption_loss(run.model(representation, token_ids[:, :-1]), token_ids)
        run.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        run.optimizer.step()
        losses.append(float(loss.detach()))
        note = f"loss {np.mean(losses[-50:]):.3f}"
        if run.dev_losses:
            note += f", dev loss {run.dev_losses[-1]:.3f}"
        done, total = epoch * len(batches) + number, config.epochs * len(batches)
        report("Training", done, total, f"epoch {epoch + 1}, {note}")


def _find(model: ArticleNet, config: ArticleConfig, photos: EvaluationSet, report: Report) -> dict[str, Any]:
    """Search for every description by inversion; as everywhere, words never read are left out."""
    queries = np.zeros((len(photos.queries), photos.representations.shape[1]), np.float32)
    started = time.perf_counter()
    done = 0
    for chosen, batch in batches_by_length(photos.queries):
        found = invert(
            model,
            batch,
            steps=config.steps,
            starts=config.starts,
            learning_rate=config.search_rate,
            generator=torch.Generator().manual_seed(0),
        )
        queries[chosen] = F.normalize(found, dim=-1).numpy()
        done += len(chosen)
        report("Inversion", done, len(queries), "")
    found_ranks = ranks(queries, F.normalize(photos.representations, dim=-1).numpy(), photos.rows)
    return recall_figures(found_ranks) | {"seconds": round(time.perf_counter() - started, 1)}


def _run_name(config: ArticleConfig, train: Split, dev: Split, device: str) -> str:
    """Name a run after what decides its training: how it searches afterwards does not."""
    settings = {
        name: value
        for name, value in asdict(config).items()
        if name not in ("beam_size", "steps", "starts", "search_rate")
    }
    return run_name(f"article-{config.encoder}-seed{config.seed}", settings, train.photos, dev.photos, device)


def _save(run: ArticleRun, path: Path) -> None:
    save_state(
        path,
        {
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "best": run.best,
            "best_epoch": run.best_epoch,
            "dev_losses": run.dev_losses,
            "seconds": run.seconds,
        },
    )


def _restore(run: ArticleRun, path: Path) -> None:
    with loaded_state(path) as state:
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
        run.best, run.best_epoch = state["best"], state["best_epoch"]
        run.dev_losses, run.seconds = state["dev_losses"], state["seconds"]
