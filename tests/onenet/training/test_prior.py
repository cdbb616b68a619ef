import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet, pad_captions
from onenet.search.reranking import log_likelihoods
from onenet.training.prior import fit_prior, mean_log_likelihoods

CAPTION = [1, 4, 5, 6, 2]


@pytest.fixture
def representations() -> Tensor:
    return F.normalize(torch.randn(7, 16, generator=torch.Generator().manual_seed(5)), dim=-1)


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
