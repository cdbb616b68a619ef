import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from onenet.checkpoint import load_checkpoint
from onenet.errors import CheckpointError, DatasetError, OneNetError
from onenet.generate import beam_search
from onenet.train import STATE_FILE, Progress, TrainConfig, train
from tests.onenet.pictures import write_dataset

CONFIG = TrainConfig(
    encoder="efficientnet_lite0",
    epochs=3,
    batch_size=16,
    hidden_size=32,
    min_count=2,
    warmup_steps=2,
    learning_rate=0.02,
    dropout=0.1,
    average_decay=0.5,
    bfloat16=False,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


def _weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).model.state_dict()


def test_training_learns_and_says_where_it_stands(data: Path, work: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    card = train(data, tmp_path / "net", CONFIG, work=work, command="the command", progress=seen.append)
    steps = [progress for progress in seen if progress.stage == "training"]
    assert [progress.done for progress in steps] == list(range(1, 13))  # 60 captions in 4 batches, 3 epochs
    assert steps[-1].train_loss < steps[0].train_loss
    assert steps[-1].time_left_s == 0
    assert math.isfinite(steps[-1].dev_loss)
    assert card["command"] == "the command"
    assert card["training"]["seed"] == CONFIG.seed
    assert card["dev"]["loss"] == min(card["dev_losses"])
    assert load_checkpoint(tmp_path / "net").card == card


def test_the_vocabulary_is_the_training_splits(data: Path, work: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "net", CONFIG, work=work)
    vocabulary = load_checkpoint(tmp_path / "net").vocabulary
    assert "square" in vocabulary
    assert "number0" in vocabulary  # five captions of twelve photos: in each of the twelve
    assert "<unk>" in vocabulary.words


def test_the_same_seed_gives_the_same_network(data: Path, work: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "first", CONFIG, work=work)
    for state in (work / "runs").rglob(STATE_FILE):
        state.unlink()
    train(data, tmp_path / "second", CONFIG, work=work)
    assert load_checkpoint(tmp_path / "first").fingerprint == load_checkpoint(tmp_path / "second").fingerprint


@pytest.mark.parametrize("step", [2, 4, 7])
def test_a_killed_run_goes_on_to_the_same_network(data: Path, work: Path, tmp_path: Path, step: int) -> None:
    """Killed within the first epoch, at its last step, and within the second."""
    train(data, tmp_path / "whole", CONFIG, work=work)
    for state in (work / "runs").rglob(STATE_FILE):
        state.unlink()

    def kill(progress: Progress) -> None:
        if progress.stage == "training" and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "net", CONFIG, work=work, progress=kill, save_every_s=0)
    assert not (tmp_path / "net").exists()
    done: list[int] = []
    train(data, tmp_path / "net", CONFIG, work=work, progress=lambda progress: done.append(progress.done))
    assert min(done) >= step  # a step may be repeated, the whole is not
    whole, resumed = _weights(tmp_path / "whole"), _weights(tmp_path / "net")
    for name, weight in whole.items():
        assert torch.equal(weight, resumed[name]), name


@pytest.mark.parametrize(
    "damage", [lambda c: c[:100], lambda c: b"", lambda c: b"garbage" * 50, lambda c: c[:-9]]
)
def test_a_damaged_state_is_named(
    data: Path, work: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    train(data, tmp_path / "net", CONFIG, work=work)
    for state in (work / "runs").rglob(STATE_FILE):
        state.write_bytes(damage(state.read_bytes()))
    with pytest.raises(CheckpointError, match="Delete it to start the training anew"):
        train(data, tmp_path / "net", CONFIG, work=work)
    for state in (work / "runs").rglob(STATE_FILE):
        state.unlink()


def test_it_stops_early(data: Path, work: Path, tmp_path: Path) -> None:
    """With a learning rate of zero no epoch is better than the first by much, and the patience runs out."""
    from dataclasses import replace

    config = replace(CONFIG, epochs=50, patience=2, learning_rate=10.0)
    card = train(data, tmp_path / "net", config, work=work)
    assert len(card["dev_losses"]) < 50
    assert len(card["dev_losses"]) - card["best_epoch"] == 2


def test_what_it_learnt_it_says(data: Path, work: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    card = train(data, tmp_path / "net", replace(CONFIG, epochs=25, patience=25), work=work)
    loaded = load_checkpoint(tmp_path / "net")
    representation = torch.nn.functional.normalize(
        torch.from_numpy(np.random.default_rng(0).standard_normal((3, 300)).astype(np.float32)), dim=-1
    )
    for (caption,) in beam_search(loaded.model, representation):
        assert "square" in loaded.vocabulary.decode(caption.token_ids)
    assert card["dev"]["loss"] < card["dev_losses"][0]


def test_a_folder_without_captions(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Give another folder"):
        train(tmp_path, tmp_path / "net", CONFIG, work=tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 1},
        {"dropout": 2.0},
        {"hidden_size": 0},
        {"seed": -1},
        {"learning_rate": 0.0},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused_at_once(wrong: dict[str, float]) -> None:
    with pytest.raises(OneNetError, match=next(iter(wrong))):
        TrainConfig(**wrong)  # type: ignore[arg-type]


def test_a_last_batch_of_one_is_no_obstacle(data: Path, work: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    train(data, tmp_path / "net", replace(CONFIG, epochs=1, batch_size=59), work=work)  # 60 captions


def test_a_diverged_run_says_so(
    data: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.train._dev_loss", lambda *_: math.nan)
    from dataclasses import replace

    with pytest.raises(OneNetError, match="smaller learning_rate"):
        train(data, tmp_path / "net", replace(CONFIG, epochs=2), work=work)
