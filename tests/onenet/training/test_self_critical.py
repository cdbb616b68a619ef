from dataclasses import replace
from pathlib import Path

import pytest
import torch

from onenet.evaluation.cider import Cider
from onenet.network.checkpoint import load_checkpoint
from onenet.network.model import OneNet
from onenet.network.special_words import END_ID, PAD_ID, START_ID, UNK_ID
from onenet.network.stepwise import StepDecoder
from onenet.training.progress import Progress
from onenet.training.self_critical_phase import draw_captions
from onenet.training.train import train
from tests.onenet.drawn import write_dataset
from tests.onenet.training.test_train import CONFIG, Training, train_once

CRITICAL = replace(CONFIG, epochs=2, critical_epochs=2, critical_runs=2, critical_rate=0.02)


def test_drawn_captions_are_rewarded_against_the_photos_others(model: OneNet) -> None:
    references = [[[5, 6, 7, END_ID]], [[8, 9, END_ID]], [[4, 4, END_ID]]]
    reward = Cider(references)
    photos = model.represent(torch.randn(2, 1280, generator=torch.Generator().manual_seed(2)))
    torch.manual_seed(0)
    samples = draw_captions(StepDecoder(model), photos, [2, 0], reward, 3)
    assert samples.token_ids[:, 0].tolist() == [START_ID] * 6
    rewards = []
    for row, ids in enumerate(samples.token_ids[:, 1:].tolist()):
        words = [token for token in ids if token != PAD_ID]
        assert not {START_ID, UNK_ID} & set(words)
        assert END_ID not in words[:-1]  # nothing is written after the end
        assert ids == words + [PAD_ID] * (len(ids) - len(words))
        rewards.append(reward.score((2, 0)[row // 3], words))
    assert samples.reward == pytest.approx(sum(rewards) / 6)
    assert samples.reward > 0
    for row, own in enumerate(rewards):
        first = row - row % 3
        others = [rewards[other] for other in range(first, first + 3) if other != row]
        assert float(samples.advantages[row]) == pytest.approx(own - sum(others) / 2, abs=1e-5)


@pytest.fixture(scope="module")
def trained(data: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return train_once(data, work, tmp_path_factory.mktemp("trained") / "net", CRITICAL)


def test_the_decoder_alone_learns_from_rewards(
    trained: Training, data: Path, work: Path, tmp_path: Path
) -> None:
    card, seen = trained.card, trained.seen
    train(data, tmp_path / "joint", replace(CRITICAL, critical_epochs=0), work=work)
    steps = [progress.done for progress in seen if progress.stage == "self-critical"]
    assert steps == [*range(1, 7), *range(1, 7)]  # 12 photos in 3 batches, 2 epochs, 2 runs
    assert len(card["dev_losses"]) == 2 + 2 * 2 + 1  # at the end what dev says of their mean
    assert len(card["dev_ciders"]) == 2 * 2 + 1
    before = load_checkpoint(tmp_path / "joint").model.state_dict()
    for name, weight in load_checkpoint(trained.network).model.state_dict().items():
        if not name.startswith(("decoder.", "to_words.", "word_bias")):
            assert torch.equal(weight, before[name]), name


@pytest.mark.parametrize(("last", "kept"), [(40.0, 7), (20.0, 2)])
def test_the_mean_of_the_runs_is_kept_if_it_beats_the_start(
    data: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: float, kept: int
) -> None:
    for state in (work / "runs").rglob("self-critical-*.pt"):
        state.unlink()
    said = iter([30.0, 10.0, 20.0, 20.0, 10.0, last])  # before, two runs of two epochs, their mean
    monkeypatch.setattr("onenet.training.self_critical_phase.Cider.mean", lambda *_: next(said) / 100)
    assert train(data, tmp_path / "net", CRITICAL, work=work)["best_epoch"] == kept
    states = [
        torch.load(next((work / "runs").rglob(f"self-critical-{number}.pt")), weights_only=True)
        for number in (1, 2)
    ]
    assert [state["place"][2] for state in states] == [2, 1]  # the better epoch of each
    if kept == 7:
        shipped = load_checkpoint(tmp_path / "net").model.state_dict()["decoder.weight_hh_l0"]
        one, two = (state["best"]["decoder.weight_hh_l0"] for state in states)
        assert torch.allclose(shipped, (one + two) / 2, atol=1e-3)
        assert not torch.allclose(one, two, atol=1e-3)


def test_where_photos_have_one_caption_each_the_part_is_left_out(work: Path, tmp_path: Path) -> None:
    """Nothing can be learnt from what the captions of a photo have in common; the network is made."""
    data = write_dataset(tmp_path / "data", train=6, dev=2)
    captions = data / "Flickr8k.token.txt"
    firsts = [line for line in captions.read_text().splitlines(keepends=True) if "#0\t" in line]
    captions.write_text("".join(firsts))
    notices: list[str] = []
    config = replace(CRITICAL, epochs=1)
    card = train(data, tmp_path / "net", config, work=work, notice=notices.append)
    assert (len(card["dev_losses"]), card["dev_ciders"]) == (1, [])
    assert load_checkpoint(tmp_path / "net").card == card
    assert [notice for notice in notices if notice.startswith("The self-critical part is left out")]


@pytest.mark.parametrize("run", [1, 2])
def test_a_run_killed_in_it_goes_on_to_the_same_network(
    trained: Training, data: Path, work: Path, tmp_path: Path, run: int
) -> None:
    for state, content in trained.states.items():  # the joint part is done
        state.write_bytes(content)
    for state in (work / "runs").rglob("self-critical-*.pt"):
        state.unlink()
    steps = 0

    def kill(progress: Progress) -> None:
        nonlocal steps
        steps += progress.stage == "self-critical"
        if steps == 6 * (run - 1) + 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "net", CRITICAL, work=work, progress=kill, save_every_s=0)
    train(data, tmp_path / "net", CRITICAL, work=work)
    whole, resumed = (
        load_checkpoint(network).model.state_dict() for network in (trained.network, tmp_path / "net")
    )
    for name, weight in whole.items():
        assert torch.equal(weight, resumed[name]), name
