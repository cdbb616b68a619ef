import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.model import OneNet, caption_losses
from onenet.search.reranking import LIKELIHOOD_WEIGHT, rank_photos, ranks, ranks_by_score, recall_figures

CAPTION = torch.tensor([1, 4, 5, 6, 2])


def test_ranks_worked_out_by_hand() -> None:
    photos = np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32)
    queries = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], dtype=np.float32)
    found = ranks(queries, photos, np.array([0, 1, 2]))
    assert found.tolist() == [1, 2, 3]
    assert recall_figures(found) == {"R@1": 33.33, "R@5": 100.0, "R@10": 100.0, "median_rank": 2.0}


def test_ranks_by_score_count_only_what_is_better() -> None:
    scores = np.array([[3, 3, 1], [3, 3, 1]], dtype=np.float32)
    assert ranks_by_score(scores, np.array([1, 2])).tolist() == [1, 3]


def test_recall_at_the_borders() -> None:
    figures = recall_figures(np.array([1, 5, 6, 10, 11]))
    assert figures == {"R@1": 20.0, "R@5": 40.0, "R@10": 80.0, "median_rank": 6.0}


@pytest.fixture
def photos() -> Tensor:
    return F.normalize(torch.randn(40, 16, generator=torch.Generator().manual_seed(5)), dim=-1)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.likelihood.fast_bfloat16", lambda: False)


@pytest.mark.usefixtures("exact")
def test_the_order_equals_brute_force(model: OneNet, photos: Tensor) -> None:
    model.prior_weight.copy_(torch.linspace(-1, 1, 16))
    model.prior_bias.fill_(-2.0)
    query = photos[3]
    scores = []
    for photo in photos:
        loss = caption_losses(model(photo[None], CAPTION[None, :-1]), CAPTION[None])
        prior = float(photo @ torch.linspace(-1, 1, 16)) - 2.0
        scores.append(float(photo @ query) + LIKELIHOOD_WEIGHT * (-float(loss) - prior))
    found = rank_photos(model, query, CAPTION, photos)
    expected = sorted(range(40), key=lambda row: -scores[row])
    assert found.order.tolist() == expected
    assert found.scores.tolist() == pytest.approx([scores[row] for row in expected], abs=1e-4)
    assert (found.order.dtype, found.scores.dtype) == (np.int64, np.float32)


@pytest.mark.usefixtures("exact")
def test_a_photo_that_explains_everything_falls_back(model: OneNet, photos: Tensor) -> None:
    best = int(rank_photos(model, photos[3], CAPTION, photos).order[0])
    model.prior_weight.copy_(20 * photos[best])
    assert int(rank_photos(model, photos[3], CAPTION, photos).order[0]) != best


def test_photos_alike_keep_their_order(model: OneNet, photos: Tensor) -> None:
    found = rank_photos(model, photos[0], CAPTION, photos[:1].expand(5, -1))
    assert found.order.tolist() == [0, 1, 2, 3, 4]
