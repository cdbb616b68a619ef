import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet, caption_losses, pad_captions
from onenet.search.likelihood import fit_prior, log_likelihoods, mean_log_likelihoods

CAPTION = [1, 4, 5, 6, 2]


@pytest.fixture
def representations() -> Tensor:
    return F.normalize(torch.randn(7, 16, generator=torch.Generator().manual_seed(5)), dim=-1)


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-5), (True, 0.05)])
def test_it_is_the_caption_loss_with_another_sign(
    model: OneNet,
    representations: Tensor,
    bfloat16: bool,
    tolerance: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("onenet.search.likelihood.fast_bfloat16", lambda: bfloat16)
    rows = torch.tensor(CAPTION).expand(7, -1)
    losses = caption_losses(model(representations, rows[:, :-1]), rows)
    found = log_likelihoods(model, representations, torch.tensor(CAPTION))
    assert found.dtype == torch.float32
    assert torch.allclose(found, -losses, atol=tolerance)


def test_a_network_without_opinions_gives_every_word_the_same(model: OneNet, representations: Tensor) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    found = log_likelihoods(model, representations, torch.tensor(CAPTION))
    assert found.tolist() == pytest.approx([-math.log(13)] * 7, abs=0.01)  # of 13 words


def test_photos_in_a_batch_are_as_alone(model: OneNet, representations: Tensor) -> None:
    together = log_likelihoods(model, representations, torch.tensor(CAPTION))
    for row in range(7):
        alone = log_likelihoods(model, representations[row : row + 1], torch.tensor(CAPTION))
        assert torch.allclose(together[row], alone[0], atol=0.02)


def test_the_mean_over_a_bank_counts_no_padding(model: OneNet, representations: Tensor) -> None:
    captions = [CAPTION, [1, 9, 10, 11, 4, 12, 2], [1, 8, 2]]
    found = mean_log_likelihoods(model, representations, pad_captions(captions))
    each = [log_likelihoods(model, representations, torch.tensor(caption)) for caption in captions]
    assert torch.allclose(found, torch.stack(each).mean(dim=0), atol=1e-5)


def test_a_line_is_found_again() -> None:
    random = torch.Generator().manual_seed(0)
    x = F.normalize(torch.randn(500, 6, generator=random), dim=-1)
    weight, bias = torch.tensor([0.5, -1.0, 0.0, 2.0, 0.25, -0.5]), torch.tensor(-3.5)
    exact = fit_prior(x, x @ weight + bias, ridge=0.0)
    assert torch.allclose(exact[0], weight, atol=1e-4)
    assert torch.allclose(exact[1], bias, atol=1e-4)
    assert exact[0].dtype == exact[1].dtype == torch.float32
    shrunk = fit_prior(x, x @ weight + bias)
    assert torch.allclose(shrunk[0], weight, atol=0.05)
    assert float(shrunk[0].norm()) < float(weight.norm())


def test_more_dimensions_than_photos_are_no_obstacle() -> None:
    x = F.normalize(torch.randn(5, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
    means = torch.tensor([-2.0, -2.5, -3.0, -2.2, -2.8])
    weight, bias = fit_prior(x, means)
    assert weight.isfinite().all()
    assert torch.allclose(x @ weight + bias, means, atol=0.1)
