from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from onenet.network.losses import caption_losses
from onenet.network.model import OneNet, pad_captions
from onenet.search.inversion import Inversion, invert_captions, invert_from_random_starts

SENTENCES = ([1, 4, 5, 6, 2], [1, 9, 10, 11, 4, 12, 2])
CAPTIONS = pad_captions(SENTENCES)

Way = Callable[[OneNet, Tensor], Inversion]


def from_random_starts(
    model: OneNet, token_ids: Tensor = CAPTIONS, *, seed: int = 7, steps: int = 40
) -> Inversion:
    generator = torch.Generator().manual_seed(seed)
    return invert_from_random_starts(
        model, token_ids, steps=steps, restarts=8, learning_rate=0.05, generator=generator
    )


@pytest.fixture(params=[invert_captions, from_random_starts])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


def test_without_a_step_the_answer_is_the_sentence_encoders_guess(model: OneNet) -> None:
    found = invert_captions(model, CAPTIONS, steps=0)
    assert torch.allclose(found.representation, model.represent_sentence(CAPTIONS), atol=1e-6)


@pytest.mark.parametrize("anchor", [0.5, 4.0, 10.0])
def test_what_is_minimised_falls(model: OneNet, anchor: float) -> None:
    """The caption's loss falls at once; later it may give way to the anchor."""
    guess = model.represent_sentence(CAPTIONS)
    start, short, long = (
        invert_captions(model, CAPTIONS, steps=steps, anchor=anchor) for steps in (0, 2, 100)
    )
    assert (short.loss < start.loss).all()
    held = [
        found.loss + anchor * (1 - (found.representation * guess).sum(dim=-1))
        for found in (start, short, long)
    ]
    assert (held[1] < held[0]).all()
    assert (held[2] < held[1]).all()
    assert torch.allclose(long.representation.norm(dim=-1), torch.ones(2))


def test_after_many_steps_it_points_where_what_is_minimised_falls_fastest(model: OneNet) -> None:
    """Which is what the best of all representations of length one does."""
    guess = model.represent_sentence(CAPTIONS)
    found = invert_captions(model, CAPTIONS, steps=300, anchor=4.0).representation.clone().requires_grad_()
    losses = caption_losses(model(found, CAPTIONS[:, :-1]), CAPTIONS)
    (gradient,) = torch.autograd.grad((losses - 4.0 * (found * guess).sum(dim=-1)).sum(), found)
    assert (torch.nn.functional.cosine_similarity(found, -gradient) > 0.9999).all()


def test_the_loss_is_of_the_captions_given_the_answer(model: OneNet, way: Way) -> None:
    found = way(model, CAPTIONS)
    assert torch.allclose(found.loss, caption_losses(model(found.representation, CAPTIONS[:, :-1]), CAPTIONS))


def test_the_anchor_holds_the_answer_near_the_guess(model: OneNet) -> None:
    guess = model.represent_sentence(CAPTIONS)
    cosines = []
    for anchor in (0.01, 1.0, 100.0):
        found = invert_captions(model, CAPTIONS, steps=100, anchor=anchor)
        cosines.append((found.representation * guess).sum(dim=-1))
    assert (cosines[0] < cosines[1]).all()
    assert (cosines[1] < cosines[2]).all()
    assert (cosines[2] > 0.99).all()


def test_from_random_starts_the_sentence_encoder_has_no_say(model: OneNet) -> None:
    before = from_random_starts(model)
    with torch.no_grad():
        model.to_representation.weight.fill_(torch.nan)
    assert torch.equal(before.representation, from_random_starts(model).representation)


def test_from_random_directions_the_answer_says_the_words_better_than_chance(model: OneNet) -> None:
    found = from_random_starts(model).representation
    generator = torch.Generator().manual_seed(7)
    random = torch.nn.functional.normalize(torch.randn(200, 16, generator=generator), dim=-1)
    for row in range(2):
        targets = CAPTIONS[row : row + 1].expand(200, -1)
        chance = caption_losses(model(random, targets[:, :-1]), targets)
        own = caption_losses(model(found[row : row + 1], targets[:1, :-1]), targets[:1])
        assert float(own) < float(chance.quantile(0.05))


def test_the_weights_stay_bit_identical(model: OneNet, way: Way) -> None:
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    way(model, CAPTIONS)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name])
        assert weight.grad is None


def test_the_same_answer_each_time(model: OneNet, way: Way) -> None:
    first, second = (way(model, CAPTIONS).representation for _ in range(2))
    assert torch.equal(first, second)


def test_another_seed_starts_elsewhere(model: OneNet) -> None:
    first, second = (from_random_starts(model, seed=seed, steps=2).representation for seed in (0, 1))
    assert not torch.allclose(first, second, atol=1e-3)


def test_batched_is_one_by_one(model: OneNet, way: Way) -> None:
    together = way(model, CAPTIONS).representation
    for row, caption in enumerate(SENTENCES):
        alone = way(model, torch.tensor([caption])).representation
        assert torch.allclose(together[row], alone[0], atol=1e-4)


@torch.no_grad()
def test_it_works_where_gradients_are_off(model: OneNet, way: Way) -> None:
    assert way(model, CAPTIONS).loss.isfinite().all()
