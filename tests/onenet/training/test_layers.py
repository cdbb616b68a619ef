"""What layers are expected to do: fitted to numbers that are known, and to photos that a test draws."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from onenet.datasets.flickr8k import load_split
from onenet.dreams.expected import ExpectedStatistics, Statistics, load_expected
from onenet.errors import CheckpointError
from onenet.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.training import layers
from onenet.training.layers import Sums, fit, measure_statistics, represent_captions

INPUTS, STATISTICS = 6, 40


def spread(rows: int, columns: int, seed: int) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def sums_of(photos: int, weights: torch.Tensor, *, noise: float = 0.0, captions: int = 1) -> Sums:
    inputs = spread(photos, INPUTS, 1)
    statistics = inputs @ weights + 3.0 + noise * spread(photos, weights.shape[1], 2)
    return Sums.of([own.expand(captions, -1) for own in inputs], statistics)


@pytest.fixture
def checkpoint(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> Checkpoint:
    save_checkpoint(tmp_path / "net.safetensors", model, vocabulary, {})
    return load_checkpoint(tmp_path / "net.safetensors")


def test_what_is_linear_and_of_low_rank_is_found_again() -> None:
    weights = spread(INPUTS, 2, 3) @ spread(2, STATISTICS, 4)
    expected = fit(sums_of(200, weights, captions=5), "", {}, rank=2, ridge=0.0)
    asked = spread(7, INPUTS, 5)
    torch.testing.assert_close(expected.of(asked), asked @ weights + 3.0, rtol=1e-3, atol=1e-3)
    assert expected.deviation.max() <= 1e-3


def test_the_deviation_is_what_the_line_misses_by() -> None:
    expected = fit(sums_of(4000, spread(INPUTS, STATISTICS, 3), noise=0.5), "", {}, rank=INPUTS, ridge=0.0)
    torch.testing.assert_close(expected.deviation, torch.full((STATISTICS,), 0.5), rtol=0.05, atol=0.0)


def test_few_directions_keep_what_matters_most() -> None:
    weights = torch.zeros(INPUTS, STATISTICS)
    weights[0, :30], weights[1, 30:] = 2.0, 0.1
    expected = fit(sums_of(4000, weights, noise=1.0), "", {}, rank=1, ridge=0.0)
    step = expected.of(torch.eye(INPUTS)[:2]) - expected.of(torch.zeros(2, INPUTS))
    torch.testing.assert_close(step[0, :30], torch.full((30,), 2.0), rtol=0.05, atol=0.05)
    assert step[1].abs().max() < 0.1


def test_photos_can_be_summed_up_in_parts() -> None:
    inputs, statistics = spread(10, INPUTS, 1).view(5, 2, INPUTS), spread(5, STATISTICS, 2)
    parts = Sums.of(inputs[:3], statistics[:3]) + Sums.of(inputs[3:], statistics[3:])
    whole = Sums.of(inputs, statistics)
    assert parts.photos == whole.photos == 5
    for name in ("inputs", "both", "squares"):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name))


def test_each_caption_of_a_photo_counts_once_however_many_it_has() -> None:
    """What photos with one, three and two captions come to is what each caption comes to by itself."""
    inputs, statistics = spread(6, INPUTS, 1), spread(3, STATISTICS, 2)
    counts = [1, 3, 2]
    whole = Sums.of(inputs.split(counts), statistics)
    alone = Sums.of(inputs.split(1), statistics.repeat_interleave(torch.tensor(counts), dim=0))
    for name in ("inputs", "both", "squares"):
        torch.testing.assert_close(getattr(whole, name), getattr(alone, name))


def test_rows_of_statistics_come_apart_and_together() -> None:
    rows = spread(2, 3 * 16 * 16 + 3 + 4 + 6, 1)
    statistics = Statistics.from_rows(rows, [4, 6])
    assert statistics.layout.shape == (2, 3, 16, 16)
    assert [layer.shape for layer in statistics.layers] == [(2, 4), (2, 6)]
    assert torch.equal(statistics.rows(), rows)


def test_an_interrupted_run_goes_on(
    data: Path, tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "_CHUNK", 2)
    photos, state = load_split(data, "train")[:6], tmp_path / "runs" / "layers.pt"
    whole = measure_statistics(checkpoint, photos, {}, state=tmp_path / "other.pt")
    told: list[int] = []

    def interrupt(done: int, total: int) -> None:
        told.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_statistics(checkpoint, photos, {}, state=state, progress=interrupt)
    assert state.is_file()
    resumed = measure_statistics(
        checkpoint, photos, {}, state=state, progress=lambda done, total: told.append(done)
    )
    assert told == [0, 2, 4, 4, 6]
    assert torch.equal(resumed.mean, whole.mean)
    assert torch.equal(resumed.deviation, whole.deviation)
    assert not state.exists()


def test_captions_are_read_word_by_word_and_unknown_ones_left_out(data: Path, checkpoint: Checkpoint) -> None:
    photos = load_split(data, "train")[:3]
    guesses = torch.stack(represent_captions(checkpoint, photos))
    assert guesses.shape == (3, 5, checkpoint.model.config.representation_size)
    torch.testing.assert_close(guesses.norm(dim=2), torch.ones(3, 5))
    assert torch.equal(guesses[0], guesses[1])  # they differ in words that this network never read


def test_each_photo_has_its_own_captions_however_many_there_are(data: Path, checkpoint: Checkpoint) -> None:
    first, second = load_split(data, "train")[:2]
    one, four = replace(first, captions=first.captions[:1]), replace(second, captions=second.captions[1:])
    guesses = represent_captions(checkpoint, [one, four])
    assert [len(own) for own in guesses] == [1, 4]
    for photo, own in zip((one, four), guesses, strict=True):
        torch.testing.assert_close(own, represent_captions(checkpoint, [photo])[0])


def some_expected() -> ExpectedStatistics:
    weights = spread(INPUTS, STATISTICS, 3)
    return fit(sums_of(50, weights, noise=1.0), "one", {"date": "today"}, rank=3)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    expected = some_expected()
    expected.save(tmp_path / "layers.safetensors")
    loaded = load_expected(tmp_path / "layers.safetensors", "one")
    assert loaded.card == {"date": "today"}
    asked = spread(4, INPUTS, 9)
    torch.testing.assert_close(loaded.of(asked), expected.of(asked), rtol=0.01, atol=0.02)


@pytest.mark.parametrize("damage", ["absent", "cut off", "no safetensors", "of another network"])
def test_a_file_that_cannot_be_used_says_how_to_make_one(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "layers.safetensors"
    if damage != "absent":
        some_expected().save(path)
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-10])
    if damage == "no safetensors":
        path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match=r"layers\.safetensors is missing.*python -m onenet layers"):
        load_expected(path, "another" if damage == "of another network" else "one")
