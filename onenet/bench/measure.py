"""Train one variant with one seed and measure it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from onenet.bench.article import ArticleConfig
from onenet.bench.article_training import measure_article
from onenet.bench.report import Report
from onenet.bench.results import Measurement, name_data
from onenet.bench.variants import Variant
from onenet.captions.caption import AGREEMENT_WEIGHT
from onenet.evaluation.evaluation_set import batches_by_length, load_evaluation_set
from onenet.evaluation.ranks import ranks, recall_figures
from onenet.evaluation.run import evaluate
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.search.inversion import invert_from_random_starts
from onenet.training.config import TrainConfig
from onenet.training.progress import Progress
from onenet.training.train import train


def measure(
    variant: Variant,
    seed: int,
    data: Path,
    split: str,
    *,
    work: Path,
    device: str = "cpu",
    report: Report = lambda what, done, total, note: None,
    notice: Callable[[str], None] = lambda sentence: None,
) -> Measurement:
    """Train a variant, or go on training it, and measure it on a split.

    Args:
        work: Folder for feature cache, runs, and the networks, which end in `bench/`.
        device: Where it is trained; measured is on the processor.

    Returns:
        JSON-ready: variant, seed, config, data, and "figures" as `onenet.evaluation.run.evaluate` gives them.

    Raises:
        DatasetError: If a split cannot be read.
        CheckpointError: If the saved state of a stopped run is damaged.
    """
    config = variant.config(seed)
    if isinstance(config, ArticleConfig):
        figures, run = measure_article(
            config, data, split, work=work, device=device, report=report, notice=notice
        )
        training = {"training_seconds": round(run.seconds), "best_epoch": run.best_epoch}
    else:
        figures, training = _measure_network(variant, config, data, split, work, device, report, notice)
    return {
        "variant": variant.name,
        "seed": seed,
        "data": name_data(data, split),
        "config": json.loads(json.dumps(asdict(config))),
        "date": datetime.now(UTC).date().isoformat(),
        "device": device,
        **training,
        "figures": figures,
    }


def _measure_network(
    variant: Variant,
    config: TrainConfig,
    data: Path,
    split: str,
    work: Path,
    device: str,
    report: Report,
    notice: Callable[[str], None],
) -> tuple[dict[str, Any], dict[str, Any]]:
    def show(progress: Progress) -> None:
        note = f"epoch {progress.epoch}, loss {progress.train_loss:.3f}, dev loss {progress.dev_loss:.3f}"
        report(progress.stage.capitalize(), progress.done, progress.total, note if progress.epoch else "")

    path = work / "bench" / f"{re.sub(r'[^a-z0-9]+', '-', variant.name)}-seed{config.seed}.safetensors"
    command = f'python -m onenet bench --variant "{variant.name}"'
    card = train(data, path, config, work=work, device=device, command=command, progress=show)
    checkpoint = load_checkpoint(path)
    figures = evaluate(
        checkpoint,
        data,
        split,
        cache=work / "features",
        find=variant.inversion is None,
        agreement_weight=AGREEMENT_WEIGHT if variant.inversion is None else 0.0,
        progress=lambda what, done, total: report(what.capitalize(), done, total, ""),
        notice=notice,
    )
    if variant.inversion is not None:
        found = _find_from_random_starts(checkpoint, data, split, work, variant.inversion, report)
        figures["find"] = {"inversion": found}
    return figures, {name: card[name] for name in ("training_seconds", "best_epoch")}


def _find_from_random_starts(
    checkpoint: Checkpoint,
    data: Path,
    split: str,
    work: Path,
    settings: Mapping[str, Any],
    report: Report,
) -> dict[str, Any]:
    """Search for every description without the sentence encoder's guess, by inversion alone."""
    photos = load_evaluation_set(
        checkpoint.model, checkpoint.vocabulary, data, split, cache=work / "features"
    )
    representations = photos.representations.numpy()
    queries = np.zeros((len(photos.queries), representations.shape[1]), np.float32)
    done = 0
    for chosen, batch in batches_by_length(photos.queries):
        found = invert_from_random_starts(checkpoint.model, batch, block=photos.block, **settings)
        queries[chosen] = found.representation
        done += len(chosen)
        report("Inversion", done, len(queries), "")
    return recall_figures(ranks(queries, representations, photos.rows))
