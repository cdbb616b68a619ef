"""The door of the training: captioned photos -> a network, resumable after a kill at any moment."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from onenet.datasets.packed import is_pack, load_pack
from onenet.datasets.sources import Sources, load_sources
from onenet.evaluation.evaluation_set import evaluation_sets, represent_photos
from onenet.evaluation.languages import languages_written
from onenet.evaluation.retrieval import fit_threshold, threshold_figures
from onenet.network.checkpoint import save_checkpoint
from onenet.network.class_names import class_names
from onenet.network.classifier import has_classifier
from onenet.network.hardware import keep_freed_memory
from onenet.network.vocabulary import Vocabulary, tokenize
from onenet.search.confidence import Threshold
from onenet.training.batches import LearntCaption, Split
from onenet.training.config import TrainConfig
from onenet.training.ease import measure_ease
from onenet.training.joint_phase import joint_phase, start_joint
from onenet.training.lessons import Lessons
from onenet.training.loading import load_set
from onenet.training.progress import Progress
from onenet.training.run import Phase, Run, joined, mean_of, train_epochs
from onenet.training.self_critical_phase import (
    Critic,
    make_critic,
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
    on_device: bool | None = None,
    command: str = "",
    progress: Callable[[Progress], None] = lambda progress: None,
    notice: Callable[[str], None] = lambda sentence: None,
    save_every_s: float = 300.0,
) -> dict[str, Any]:
    """Train a network on the training splits of its sources and write its checkpoint.

    On the CPU the same configuration, data and thread count give the same network, also when the run was
    killed and started again: the state is saved after each epoch and every `save_every_s` seconds.

    Args:
        data: See `onenet.datasets.sources.load_sources`, or a pack of it.
        work: Folder for the feature cache and the run's state.
        on_device: Whether photos are decoded once and kept on the device, which makes their views, see
            `onenet.datasets.device_maps`; None: on a GPU.
        command: Recorded in the card.

    Returns:
        The card written into the checkpoint.

    Raises:
        DatasetError: If a source cannot be read.
        CheckpointError: If what was kept of a run that was killed is damaged.
    """
    sources = read_sources(data, config, work, notice)
    trainer = prepare(sources, config, work, device, on_device, progress, save_every_s)
    run = trainer.train_jointly()
    if config.settling_epochs:
        run = trainer.train_text(run)
    if config.critical_epochs:
        run = trainer.train_critically(run, notice)
    about = {"command": command, "data": data.name}
    return save_trained(checkpoint, run, sources, trainer.lessons, work / "features", about)


def save_trained(
    checkpoint: Path,
    run: Run,
    sources: Sources,
    lessons: Lessons,
    cache: Path,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Measure what has been trained on dev, write it, and give its card.

    Args:
        cache: Folder for features.
        about: What else the card says.
    """
    config, vocabulary = lessons.config, lessons.vocabulary
    model, first = run.model.eval().cpu(), sources.photos[0].dev
    photos = represent_photos(model, vocabulary, first, cache=cache)
    threshold = fit_threshold(model, vocabulary, photos.representations, None, lambda what, done, total: None)
    written = languages_written(model, evaluation_sets(first, photos.representations, vocabulary))
    learnt_from = [source.name for source in sources.photos] + (["sentences"] if sources.text else [])
    card = {
        **about,
        **_card(config, run, vocabulary, threshold),
        "sources": learnt_from,
        "written": written,
        "ease": measure_ease(model, lessons.train_set),
    }
    save_checkpoint(checkpoint, model, vocabulary, card)
    return card


def read_sources(data: Path, config: TrainConfig, work: Path, notice: Callable[[str], None]) -> Sources:
    """Read what is learnt from, unpacking a pack once.

    Raises:
        DatasetError: If a source cannot be read.
    """
    keep_freed_memory()
    if is_pack(data):
        return load_pack(data, work / "packs")
    return load_sources(data, views=config.views, notice=notice)


def prepare(
    sources: Sources,
    config: TrainConfig,
    work: Path,
    device: str,
    on_device: bool | None,
    progress: Callable[[Progress], None],
    save_every_s: float,
    *,
    distilled: Mapping[str, Any] | None = None,
) -> "Trainer":
    """Make ready what a training learns from; see `train`.

    Args:
        distilled: Which networks it goes on from, if from any.

    Raises:
        DatasetError: If there is no caption.
    """
    names = class_names() if config.names_weight and has_classifier(config.encoder) else ()
    vocabulary = Vocabulary.build(
        sources.sentences(),
        min_count=config.min_count,
        known=[word for name in names for word in tokenize(name)],
    )
    on_device = device != "cpu" if on_device is None else on_device
    load = partial(
        load_set,
        vocabulary=vocabulary,
        encoder=config.encoder,
        work=work,
        device=device,
        transform=config.transform,
        on_device=on_device,
    )
    dev_sets = [load([source], "dev", progress=progress) for source in sources.photos if source.dev]
    train_set = load(sources.photos, "train", progress=progress)
    text = [
        LearntCaption(-1, language, vocabulary.encode(sentence, language))
        for language, sentences in sources.text.items()
        for sentence in sentences
    ]
    prefix = f"{config.encoder}-seed{config.seed}"
    settings = asdict(config) | {"text": sources.text, "views": [source.views for source in sources.photos]}
    if on_device:  # other views than the processor would make one by one
        settings["on_device"] = True
    settings |= distilled or {}
    folder = work / "runs" / run_name(prefix, settings, sources.train, sources.dev, device)
    lessons = Lessons(config, train_set, text, device)
    return Trainer(config, lessons, dev_sets, folder, progress, save_every_s)


@dataclass(frozen=True)
class Trainer:
    """The parts of a training, each of which takes a run and gives one whose model is the best so far."""

    config: TrainConfig
    lessons: Lessons
    dev_sets: Sequence[Split]
    folder: Path
    progress: Callable[[Progress], None]
    save_every_s: float

    def train_jointly(self) -> Run:
        """Train everything together."""
        run = start_joint(self.config, len(self.lessons.vocabulary), self.lessons.device)
        self._train(run, joint_phase(run, self.lessons, self.dev_sets), "joint")
        return _with_its_best(run)

    def train_text(self, run: Run) -> Run:
        """Let decoder, words and sentence encoder go on alone."""
        text = start_text(run, self.config)
        phase = text_phase(text, self.lessons, self.dev_sets)
        self._train(text, phase, "text")
        better = min(figures.loss for figures in text.dev) < min(figures.loss for figures in run.dev)
        return _with_its_best(joined(run, text, better=better))

    def train_critically(self, run: Run, notice: Callable[[str], None]) -> Run:
        """Let the decoder learn from rewards, several times; the mean is kept if dev likes it better.

        Where there is nothing to learn from or to measure, that is said, and the run stays as it is.
        """
        critic = make_critic(run.model.eval(), self.lessons, self.dev_sets)
        if critic is None:
            notice(
                "The self-critical part is left out: no photos have several captions in a language of dev."
            )
            return run
        before = critic.evaluate(run.model).cider
        numbers = range(1, self.config.critical_runs + 1)
        runs = [self._train_once_critically(run, critic, number) for number in numbers]
        mean = mean_of([critical.best for critical in runs])
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
        phase = self_critical_phase(critical, self.lessons, critic, number)
        self._train(critical, phase, f"self-critical-{number}")
        return critical

    def _train(self, run: Run, phase: Phase, name: str) -> None:
        state_file = self.folder / f"{name}.pt"
        train_epochs(run, phase, self.config.patience, self.progress, state_file, self.save_every_s)


def _with_its_best(run: Run) -> Run:
    run.model.load_state_dict(run.best)
    return run


def _card(config: TrainConfig, run: Run, vocabulary: Vocabulary, threshold: Threshold) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "encoder": config.encoder,
        "seed": config.seed,
        "training": asdict(config) | {"critical_languages": list(config.critical_languages)},
        "vocabulary_size": len(vocabulary),
        "languages": {language: len(vocabulary.block(language)) for language in vocabulary.languages},
        "best_epoch": run.best_epoch,
        "dev_losses": [round(figures.loss, 4) for figures in run.dev],
        "dev_recalls_at_10": [round(figures.recall, 1) for figures in run.dev],
        "dev_losses_of_each": [[round(loss, 4) for loss in figures.losses] for figures in run.dev],
        "dev_ciders_of_each": [[round(cider, 1) for cider in each.ciders] for each in run.dev if each.ciders],
        "dev_recalls_of_each": [[round(recall, 1) for recall in figures.recalls] for figures in run.dev],
        "dev_ciders": [round(figures.cider, 1) for figures in run.dev if math.isfinite(figures.cider)],
        "training_seconds": round(run.seconds),
        "dev": {
            "loss": round(run.dev[run.best_epoch - 1].loss, 4),
            "find": threshold_figures(threshold),
        },
    }
