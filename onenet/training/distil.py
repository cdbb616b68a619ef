"""The door of distillation: networks that were trained before -> one of the same shape, and better."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from onenet.errors import CheckpointError
from onenet.network.checkpoint import Checkpoint, load_checkpoint
from onenet.training.config import TrainConfig
from onenet.training.dev import dev_figures, seen_by
from onenet.training.progress import Progress
from onenet.training.pseudo_captions import pseudo_captions
from onenet.training.run import Run, mean_of
from onenet.training.teachers import Teachers
from onenet.training.text_phase import new_text
from onenet.training.train import Trainer, prepare, read_sources, save_trained


def distil(
    data: Path,
    checkpoint: Path,
    networks: Sequence[Path],
    teachers: Sequence[Path],
    config: TrainConfig,
    *,
    work: Path,
    device: str = "cpu",
    on_device: bool | None = None,
    command: str = "",
    progress: Callable[[Progress], None] = lambda progress: None,
    notice: Callable[[str], None] = lambda sentence: None,
    save_every_s: float = 300.0,
) -> dict[str, Any]:
    """Make one network of several that were trained before, and write its checkpoint.

    It begins as the mean of the weights of some that began alike (Wortsman et al. 2022, arXiv:2203.05482);
    then decoder, words and sentence encoder go through the text phase once more, in which they learn from
    what all teachers say, too (Hinton et al. 2015, arXiv:1503.02531). It is resumable as `train` is.

    Args:
        data: What the networks were trained on, see `onenet.datasets.sources.load_sources`, or a pack of it.
        networks: Whose mean it begins as: trained with the same seed, with settings that differ a little.
        teachers: Networks of the same shape and vocabulary.
        config: Of the text phase; without epochs of it the mean is all. Encoder and sizes are the networks'.
        work: Folder for the feature cache and the run's state.
        on_device: See `train`.
        command: Recorded in the card.

    Returns:
        The card written into the checkpoint.

    Raises:
        DatasetError: If a source cannot be read.
        CheckpointError: If a network cannot be read, or has other words or another shape.
    """
    started, teaching = ([load_checkpoint(path) for path in paths] for paths in (networks, teachers))
    first = started[0]
    for path, known in zip((*networks, *teachers), (*started, *teaching), strict=True):
        _check(path, known, first)
    shape = asdict(first.model.config)
    config = replace(config, **{name: value for name, value in shape.items() if hasattr(config, name)})
    sources = read_sources(data, config, work, notice)
    trainer = prepare(
        sources,
        config,
        work,
        device,
        on_device,
        progress,
        save_every_s,
        distilled={
            "networks": [known.fingerprint for known in started],
            "teachers": [known.fingerprint for known in teaching],
        },
    )
    vocabulary = trainer.lessons.vocabulary
    if vocabulary.words != first.vocabulary.words:
        raise CheckpointError(f"{networks[0]} was trained on other words than those of {data}.")
    models = [known.model.to(device).eval().requires_grad_(False) for known in teaching]
    lessons = replace(trainer.lessons, teachers=Teachers(models))
    if config.pseudo_captions and config.settling_epochs:
        kept = trainer.folder / "pseudo-captions.pt"
        lessons.pseudo_captions = pseudo_captions(models[0], lessons.train_set, kept)
    trainer = replace(trainer, lessons=lessons)
    run = _begun(started, config, trainer)
    if config.settling_epochs:
        run = trainer.train_text(run)
    about = {
        "command": command,
        "data": data.name,
        "mean_of": [_named(known) for known in started],
        "taught_by": [_named(known) for known in teaching] if config.settling_epochs else [],
    }
    return save_trained(checkpoint, run, sources, trainer.lessons, work / "features", about)


def _named(known: Checkpoint) -> dict[str, Any]:
    return {"command": known.card.get("command", ""), "fingerprint": known.fingerprint}


def _check(path: Path, known: Checkpoint, first: Checkpoint) -> None:
    if known.vocabulary.words != first.vocabulary.words or known.model.config != first.model.config:
        raise CheckpointError(
            f"{path} has other words or another shape than the first network: train all with the same data, "
            "encoder and sizes."
        )


def _begun(started: Sequence[Checkpoint], config: TrainConfig, trainer: Trainer) -> Run:
    """Give the mean of networks as a run that dev has measured."""
    model, device = started[0].model, trainer.lessons.device
    model.load_state_dict(mean_of([known.model.state_dict() for known in started]))
    model.to(device).to(memory_format=torch.channels_last).requires_grad_(True)
    run = new_text(model, config)
    figures = dev_figures(model.eval(), seen_by(model, trainer.dev_sets, device))
    best = {name: value.to("cpu", copy=True) for name, value in model.state_dict().items()}
    return replace(run, epoch=1, best_epoch=1, best=best, dev=[figures])
