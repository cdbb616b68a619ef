import math

import pytest
import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from onenet.network.config import ModelConfig
from onenet.network.losses import caption_loss, caption_losses, contrastive_loss
from onenet.network.model import OneNet, pad_captions


def test_shapes(model: OneNet) -> None:
    features = model.features(torch.randn(4, 192, 7, 7))
    assert features.shape == (4, 1280)
    representation = model.represent(features)
    assert representation.shape == (4, 16)
    assert torch.allclose(representation.norm(dim=-1), torch.ones(4))
    token_ids = torch.randint(4, 13, (4, 7))
    assert model(representation, token_ids).shape == (4, 7, 13)


def test_padding_changes_no_loss(model: OneNet) -> None:
    representation = model.represent(torch.randn(2, 1280))
    captions = [[1, 5, 6, 2], [1, 8, 9, 4, 7, 5, 2]]
    padded = pad_captions(captions)
    together = caption_losses(model(representation, padded[:, :-1]), padded)
    for row, caption in enumerate(captions):
        alone = torch.tensor([caption])
        loss = caption_loss(model(representation[row : row + 1], alone[:, :-1]), alone)
        assert torch.allclose(together[row], loss, atol=1e-5)


def test_a_sentence_is_read_to_a_representation(model: OneNet) -> None:
    guesses = model.represent_sentence(pad_captions([[1, 5, 6, 2], [1, 6, 5, 2], [1, 2]]))
    assert guesses.shape == (3, 16)
    assert torch.allclose(guesses.norm(dim=-1), torch.ones(3))
    assert not torch.allclose(guesses[0], guesses[1], atol=1e-2)  # it reads words in their order


def test_a_sentence_is_read_alike_alone_in_a_batch_and_padded(model: OneNet) -> None:
    captions = [[1, 5, 6, 2], [1, 8, 9, 4, 7, 5, 2], [1, 12, 2]]
    together = model.represent_sentence(pad_captions(captions))
    for row, caption in enumerate(captions):
        assert torch.allclose(together[row], model.represent_sentence(torch.tensor([caption]))[0], atol=1e-5)
        padded = torch.tensor([[*caption, 0, 0, 0, 0, 0, 0, 0]])
        assert torch.allclose(together[row], model.represent_sentence(padded)[0], atol=1e-5)


def test_weights_that_networks_of_before_had_more_are_left_out(model: OneNet) -> None:
    averaged = AveragedModel(model)
    for each, prefix in ((model, ""), (averaged, "module.")):
        weights = each.state_dict()
        more = {f"{prefix}prior_weight": torch.zeros(16), f"{prefix}prior_bias": torch.zeros(())}
        each.load_state_dict({**weights, **more})
        with pytest.raises(RuntimeError, match="unknown"):
            each.load_state_dict({**weights, f"{prefix}unknown": torch.zeros(1)})


PHOTOS = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
SENTENCES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])  # the third tells of the first photo, badly
ROWS = torch.tensor([0, 1, 0])


def test_the_contrastive_loss_worked_out_by_hand() -> None:
    loss = contrastive_loss(SENTENCES, PHOTOS, ROWS, torch.tensor(0.0))  # cosines as they are
    photo_found = [math.log(1 + math.exp(-1)), math.log(1 + math.exp(-1)), math.log(1 + math.exp(0.2))]
    sentence_found = [  # against the sentences of the other photo alone
        math.log(1 + math.exp(-1)),
        math.log(1 + math.exp(-1) + math.exp(-0.2)),
        math.log(1 + math.exp(-0.6)),
    ]
    assert float(loss) == pytest.approx(sum(photo_found) / 6 + sum(sentence_found) / 6, abs=1e-6)


def test_the_contrastive_loss_is_lower_for_pairs_that_match() -> None:
    random = torch.Generator().manual_seed(0)
    photos = F.normalize(torch.randn(8, 16, generator=random), dim=-1)
    rows = torch.arange(8).repeat_interleave(5)
    sentences = F.normalize(photos[rows] + 0.1 * torch.randn(40, 16, generator=random), dim=-1)
    sharpness = torch.tensor(math.log(14.0))
    matching = contrastive_loss(sentences, photos, rows, sharpness)
    swapped = contrastive_loss(sentences, photos, rows.roll(5), sharpness)
    assert float(matching) < 0.2
    assert float(swapped) > 5
    order = torch.randperm(40, generator=random)
    assert torch.allclose(contrastive_loss(sentences[order], photos, rows[order], sharpness), matching)


def test_the_sharpness_of_the_contrastive_loss_is_limited() -> None:
    loss = [contrastive_loss(SENTENCES, PHOTOS, ROWS, torch.tensor(x)) for x in (math.log(100.0), 50.0)]
    assert torch.isclose(*loss)


@pytest.mark.parametrize("rows", [[0, 0, 0], [0, 1, 0]], ids=["one photo", "a photo without sentences"])
def test_the_contrastive_loss_of_a_poor_batch_has_a_gradient(rows: list[int]) -> None:
    photos = torch.eye(2)[: 1 if max(rows) == 0 else 2]
    if max(rows):
        photos = torch.cat([photos, torch.tensor([[0.6, -0.8]])])
    sentences = SENTENCES.clone().requires_grad_()
    loss = contrastive_loss(sentences, photos, torch.tensor(rows), torch.tensor(0.0))
    loss.backward()
    assert loss.isfinite()
    assert sentences.grad is not None
    assert sentences.grad.isfinite().all()


def test_one_batch_is_learnt_by_heart() -> None:
    torch.manual_seed(0)
    model = OneNet(
        ModelConfig("efficientnet_lite0", 8, 20, representation_size=16, hidden_size=32, dropout=0.0)
    )
    features = torch.randn(4, 8)
    token_ids = torch.cat([torch.ones(4, 1, dtype=torch.long), torch.randint(4, 20, (4, 5))], dim=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = caption_loss(model(model.represent(features), token_ids[:, :-1]), token_ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.05
