"""Dreaming, with a small network of random weights: what is looked at, drawn and left alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from onenet.datasets.flickr8k import load_split
from onenet.dreams.dream import dream
from onenet.dreams.dreaming import DreamConfig, DreamStep
from onenet.dreams.expected import ExpectedStatistics
from onenet.dreams.observed import SIDE_PX, ObservedEncoder, contrast, layout
from onenet.dreams.pixels import WavePicture
from onenet.network.checkpoint import load_checkpoint, save_checkpoint
from onenet.network.encoders import load_encoder
from onenet.network.model import OneNet
from onenet.network.transforms import Transform
from onenet.network.vocabulary import Vocabulary
from onenet.training.layers import measure_statistics
from tests.onenet.drawn import draw, write_dataset

GREY = torch.full((3, 32, 32), 0.5)
AS_IT_IS = Transform(SIDE_PX, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.fixture
def encoder(model: OneNet) -> ObservedEncoder:
    return ObservedEncoder(model)


@pytest.fixture
def expected(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> ExpectedStatistics:
    save_checkpoint(tmp_path / "net.safetensors", model, vocabulary, {})
    photos = load_split(write_dataset(tmp_path / "data"), "train")[:4]
    checkpoint = load_checkpoint(tmp_path / "net.safetensors")
    return measure_statistics(checkpoint, photos, {}, state=tmp_path / "state.pt")


def direction(model: OneNet) -> torch.Tensor:
    size = model.config.representation_size
    return torch.nn.functional.normalize(torch.arange(1.0, size + 1), dim=0)


def waves(seed: int = 0) -> WavePicture:
    return WavePicture(GREY, torch.Generator().manual_seed(seed))


def test_a_photo_has_the_representation_that_is_served(model: OneNet, encoder: ObservedEncoder) -> None:
    photo = draw("red", 1, (SIDE_PX, SIDE_PX))
    serving = load_encoder(model.config.encoder)
    with torch.no_grad():
        seen = encoder(torch.from_numpy(AS_IT_IS.batch([photo]))).representation
        maps = serving.maps(torch.from_numpy(serving.spec.transform.batch([photo])))
        torch.testing.assert_close(seen, model.represent(model.features(maps)), rtol=1e-3, atol=1e-4)


def test_each_layer_tells_means_and_spreads_of_its_channels(encoder: ObservedEncoder) -> None:
    convolutions = [layer for layer in encoder._layers.modules() if isinstance(layer, torch.nn.Conv2d)]
    outputs: list[torch.Tensor] = []
    handle = convolutions[1].register_forward_hook(lambda layer, inputs, output: outputs.append(output))
    with torch.no_grad():
        layers = encoder(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))).layers
    handle.remove()
    assert encoder.sizes == [layer.shape[1] for layer in layers]
    assert len(layers) == len(convolutions) - 1
    channels = outputs[0].shape[1]
    values = outputs[0].flatten(2).double()
    torch.testing.assert_close(layers[0][:, :channels].double(), values.mean(dim=2), rtol=1e-3, atol=1e-4)
    spread = values.std(dim=2, correction=0).clamp(min=1e-3).log()
    torch.testing.assert_close(layers[0][:, channels:].double(), spread, rtol=1e-2, atol=1e-2)


def test_others_are_given_way_at_each_layer_on_the_way_there_and_back(
    model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics
) -> None:
    layers, calls = len(encoder.sizes), 0

    def give_way() -> None:
        nonlocal calls
        calls += 1

    config = DreamConfig(steps=2)
    steps = dream(encoder, expected, direction(model), config=config, give_way=give_way)
    first = next(steps)
    assert calls == 2 * layers
    second = next(steps)
    assert calls == 4 * layers
    undisturbed = dream(encoder, expected, direction(model), config=config)
    assert [step.cosine for step in undisturbed] == [first.cosine, second.cosine]
    assert calls == 4 * layers


def test_nothing_of_an_observation_is_kept(encoder: ObservedEncoder) -> None:
    photos = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        once, again = encoder(photos), encoder(photos)
    assert len(once.layers) == len(again.layers)
    assert encoder._seen == []


def test_layout_and_contrast_by_hand() -> None:
    photo = torch.zeros(1, 3, 32, 32)
    photo[:, 0, :, 16:] = 1.0  # the right half is red
    cells = layout(photo)
    assert cells.shape == (1, 3, 16, 16)
    assert cells[0, 0, 3].tolist() == [0.0] * 8 + [1.0] * 8
    assert cells[0, 1:].abs().max() == 0
    deviation = np.std([0.0] * 128 + [1.0] * 128, ddof=1)
    assert contrast(cells)[0].tolist() == pytest.approx(
        [np.log(deviation), np.log(1e-3), np.log(1e-3)], abs=1e-3
    )


def test_without_waves_there_is_the_background() -> None:
    picture = waves()
    with torch.no_grad():
        picture.waves.zero_()
    torch.testing.assert_close(torch.sigmoid(picture.logits(99.0)), GREY)


def test_fine_waves_wait_for_their_turn() -> None:
    picture = waves()
    with torch.no_grad():
        picture.waves.zero_()
        picture.waves[2, 0, 12, 0] = 10.0  # light, twelve waves across
        row, before = (torch.sigmoid(picture.logits(finest))[0, 5] for finest in (99.0, 6.0))
    assert float(row.max() - row.min()) > 0.1
    assert torch.allclose(row[:8], row[8:16], atol=1e-5)  # three waves in eight of 32 pixels
    assert float(before.max() - before.min()) < 1e-3


def test_steps_lead_to_a_picture(
    model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics
) -> None:
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    steps = list(dream(encoder, expected, direction(model), config=DreamConfig(steps=4)))
    assert [step.share for step in steps] == [0.25, 0.5, 0.75, 1.0]
    assert all(-1 <= step.cosine <= 1 for step in steps)
    assert steps[-1].pixels.shape == (SIDE_PX, SIDE_PX, 3)
    assert isinstance(steps[-1].picture, Image.Image)
    assert not np.array_equal(steps[0].pixels, steps[-1].pixels)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def dreamt(
    model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics, *, seed: int = 0
) -> DreamStep:
    *_, last = dream(encoder, expected, direction(model), config=DreamConfig(steps=2), seed=seed)
    return last


def test_a_seed_gives_a_dream(model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics) -> None:
    first, again = (dreamt(model, encoder, expected) for _ in range(2))
    other = dreamt(model, encoder, expected, seed=1)
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)


def test_a_dream_can_be_left(model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics) -> None:
    dreaming = dream(encoder, expected, direction(model))
    assert next(dreaming).share < 0.01
    dreaming.close()
    assert list(dreaming) == []


def test_gradients_are_not_left_on_for_others(
    model: OneNet, encoder: ObservedEncoder, expected: ExpectedStatistics
) -> None:
    with torch.no_grad():
        dreaming = dream(encoder, expected, direction(model))
        next(dreaming)
        assert not torch.is_grad_enabled()
