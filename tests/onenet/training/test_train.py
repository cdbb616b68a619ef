import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from onenet.captions.beam_search import beam_search
from onenet.datasets.flickr8k import load_split
from onenet.engine import Engine
from onenet.errors import CheckpointError, DatasetError, OneNetError
from onenet.network.checkpoint import load_checkpoint
from onenet.network.encoders import load_encoder
from onenet.network.model import OneNet, pad_captions
from onenet.network.stepwise import StepDecoder
from onenet.search.photos import read_photo
from onenet.training.config import TrainConfig
from onenet.training.joint_phase import start_joint
from onenet.training.progress import DevFigures, Progress
from onenet.training.text_phase import each_photo_once, start_text
from onenet.training.train import train
from tests.onenet.drawn import COLOURS

CONFIG = TrainConfig(
    encoder="efficientnet_lite0",
    epochs=3,
    batch_size=4,
    views=2,
    tune_after=1,
    settling_epochs=0,
    critical_epochs=0,
    hidden_size=32,
    sentence_size=16,
    min_count=2,
    warmup_steps=2,
    learning_rate=0.02,
    dropout=0.1,
    average_decay=0.5,
    bfloat16=False,
    names_weight=0.0,
    at_every_word=False,
)
TEXT_PHASE = replace(CONFIG, epochs=1, settling_epochs=2, settling_batch_size=20, settling_rate=0.02)


def _weights(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).model.state_dict()


def _forget_runs(work: Path) -> None:
    for state in (work / "runs").rglob("*.pt"):
        state.unlink()


@dataclass(frozen=True)
class Training:
    """A training that is over: its network, card and progress, and the state files that it left."""

    network: Path
    card: dict[str, Any]
    seen: list[Progress]
    states: dict[Path, bytes]


def train_once(data: Path, work: Path, network: Path, config: TrainConfig) -> Training:
    _forget_runs(work)
    seen: list[Progress] = []
    card = train(data, network, config, work=work, command="the command", progress=seen.append)
    states = {state: state.read_bytes() for state in (work / "runs").rglob("*.pt")}
    return Training(network, card, seen, states)


@pytest.fixture(scope="module")
def trained(data: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train_once(data, work, tmp_path_factory.mktemp("trained") / "net", CONFIG)


@pytest.fixture(scope="module")
def trained_in_text(data: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train_once(data, work, tmp_path_factory.mktemp("text") / "net", TEXT_PHASE)


def test_training_learns_and_says_where_it_stands(trained: Training) -> None:
    card, seen = trained.card, trained.seen
    steps = [progress for progress in seen if progress.stage == "training"]
    assert [progress.done for progress in steps] == list(range(1, 10))  # 12 photos in 3 batches, 3 epochs
    assert steps[-1].train_loss < steps[0].train_loss
    assert steps[-1].time_left_s == 0
    assert math.isfinite(steps[-1].dev_loss)
    assert card["command"] == "the command"
    assert card["training"]["seed"] == CONFIG.seed
    assert card["dev"]["loss"] == min(card["dev_losses"])
    assert card["dev_recalls_at_10"] == [100.0] * 3  # there are four dev photos
    assert load_checkpoint(trained.network).card == card


def test_the_vocabulary_is_the_training_splits(trained: Training) -> None:
    vocabulary = load_checkpoint(trained.network).vocabulary
    assert "square" in vocabulary
    assert "number0" in vocabulary  # five captions of twelve photos: in each of the twelve
    assert "<unk>" in vocabulary.words


def test_the_same_seed_gives_the_same_network(
    trained: Training, data: Path, work: Path, tmp_path: Path
) -> None:
    _forget_runs(work)
    train(data, tmp_path / "second", CONFIG, work=work)
    assert load_checkpoint(trained.network).fingerprint == load_checkpoint(tmp_path / "second").fingerprint


@pytest.mark.parametrize("step", [2, 3, 5])
def test_a_killed_run_goes_on_to_the_same_network(
    trained: Training, data: Path, work: Path, tmp_path: Path, step: int
) -> None:
    """Killed within the first epoch, at its last step, and within the second."""
    _forget_runs(work)

    def kill(progress: Progress) -> None:
        if progress.stage == "training" and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "net", CONFIG, work=work, progress=kill, save_every_s=0)
    assert not (tmp_path / "net").exists()
    done: list[int] = []
    train(data, tmp_path / "net", CONFIG, work=work, progress=lambda progress: done.append(progress.done))
    assert min(done) >= step  # a step may be repeated, the whole is not
    whole, resumed = _weights(trained.network), _weights(tmp_path / "net")
    for name, weight in whole.items():
        assert torch.equal(weight, resumed[name]), name


@pytest.mark.parametrize(
    "damage", [lambda c: c[:100], lambda c: b"", lambda c: b"garbage" * 50, lambda c: c[:-9]]
)
def test_a_damaged_state_is_named(
    trained: Training, data: Path, work: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    for state, content in trained.states.items():
        state.write_bytes(damage(content))
    with pytest.raises(CheckpointError, match="Delete it to start the training anew"):
        train(data, tmp_path / "net", CONFIG, work=work)
    _forget_runs(work)


def test_it_stops_early(data: Path, work: Path, tmp_path: Path) -> None:
    """With a learning rate of zero no epoch is better than the first by much, and the patience runs out."""
    config = replace(CONFIG, epochs=50, patience=2, learning_rate=10.0)
    card = train(data, tmp_path / "net", config, work=work)
    assert len(card["dev_losses"]) < 50
    assert len(card["dev_losses"]) - card["best_epoch"] == 2


def test_what_it_learnt_it_says_and_reads(data: Path, work: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=20, patience=20, batch_size=12, tuning_rate=0.0)
    card = train(data, tmp_path / "net", config, work=work)
    assert card["dev"]["loss"] < card["dev_losses"][0]
    loaded = load_checkpoint(tmp_path / "net")
    photos = [read_photo(photo.path) for photo in load_split(data, "train")[: len(COLOURS)]]
    representations = torch.from_numpy(Engine(loaded).represent(photos))
    for (caption,) in beam_search(StepDecoder(loaded.model), representations):
        assert "square" in loaded.vocabulary.decode(caption.token_ids)
    sentences = [loaded.vocabulary.encode(f"A {colour} square on a grey wall") for colour in COLOURS]
    guesses = loaded.model.represent_sentence(pad_captions(sentences))
    assert (guesses @ representations.t()).argmax(dim=1).tolist() == [0, 1, 2, 3]


def test_all_but_the_encoder_learns_in_the_text_phase(
    trained_in_text: Training, data: Path, work: Path, tmp_path: Path
) -> None:
    card, seen = trained_in_text.card, trained_in_text.seen
    train(data, tmp_path / "joint", replace(TEXT_PHASE, settling_epochs=0), work=work)
    steps = [progress.done for progress in seen if progress.stage == "text phase"]
    assert steps == list(range(1, 7))  # 60 captions in 3 batches, 2 epochs
    assert len(card["dev_losses"]) == len(card["dev_recalls_at_10"]) == 3
    assert card["dev"]["loss"] == card["dev_losses"][card["best_epoch"] - 1] < card["dev_losses"][0]
    joint = _weights(tmp_path / "joint")
    for name, weight in _weights(trained_in_text.network).items():
        fixed = name.startswith(("top.", "head.", "centre."))
        assert torch.equal(weight, joint[name]) == fixed, name


def test_the_head_learns_in_the_text_phase_if_it_is_tuned(
    trained_in_text: Training, data: Path, work: Path, tmp_path: Path
) -> None:
    config = replace(TEXT_PHASE, tune_head=True)
    train(data, tmp_path / "joint", replace(config, settling_epochs=0), work=work)
    card = train(data, tmp_path / "net", config, work=work)
    assert card["dev_losses"][:1] == trained_in_text.card["dev_losses"][:1]  # what comes before is the same
    assert card["dev"]["loss"] < card["dev_losses"][0]
    joint = _weights(tmp_path / "joint")
    for name, weight in _weights(tmp_path / "net").items():
        fixed = name.startswith(("top.", "centre."))
        assert torch.equal(weight, joint[name]) == fixed, name
    assert len(card["ease"]) == 300


@pytest.mark.parametrize("step", [2, 3, 5])
def test_a_run_killed_in_the_text_phase_goes_on(
    trained_in_text: Training, data: Path, work: Path, tmp_path: Path, step: int
) -> None:
    _forget_runs(work)

    def kill(progress: Progress) -> None:
        if progress.stage == "text phase" and progress.done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "net", TEXT_PHASE, work=work, progress=kill, save_every_s=0)
    seen: list[Progress] = []
    train(data, tmp_path / "net", TEXT_PHASE, work=work, progress=seen.append)
    assert {progress.stage for progress in seen} == {"text phase"}
    assert min(progress.done for progress in seen) >= step
    whole, resumed = _weights(trained_in_text.network), _weights(tmp_path / "net")
    for name, weight in whole.items():
        assert torch.equal(weight, resumed[name]), name


def _top(path: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(path).model.top.state_dict()


def _imagenet_top() -> dict[str, torch.Tensor]:
    """As a checkpoint keeps it, in half precision."""
    weights = load_encoder(CONFIG.encoder).top.state_dict()
    return {name: weight.half().float() for name, weight in weights.items()}


@pytest.mark.parametrize("depthwise", [False, True])
def test_the_top_is_tuned_with_its_depthwise_weights_or_without(
    data: Path, work: Path, tmp_path: Path, depthwise: bool
) -> None:
    config = replace(CONFIG, tuning_rate=1e-3, tune_depthwise=depthwise)
    train(data, tmp_path / "net", config, work=work)
    tuned, imagenet = _top(tmp_path / "net"), _imagenet_top()
    assert tuned.keys() == imagenet.keys()
    assert any("depthwise" in name for name in tuned)
    for name, weight in imagenet.items():
        assert torch.equal(tuned[name], weight) == ("depthwise" in name and not depthwise), name


@pytest.mark.parametrize("config", [{"tuning_rate": 0.0}, {"tune_after": 3}], ids=str)
def test_the_top_stays_as_imagenet_made_it(
    data: Path, work: Path, tmp_path: Path, config: dict[str, float]
) -> None:
    train(data, tmp_path / "net", replace(CONFIG, **config), work=work)  # type: ignore[arg-type]
    tuned = _top(tmp_path / "net")
    for name, weight in _imagenet_top().items():
        assert torch.equal(tuned[name], weight), name


def test_without_the_contrastive_loss_no_sentence_is_read(data: Path, work: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1, contrastive_weight=0.0)
    train(data, tmp_path / "net", config, work=work)
    train(data, tmp_path / "with", replace(CONFIG, epochs=1), work=work)
    without, read = _weights(tmp_path / "net"), _weights(tmp_path / "with")
    shape = load_checkpoint(tmp_path / "net").model.config
    torch.manual_seed(CONFIG.seed)
    untrained = OneNet(shape).state_dict()
    for name in ("sentence_encoder.weight_hh_l0", "to_representation.weight", "log_sharpness"):
        assert torch.equal(without[name], untrained[name].half().float()), name
        assert not torch.equal(read[name], untrained[name].half().float()), name


def test_bfloat16_is_close_to_float32(trained: Training, data: Path, work: Path, tmp_path: Path) -> None:
    exact = trained.card
    fast = train(data, tmp_path / "fast", replace(CONFIG, bfloat16=True), work=work)
    assert fast["dev_losses"] == pytest.approx(exact["dev_losses"], abs=0.1)
    assert fast["dev_losses"] != exact["dev_losses"]


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
        {"learning_rate": math.nan},
        {"settling_epochs": -1},
        {"critical_epochs": -1},
        {"critical_samples": 1},
        {"critical_runs": 0},
        {"critical_rate": 0.0},
        {"critical_noise": -0.1},
        {"settling_batch_size": 1},
        {"settling_rate": 0.0},
        {"views": 0},
        {"tune_after": -1},
        {"tuning_rate": -1e-4},
        {"contrastive_weight": math.nan},
        {"sentence_size": 0},
        {"min_count": 0},
        {"patience": 0},
        {"word_dropout": 1.0},
        {"label_smoothing": -0.1},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused_at_once(wrong: dict[str, float]) -> None:
    with pytest.raises(OneNetError, match=next(iter(wrong))):
        TrainConfig(**wrong)  # type: ignore[arg-type]


def test_a_last_batch_of_one_is_no_obstacle(data: Path, work: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "net", replace(CONFIG, epochs=1, batch_size=11), work=work)  # 12 photos


def test_a_diverged_run_says_so(
    data: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onenet.training.joint_phase.dev_figures", lambda *_: DevFigures(math.nan, 0.0))
    with pytest.raises(OneNetError, match="smaller learning_rate"):
        train(data, tmp_path / "net", replace(CONFIG, epochs=2), work=work)


def test_captions_of_one_photo_are_no_wrong_partners_of_it() -> None:
    firsts, own = each_photo_once([7, 3, 7, 5, 3])
    assert firsts.tolist() == [0, 1, 3]
    assert own.tolist() == [0, 1, 0, 2, 1]


@pytest.mark.parametrize("phase", ["joint", "text"])
def test_biases_and_the_sharpness_do_not_decay(phase: str) -> None:
    run = start_joint(CONFIG, 10, "cpu")
    if phase == "text":
        run = start_text(run, CONFIG)
    groups = [group for group in run.optimizer.param_groups if group["weight_decay"]]
    decaying = [weight for group in groups for weight in group["params"]]
    assert decaying
    assert all(weight.dim() > 1 for weight in decaying)
    assert not any(weight is run.model.log_sharpness for weight in decaying)
