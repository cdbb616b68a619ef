"""A training run: its state, its epochs, and its resuming after a kill at any moment."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from onenet.network.model import OneNet
from onenet.training.config import ConfigError, TrainConfig
from onenet.training.progress import DevFigures, Progress
from onenet.training.state import loaded_state, save_state

_FETCHED_TOGETHER = 50  # losses; to ask for each would stop a GPU at each step
_RECENT = 50  # steps whose mean loss is shown
_APART_S = 20.0  # between two states, at least: a GPU's epochs are short


@dataclass
class Run:
    """What is saved and resumed: model, moving average, optimiser and the place in the data."""

    model: OneNet
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    batch: int = 0
    best_epoch: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    dev: list[DevFigures] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Phase:
    """One part of the training: what its steps are, and how dev measures them.

    Attributes:
        name: As it is shown.
        epochs: How many.
        batches: Numbers of an epoch -> the rows of each batch.
        step: Rows, number of the step, steps in all -> loss, nats a token, shape (), wherever it is.
        evaluate: What dev says of the moving average.
        by_cider: Whether the best epoch is that of the highest CIDEr, not of the lowest loss.
    """

    name: str
    epochs: int
    batches: Callable[[int], list[list[int]]]
    step: Callable[[Sequence[int], int, int], Tensor]
    evaluate: Callable[[], DevFigures]
    by_cider: bool = False


def train_epochs(
    run: Run,
    phase: Phase,
    patience: int,
    progress: Callable[[Progress], None],
    state_file: Path,
    save_every_s: float,
) -> None:
    """Run a phase to its end, from where its state file says that it stands.

    Raises:
        CheckpointError: If that file is damaged.
        ConfigError: If the training diverges.
    """
    if state_file.is_file():
        _restore(run, state_file)
    steps_an_epoch = len(phase.batches(0))
    total = steps_an_epoch * phase.epochs
    began, first = time.monotonic(), run.epoch * steps_an_epoch + run.batch
    saved, before = began, run.seconds
    waiting: list[Tensor] = []  # losses that a GPU may still be computing

    def goes_on() -> bool:
        return run.epoch < phase.epochs and run.epoch - run.best_epoch < patience

    while goes_on():
        for chosen in phase.batches(run.epoch)[run.batch :]:
            step = run.epoch * steps_an_epoch + run.batch
            waiting.append(phase.step(chosen, step, total))
            run.batch += 1
            if not waiting[-1].is_cuda or len(waiting) == _FETCHED_TOGETHER:
                _fetch(waiting, run)
            done, now = step + 1, time.monotonic()
            left = (now - began) / (done - first) * (total - done)
            dev_loss = run.dev[-1].loss if run.dev else math.nan
            recent = float(np.mean(run.train_losses[-_RECENT:])) if run.train_losses else math.nan
            progress(Progress(phase.name, done, total, run.epoch + 1, recent, dev_loss, left))
            run.seconds = before + now - began
            if now - saved > save_every_s:
                _fetch(waiting, run)
                _save(run, state_file)
                saved = now
        _fetch(waiting, run)
        run.epoch, run.batch = run.epoch + 1, 0
        run.dev.append(phase.evaluate())
        if not math.isfinite(run.dev[-1].loss):
            raise ConfigError("The training diverged: try a smaller learning_rate.")
        costs = [-figures.cider if phase.by_cider else figures.loss for figures in run.dev]
        if costs[-1] == min(costs):
            best = average_of(run).state_dict()
            run.best = {name: value.to("cpu", copy=True) for name, value in best.items()}
            run.best_epoch = run.epoch
        if time.monotonic() - saved > min(save_every_s, _APART_S) or not goes_on():
            _save(run, state_file)
            saved = time.monotonic()


def _fetch(waiting: list[Tensor], run: Run) -> None:
    """Write losses down, which waits until they are there."""
    if waiting:
        run.train_losses += torch.stack(waiting).tolist()
        waiting.clear()


def mean_of(networks: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Average the weights of networks that began alike (Wortsman et al. 2022, arXiv:2203.05482)."""
    return {
        name: torch.stack([each[name].float() for each in networks]).mean(dim=0).to(value.dtype)
        for name, value in networks[0].items()
    }


def is_fused(device: str | torch.device) -> bool | None:
    """Whether an optimizer steps in one kernel of a GPU; None: as PyTorch likes it best."""
    return True if torch.device(device).type == "cuda" else None


def new_run(
    model: OneNet, optimizer: torch.optim.Optimizer, config: TrainConfig, *, remembered: int = 0
) -> Run:
    """Start a run whose average is the network as it stands.

    Args:
        remembered: Steps that the average is as if it had taken: the more, the slower it leaves the start.
    """
    average = AveragedModel(model, use_buffers=True)
    average.n_averaged += 1 + remembered  # its steps, in the processor's memory
    return Run(model, average, optimizer)


def average_of(run: Run) -> OneNet:
    """Give the network with the averaged weights, in eval mode."""
    model = run.average.module
    assert isinstance(model, OneNet)
    return model.eval()


def decay_groups(weights: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Give an optimizer's groups: matrices decay, biases and single numbers such as the sharpness do not."""
    weights = list(weights)
    return [
        {"params": [weight for weight in weights if weight.dim() > 1], "weight_decay": weight_decay},
        {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0},
    ]


def descend(run: Run, config: TrainConfig, loss: Tensor) -> None:
    """Take one step down a loss, and let the average follow."""
    run.model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    learnt = [weight for group in run.optimizer.param_groups for weight in group["params"]]
    nn.utils.clip_grad_norm_(learnt, config.clip_norm)
    run.optimizer.step()
    _follow(run, config.average_decay)


def schedule(step: int, total: int, warmup_steps: int, *, begins: int = 0) -> float:
    """Share of a learning rate: up along a line, down to zero along a half cosine."""
    warmup = min(1.0, max(0, step - begins + 1) / max(1, warmup_steps))
    return warmup * 0.5 * (1 + math.cos(math.pi * step / total))


@torch.no_grad()
def _follow(run: Run, decay: float) -> None:
    """Move the average on, shortly remembering at first, so that the start is forgotten.

    `AveragedModel.update_parameters` would do so too, but it waits for a GPU, once a weight.
    """
    step = int(run.average.n_averaged)
    average, values = run.average.module.state_dict(), run.model.state_dict()
    for name, value in values.items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - min(decay, step / (9 + step)))
        else:
            average[name].copy_(value)
    run.average.n_averaged += 1


def _save(run: Run, path: Path) -> None:
    save_state(
        path,
        {
            "model": run.model.state_dict(),
            "average": run.average.state_dict(),
            "best": run.best,
            "optimizer": run.optimizer.state_dict(),
            "place": [run.epoch, run.batch, run.best_epoch],
            "seconds": run.seconds,
            "dev": [list(figures) for figures in run.dev],
            "train_losses": run.train_losses,
        },
    )


def _restore(run: Run, path: Path) -> None:
    with loaded_state(path) as state:
        run.model.load_state_dict(state["model"])
        run.average.load_state_dict(state["average"])
        run.best = state["best"]
        run.optimizer.load_state_dict(state["optimizer"])
        run.epoch, run.batch, run.best_epoch = state["place"]
        run.seconds = state["seconds"]
        run.dev = [DevFigures(*figures) for figures in state["dev"]]
        run.train_losses = state["train_losses"]


def joined(first: Run, second: Run, *, better: bool) -> Run:
    """Join two runs of one network, one after the other.

    Args:
        better: Whether the second's best weights are kept.
    """
    return replace(
        first,
        best=second.best if better else first.best,
        best_epoch=first.epoch + second.best_epoch if better else first.best_epoch,
        epoch=first.epoch + second.epoch,
        dev=first.dev + second.dev,
        train_losses=first.train_losses + second.train_losses,
        seconds=first.seconds + second.seconds,
    )
