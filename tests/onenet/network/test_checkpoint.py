from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from onenet.engine import Engine
from onenet.errors import CheckpointError
from onenet.network.checkpoint import load_checkpoint, record_figures, save_checkpoint
from onenet.network.encoders import serving_transform
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from tests.onenet.drawn import draw


@pytest.fixture
def file(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Path:
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, model, vocabulary, {"seed": 3})
    return path


def test_round_trip(file: Path, model: OneNet, vocabulary: Vocabulary) -> None:
    loaded = load_checkpoint(file)
    assert loaded.vocabulary.words == vocabulary.words
    assert loaded.card == {"seed": 3}
    assert loaded.model.config == model.config
    assert not loaded.model.training
    for name, weight in model.state_dict().items():
        assert torch.allclose(loaded.model.state_dict()[name].float(), weight.float(), atol=1e-2)
    assert not any(weight.requires_grad for weight in loaded.model.parameters())


def test_the_fingerprint_tells_networks_apart(file: Path, model: OneNet, vocabulary: Vocabulary) -> None:
    fingerprint = load_checkpoint(file).fingerprint
    save_checkpoint(file, model, vocabulary, {"seed": 4})
    assert load_checkpoint(file).fingerprint == fingerprint
    with torch.no_grad():
        model.word_bias[5] += 1
    save_checkpoint(file, model, vocabulary, {"seed": 3})
    assert load_checkpoint(file).fingerprint != fingerprint


def test_networks_that_see_photos_otherwise_are_not_the_same(
    file: Path, model: OneNet, vocabulary: Vocabulary
) -> None:
    """The same weights give other representations: what is kept of one is never shown as the other's."""
    before = load_checkpoint(file)
    other = OneNet(replace(model.config, detail_px=100)).eval()
    other.load_state_dict(model.state_dict())
    save_checkpoint(file, other, vocabulary, {"seed": 3})
    after = load_checkpoint(file)
    assert after.fingerprint != before.fingerprint
    assert serving_transform(after.model.config).detail_px == 100
    photo = draw("red", 1, (300, 200))
    seen = [Engine(each).prepare(photo) for each in (before, after)]
    assert not np.array_equal(*seen)
    assert np.array_equal(seen[1], Engine.load(file).prepare(photo))


def test_figures_are_recorded_and_the_network_stays_the_same(file: Path) -> None:
    before = load_checkpoint(file)
    record_figures(file, "dev", {"loss": 2.5})
    after = load_checkpoint(file)
    assert after.card == {"seed": 3, "dev": {"loss": 2.5}}
    assert after.fingerprint == before.fingerprint
    for name, weight in before.model.state_dict().items():
        assert torch.equal(after.model.state_dict()[name], weight)


def test_what_was_not_measured_this_time_stays_recorded(file: Path) -> None:
    record_figures(file, "dev", {"loss": 2.5, "sure": {"threshold": 0.3}})
    record_figures(file, "dev", {"ask": {"en": {}}})
    recorded = {"loss": 2.5, "sure": {"threshold": 0.3}, "ask": {"en": {}}}
    assert load_checkpoint(file).card == {"seed": 3, "dev": recorded}


@pytest.mark.parametrize("name", ["ask", "languages"])
def test_what_is_recorded_of_one_language_leaves_the_others(file: Path, name: str) -> None:
    record_figures(file, "dev", {name: {"en": {"chosen": [1, 2]}, "de": {"chosen": [3]}}})
    record_figures(file, "dev", {name: {"en": {"chosen": [4]}}})
    recorded = {name: {"en": {"chosen": [4]}, "de": {"chosen": [3]}}}
    assert load_checkpoint(file).card == {"seed": 3, "dev": recorded}


def test_a_network_of_before_opens_and_keeps_its_fingerprint(
    file: Path, model: OneNet, vocabulary: Vocabulary
) -> None:
    """Once there were two weights more. Figures are metadata alone: indexes go by the fingerprint."""
    state_dict = OneNet.state_dict

    def with_two_more(self: OneNet) -> dict[str, torch.Tensor]:
        return state_dict(self) | {"prior_weight": torch.ones(16), "prior_bias": torch.tensor(-3.0)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OneNet, "state_dict", with_two_more)
        save_checkpoint(file, model, vocabulary, {"seed": 3})
    fingerprint, weights = load_checkpoint(file).fingerprint, load_file(file)
    record_figures(file, "dev", {"loss": 2.5})
    assert load_checkpoint(file).fingerprint == fingerprint
    assert load_checkpoint(file).card == {"seed": 3, "dev": {"loss": 2.5}}
    assert load_file(file).keys() == weights.keys() >= {"prior_weight", "prior_bias"}
    for name, weight in load_file(file).items():
        assert torch.equal(weight, weights[name])


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no trained network"):
        load_checkpoint(tmp_path / "none.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file(file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(file)


def test_one_wrong_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(file)


def test_another_version(file: Path) -> None:
    save_file(load_file(file), file, {"format": "onenet", "version": "99", "header": "{}", "fingerprint": ""})
    with pytest.raises(CheckpointError, match="format 99"):
        load_checkpoint(file)


def test_some_other_safetensors_file(file: Path) -> None:
    save_file({"x": torch.zeros(3)}, file)
    with pytest.raises(CheckpointError, match="not a network of this project"):
        load_checkpoint(file)


def test_a_text_file(file: Path) -> None:
    file.write_text("not a network")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(file)


def test_a_failed_save_leaves_the_old_file(
    file: Path, model: OneNet, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(file, model, vocabulary, {})
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
