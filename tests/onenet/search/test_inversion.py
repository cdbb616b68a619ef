import pytest
import torch

from onenet.network.losses import caption_losses
from onenet.network.model import OneNet, pad_captions
from onenet.search.inversion import invert_captions

CAPTIONS = pad_captions([[1, 4, 5, 6, 2], [1, 9, 10, 11, 4, 12, 2]])


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def test_without_a_step_the_answer_is_the_sentence_encoders_guess(model: OneNet) -> None:
    found = invert_captions(model, CAPTIONS, generator=_generator(), steps=0, restarts=1)
    assert torch.allclose(found.representation, model.represent_sentence(CAPTIONS), atol=1e-6)


@pytest.mark.parametrize("anchor", [0.0, 0.5, 4.0])
def test_what_is_minimised_falls(model: OneNet, anchor: float) -> None:
    """The caption's loss falls at once; later it may give way to the anchor."""
    guess = model.represent_sentence(CAPTIONS)
    start, short, long = (
        invert_captions(model, CAPTIONS, generator=_generator(), steps=steps, anchor=anchor, restarts=1)
        for steps in (0, 8, 100)
    )
    assert (short.loss < start.loss).all()
    held = [found.loss + anchor * (1 - (found.representation * guess).sum(dim=-1)) for found in (short, long)]
    assert (held[1] < held[0]).all()
    assert torch.allclose(long.representation.norm(dim=-1), torch.ones(2))


def test_the_loss_is_of_the_captions_given_the_answer(model: OneNet) -> None:
    found = invert_captions(model, CAPTIONS, generator=_generator())
    assert torch.allclose(found.loss, caption_losses(model(found.representation, CAPTIONS[:, :-1]), CAPTIONS))


def test_the_anchor_holds_the_answer_near_the_guess(model: OneNet) -> None:
    guess = model.represent_sentence(CAPTIONS)
    cosines = []
    for anchor in (0.01, 1.0, 100.0):
        found = invert_captions(
            model, CAPTIONS, generator=_generator(), steps=100, anchor=anchor, learning_rate=0.02
        )
        cosines.append((found.representation * guess).sum(dim=-1))
    assert (cosines[0] < cosines[1]).all()
    assert (cosines[1] < cosines[2]).all()
    assert (cosines[2] > 0.99).all()


def test_without_an_anchor_the_sentence_encoder_has_no_say(model: OneNet) -> None:
    before = invert_captions(model, CAPTIONS, generator=_generator(), anchor=0.0)
    with torch.no_grad():
        model.to_representation.weight.fill_(torch.nan)
    after = invert_captions(model, CAPTIONS, generator=_generator(), anchor=0.0)
    assert torch.equal(before.representation, after.representation)


def test_from_random_directions_the_answer_says_the_words_better_than_chance(model: OneNet) -> None:
    found = invert_captions(
        model, CAPTIONS, generator=_generator(), anchor=0.0, restarts=8, steps=40, learning_rate=0.05
    ).representation
    random = torch.nn.functional.normalize(torch.randn(200, 16, generator=_generator()), dim=-1)
    for row in range(2):
        targets = CAPTIONS[row : row + 1].expand(200, -1)
        chance = caption_losses(model(random, targets[:, :-1]), targets)
        own = caption_losses(model(found[row : row + 1], targets[:1, :-1]), targets[:1])
        assert float(own) < float(chance.quantile(0.05))


def test_the_weights_stay_bit_identical(model: OneNet) -> None:
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    invert_captions(model, CAPTIONS, generator=_generator())
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name])
        assert weight.grad is None


@pytest.mark.parametrize(("restarts", "anchor"), [(1, 4.0), (4, 4.0), (4, 0.0)])
def test_same_seed_same_answer(model: OneNet, restarts: int, anchor: float) -> None:
    first, second = (
        invert_captions(model, CAPTIONS, generator=_generator(), restarts=restarts, anchor=anchor)
        for _ in range(2)
    )
    assert torch.equal(first.representation, second.representation)


@pytest.mark.parametrize("anchor", [4.0, 0.0])
def test_another_seed_has_other_noise(model: OneNet, anchor: float) -> None:
    first, second = (
        invert_captions(
            model, CAPTIONS, generator=torch.Generator().manual_seed(seed), restarts=4, anchor=anchor
        )
        for seed in (0, 1)
    )
    assert not torch.allclose(first.representation, second.representation, atol=1e-3)


@pytest.mark.parametrize(("restarts", "anchor"), [(1, 4.0), (4, 4.0), (4, 0.0)])
def test_batched_is_one_by_one(model: OneNet, restarts: int, anchor: float) -> None:
    together = invert_captions(
        model, CAPTIONS, generator=_generator(), restarts=restarts, anchor=anchor
    ).representation
    for row, caption in enumerate(([1, 4, 5, 6, 2], [1, 9, 10, 11, 4, 12, 2])):
        alone = invert_captions(
            model, torch.tensor([caption]), generator=_generator(), restarts=restarts, anchor=anchor
        ).representation
        assert torch.allclose(together[row], alone[0], atol=1e-4)


@torch.no_grad()
def test_it_works_where_gradients_are_off(model: OneNet) -> None:
    assert invert_captions(model, CAPTIONS, generator=_generator()).loss.isfinite().all()
