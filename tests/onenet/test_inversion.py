import torch

from onenet.inversion import invert_captions
from onenet.model import OneNet, caption_losses, pad_captions

CAPTIONS = pad_captions([[1, 4, 5, 6, 2], [1, 9, 10, 11, 4, 12, 2]])


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def test_the_loss_falls(model: OneNet) -> None:
    short = invert_captions(model, CAPTIONS, generator=_generator(), steps=1)
    long = invert_captions(model, CAPTIONS, generator=_generator(), steps=40, learning_rate=0.05)
    assert (long.loss < short.loss).all()
    assert torch.allclose(long.representation.norm(dim=-1), torch.ones(2))


def test_the_answer_says_the_words_better_than_chance(model: OneNet) -> None:
    found = invert_captions(model, CAPTIONS, generator=_generator()).representation
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


def test_same_seed_same_answer(model: OneNet) -> None:
    first = invert_captions(model, CAPTIONS, generator=_generator())
    second = invert_captions(model, CAPTIONS, generator=_generator())
    assert torch.equal(first.representation, second.representation)


def test_batched_is_one_by_one(model: OneNet) -> None:
    together = invert_captions(model, CAPTIONS, generator=_generator())
    for row, caption in enumerate(([1, 4, 5, 6, 2], [1, 9, 10, 11, 4, 12, 2])):
        alone = invert_captions(model, torch.tensor([caption]), generator=_generator())
        assert torch.allclose(together.representation[row], alone.representation[0], atol=1e-4)


@torch.no_grad()
def test_it_works_where_gradients_are_off(model: OneNet) -> None:
    assert invert_captions(model, CAPTIONS, generator=_generator()).loss.isfinite().all()
