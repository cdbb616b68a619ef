"""The door of the training: captioned photos -> a network, resumable after a kill at any moment."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onenet.datasets.flickr8k import load_split
from onenet.evaluation.evaluation_set import load_evaluation_set
from onenet.evaluation.retrieval import fit_threshold, threshold_figures
from onenet.network.checkpoint import save_checkpoint
from onenet.network.hardware import keep_freed_memory
from onenet.network.vocabulary import Vocabulary
from onenet.search.confidence import Threshold
from onenet.training.batches import Split, load_set
from onenet.training.config import TrainConfig
from onenet.training.joint_phase import joint_phase, start_joint
from onenet.training.run import Phase, Progress, Run, joined, train_epochs
from onenet.training.self_critical_phase import (
    Critic,
    make_critic,
    mean_weights,
    self_critical_phase,
    start_self_critical,
)
from onenet.training.state import run_name
from onenet.training.text_phase import start_text, text_phase


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
        data: See `onenet.datasets.flickr8k.load_split`.
        work: Folder for the feature cache and the run's state.
        command: Recorded in the card.

    Returns:
        The card written into the checkpoint.

    Raises:
        DatasetError: If train or dev split cannot be read.
    """
    keep_freed_memory()
    train_photos, dev_photos = load_split(data, "train"), load_split(data, "dev")
    vocabulary = Vocabulary.build(
        (sentence for photo in train_photos for sentence in photo.captions), min_count=config.min_count
    )
    dev_set = load_set(dev_photos, vocabulary, config.encoder, 1, work, device, progress)
    train_set = load_set(train_photos, vocabulary, config.encoder, config.views, work, device, progress)
    prefix = f"{config.encoder}-seed{config.seed}"
    folder = work / "runs" / run_name(prefix, asdict(config), train_photos, dev_photos, device)
    trainer = _Trainer(config, train_set, dev_set, device, folder, progress, save_every_s)
    run = trainer.train_jointly(start_joint(config, len(vocabulary), device))
    if config.settling_epochs:
        run = trainer.train_text(run)
    if config.critical_epochs:
        run = trainer.train_critically(run)
    photos = load_evaluation_set(run.model.eval().cpu(), vocabulary, data, "dev", cache=work / "features")
    threshold = fit_threshold(run.model, vocabulary, photos.representations, lambda what, done, total: None)
    card = _card(config, run, data, vocabulary, command, threshold)
    save_checkpoint(checkpoint, run.model, vocabulary, card)
    return card


@dataclass(frozen=True)
class _Trainer:
    """The parts of a training, each of which takes a run and gives one whose model is the best so far."""

    config: TrainConfig
    train_set: Split
    dev_set: Split
    device: str
    folder: Path
    progress: Callable[[Progress], None]
    save_every_s: float

    def train_jointly(self, run: Run) -> Run:
        """Train everything together."""
        self._train(run, joint_phase(run, self.config, self.train_set, self.dev_set, self.device), "joint")
        return _with_its_best(run)

    def train_text(self, run: Run) -> Run:
        """Let decoder, words and sentence encoder go on alone."""
        text = start_text(run, self.config)
        phase = text_phase(text, self.config, self.train_set, self.dev_set, self.device)
        self._train(text, phase, "text")
        better = min(figures.loss for figures in text.dev) < min(figures.loss for figures in run.dev)
        return _with_its_best(joined(run, text, better=better))

    def train_critically(self, run: Run) -> Run:
        """Let the decoder learn from rewards, several times; the mean is kept if dev likes it better."""
        critic = make_critic(run.model.eval(), self.config, self.train_set, self.dev_set, self.device)
        before = critic.evaluate(run.model).cider
        numbers = range(1, self.config.critical_runs + 1)
        runs = [self._train_once_critically(run, critic, number) for number in numbers]
        mean = mean_weights(runs)
        run.model.load_state_dict(mean)
        measured = critic.evaluate(run.model.eval())
        for critical in runs:
            run = joined(run, critical, better=False)
        run = replace(run, dev=[*run.dev, measured])
        if measured.cider > before:
            run = replace(run, best=mean, best_epoch=len(run.dev))
        return _with_its_best(run)

    def _train_once_critically(self, run: Run, critic: Critic, number: int) -> Run:
        critical = start_self_critical(run, self.config)
        phase = self_critical_phase(critical, self.config, critic, self.train_set, number, self.device)
        self._train(critical, phase, f"self-critical-{number}")
        return critical

    def _train(self, run: Run, phase: Phase, name: str) -> None:
        state_file = self.folder / f"{name}.pt"
        train_epochs(run, phase, self.config.patience, self.progress, state_file, self.save_every_s)


def _with_its_best(run: Run) -> Run:
    run.model.load_state_dict(run.best)
    return run


def _card(
    config: TrainConfig, run: Run, data: Path, vocabulary: Vocabulary, command: str, threshold: Threshold
) -> dict[str, Any]:
    return {
        "command": command,
        "data": f"Flickr8K training split ({data.name})",
        "date": datetime.now(UTC).date().isoformat(),
        "encoder": config.encoder,
        "seed": config.seed,
        "training": asdict(config),
        "vocabulary_size": len(vocabulary),
        "best_epoch": run.best_epoch,
        "dev_losses": [round(figures.loss, 4) for figures in run.dev],
        "dev_recalls_at_10": [round(figures.recall, 1) for figures in run.dev],
        "dev_ciders": [round(figures.cider, 1) for figures in run.dev if math.isfinite(figures.cider)],
        "training_seconds": round(run.seconds),
        "dev": {
            "loss": round(run.dev[run.best_epoch - 1].loss, 4),
            "find": threshold_figures(threshold),
        },
    }
