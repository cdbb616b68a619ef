import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.losses import caption_losses
from onenet.network.model import OneNet
from onenet.search.ranking import LIKELIHOOD_WEIGHT, USUAL_LOG_P
from onenet.search.reranking import log_likelihoods, rank_photos

CAPTION = torch.tensor([1, 4, 5, 6, 2])


@pytest.fixture
def photos() -> Tensor:
    return F.normalize(torch.randn(40, 16, generator=torch.Generator().manual_seed(5)), dim=-1)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onenet.search.reranking.fast_bfloat16", lambda: False)


@pytest.mark.usefixtures("exact")
def test_the_order_equals_brute_force(model: OneNet, photos: Tensor) -> None:
    query = photos[3]
    scores = []
    for photo in photos:
        loss = caption_losses(model(photo[None], CAPTION[None, :-1]), CAPTION[None])
        scores.append(float(photo @ query) + LIKELIHOOD_WEIGHT * (-float(loss) - USUAL_LOG_P))
    found = rank_photos(model, query, CAPTION, photos)
    expected = sorted(range(40), key=lambda row: -scores[row])
    assert found.order.tolist() == expected
    assert found.scores.tolist() == pytest.approx([scores[row] for row in expected], abs=1e-4)
    assert (found.order.dtype, found.scores.dtype) == (np.int64, np.float32)


def test_photos_alike_keep_their_order(model: OneNet, photos: Tensor) -> None:
    found = rank_photos(model, photos[0], CAPTION, photos[:1].expand(5, -1))
    assert found.order.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("bfloat16", "tolerance"), [(False, 1e-5), (True, 0.05)])
def test_it_is_the_caption_loss_with_another_sign(
    model: OneNet,
    photos: Tensor,
    bfloat16: bool,
    tolerance: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("onenet.search.reranking.fast_bfloat16", lambda: bfloat16)
    rows = CAPTION.expand(len(photos), -1)
    losses = caption_losses(model(photos, rows[:, :-1]), rows)
    found = log_likelihoods(model, photos, CAPTION)
    assert found.dtype == torch.float32
    assert torch.allclose(found, -losses, atol=tolerance)


def test_a_network_without_opinions_gives_every_word_the_same(model: OneNet, photos: Tensor) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    found = log_likelihoods(model, photos, CAPTION)
    assert found.tolist() == pytest.approx([-math.log(13)] * len(photos), abs=0.01)  # of 13 words


def test_photos_in_a_batch_are_as_alone(model: OneNet, photos: Tensor) -> None:
    together = log_likelihoods(model, photos, CAPTION)
    for row in range(7):
        alone = log_likelihoods(model, photos[row : row + 1], CAPTION)
        assert torch.allclose(together[row], alone[0], atol=0.02)
