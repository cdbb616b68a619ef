import torch

from onenet.model import ModelConfig, OneNet, caption_loss, caption_losses, pad_captions


def test_shapes(model: OneNet) -> None:
    representation = model.represent(torch.randn(4, 1280))
    assert representation.shape == (4, 16)
    assert torch.allclose(representation.norm(dim=-1), torch.ones(4))
    token_ids = torch.randint(4, 13, (4, 7))
    assert model(representation, token_ids).shape == (4, 7, 13)


def test_one_word_at_a_time_is_teacher_forcing(model: OneNet) -> None:
    representation = model.represent(torch.randn(3, 1280))
    token_ids = pad_captions([[1, 5, 6, 7, 2], [1, 8, 9, 4, 2], [1, 4, 4, 5, 2]])
    together = model(representation, token_ids[:, :-1])  # (3, 4, V)
    logits, state = model.start(representation)
    for step in range(4):
        assert torch.allclose(logits, together[:, step], atol=1e-5)
        logits, state = model.step(token_ids[:, step + 1], state)


def test_padding_changes_no_loss(model: OneNet) -> None:
    representation = model.represent(torch.randn(2, 1280))
    captions = [[1, 5, 6, 2], [1, 8, 9, 4, 7, 5, 2]]
    padded = pad_captions(captions)
    together = caption_losses(model(representation, padded[:, :-1]), padded)
    for row, caption in enumerate(captions):
        alone = torch.tensor([caption])
        loss = caption_loss(model(representation[row : row + 1], alone[:, :-1]), alone)
        assert torch.allclose(together[row], loss, atol=1e-5)


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
