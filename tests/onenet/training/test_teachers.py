"""What teachers say together, and how it is learnt."""

import pytest
import torch

from onenet.network.config import ModelConfig
from onenet.network.losses import similarities, taught_ranking_loss
from onenet.network.model import OneNet, in_block
from onenet.training.teachers import Teachers


def _network(seed: int) -> OneNet:
    torch.manual_seed(seed)
    config = ModelConfig(
        "efficientnet_lite0", 8, 30, representation_size=16, hidden_size=12, sentence_size=10
    )
    return OneNet(config).eval().requires_grad_(False)


def test_teachers_say_the_mean_of_what_each_says() -> None:
    models = [_network(seed) for seed in (1, 2, 3)]
    teachers, block = Teachers(models), range(10, 20)
    token_ids = torch.tensor([[1, 11, 12, 2], [1, 15, 2, 0]])
    seen = torch.nn.functional.normalize(torch.randn(3, 2, 16), dim=-1)
    with torch.no_grad():
        said = torch.stack(
            [model(own, token_ids, block).softmax(-1) for model, own in zip(models, seen, strict=True)]
        ).mean(0)
    places = torch.tensor([0, 5])
    found = teachers.next_words(teachers.decode(seen, token_ids), places, block)
    assert torch.allclose(found, said.flatten(0, 1)[places], atol=1e-6)
    assert torch.allclose(found.sum(1), torch.ones(2))
    assert in_block(torch.tensor([11]), block).item() < found.shape[1]
    read = teachers.read(token_ids)
    expected = torch.stack(
        [each.log_sharpness.exp() * (a @ b.t()) for each, a, b in zip(models, read, seen, strict=True)]
    ).mean(0)
    assert torch.allclose(teachers.similarities(read, seen), expected, atol=1e-5)


def test_similarities_are_exact_also_where_products_are_not() -> None:
    """Cosines that bfloat16 cannot tell from each other are told from each other."""
    sentence = torch.nn.functional.normalize(torch.ones(1, 300), dim=1)
    photos = torch.nn.functional.normalize(torch.stack([torch.ones(300), torch.ones(300)]), dim=1)
    photos[1, 0] *= 1.5
    with torch.autocast("cpu", torch.bfloat16):
        found = similarities(sentence, photos, torch.tensor(0.0))
        rounded = sentence @ photos.t()
    assert found.dtype == torch.float32
    assert found[0, 1] - found[0, 0] == pytest.approx(0.5 / 300, rel=1e-3)
    assert rounded[0, 1] == rounded[0, 0]


def test_what_is_taught_is_learnt() -> None:
    """The loss is nothing where scores are those taught, up to a constant; elsewhere worked out by hand."""
    taught = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert taught_ranking_loss(taught + 3.0, taught).item() == pytest.approx(0.0, abs=1e-6)
    p = taught.softmax(1)
    expected = float((p * (p.log() - torch.tensor(0.5).log())).sum() / 2)
    assert taught_ranking_loss(torch.zeros(2, 2), taught).item() == pytest.approx(expected)
