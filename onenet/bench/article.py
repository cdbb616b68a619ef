"""The network of the article "One neural network, many uses" (2018), its beam search and its inversion.

What it says is kept: a frozen encoder's features, a linear layer to 300 numbers, a GRU of three layers, plain
cross-entropy, Adam, 40 epochs, no length normalisation, `/find` from random starts. Where it left something
open or had a fault, this baseline gets the better choice, so that it is not beaten by accident: batches
instead of single captions, the epoch that is best on dev, a beam search that keeps finished sentences. Its
encoder is the default one here, so that rows differ in the recipe alone.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from onenet.captions.caption import MAX_WORDS
from onenet.network.encoders import DEFAULT_ENCODER
from onenet.network.losses import caption_losses
from onenet.network.special_words import END_ID, PAD_ID, START_ID, UNK_ID
from onenet.training.config import TrainConfig


@dataclass(frozen=True)
class ArticleConfig:
    """Everything that decides what the baseline gives.

    Attributes:
        batch_size: Captions a step; the article took one.
        patience: Epochs without a better dev loss before it stops: later ones would not be kept.
        min_count: As in the shipped recipe, so that losses compare; the article knew every word.
        steps: Gradient steps of a search.
        starts: Random starts of a search, whose results are averaged.
        search_rate: Adam's learning rate in a search.
    """

    encoder: str = DEFAULT_ENCODER
    seed: int = 1
    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    patience: int = 4
    size: int = 300
    layers: int = 3
    min_count: int = TrainConfig.min_count
    beam_size: int = 5
    steps: int = 30
    starts: int = 3
    search_rate: float = 0.1


class ArticleNet(nn.Module):
    """Features -> 300 numbers, the first input of a GRU that says the words; nothing is shared or tied."""

    def __init__(self, feature_size: int, vocabulary_size: int, size: int = 300, layers: int = 3) -> None:
        super().__init__()
        self.head = nn.Linear(feature_size, size)
        self.word_embeddings = nn.Embedding(vocabulary_size, size, padding_idx=PAD_ID)
        self.decoder = nn.GRU(size, size, num_layers=layers, batch_first=True)
        self.to_words = nn.Linear(size, vocabulary_size)

    def represent(self, features: Tensor) -> Tensor:
        """Map features (B, F) to representations (B, D), of any length."""
        representation: Tensor = self.head(features)
        return representation

    def forward(self, representation: Tensor, token_ids: Tensor) -> Tensor:
        """Give logits (B, T, V) of the words that follow `token_ids` (B, T), with teacher forcing."""
        words = self.word_embeddings(token_ids)  # (B, T, D)
        hidden, _ = self.decoder(torch.cat([representation.unsqueeze(1), words], dim=1))  # (B, 1 + T, D)
        logits: Tensor = self.to_words(hidden[:, 1:])
        return logits

    def start(self, representation: Tensor) -> tuple[Tensor, Tensor]:
        """Feed representations (B, D) and `<start>`; give logits (B, V) and the state (layers, B, D)."""
        _, state = self.decoder(representation.unsqueeze(1))
        return self.step(torch.full((len(representation),), START_ID), state)

    def step(self, token_ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Feed one word a row, (B,); give the logits (B, V) of the next and the new state."""
        hidden, state = self.decoder(self.word_embeddings(token_ids).unsqueeze(1), state)
        return self.to_words(hidden.squeeze(1)), state


@torch.no_grad()
def search_captions(
    model: ArticleNet, representation: Tensor, *, beam_size: int, max_words: int = MAX_WORDS
) -> list[tuple[int, ...]]:
    """Find the most probable caption of each representation: sums of log p, so that short ones win.

    Args:
        model: In eval mode, on the processor.
        representation: Shape (B, D).
    """
    photos = len(representation)
    logits, state = model.start(representation.repeat_interleave(beam_size, dim=0))
    totals = torch.full((photos, beam_size), -torch.inf)
    totals[:, 0] = 0.0  # all beams are the same yet
    ended = torch.zeros(photos, beam_size, dtype=torch.bool)
    written = torch.empty(photos, beam_size, 0, dtype=torch.long)
    for word in range(max_words + 1):
        log_p = logits.log_softmax(dim=-1).view(photos, beam_size, -1)
        log_p[..., [PAD_ID, START_ID, UNK_ID]] = -torch.inf
        if word == 0:
            log_p[..., END_ID] = -torch.inf
        elif word == max_words:
            log_p[..., END_ID + 1 :] = -torch.inf
        log_p[ended] = -torch.inf
        log_p[..., PAD_ID][ended] = 0.0  # a finished caption stays as it is
        totals, places = (totals.unsqueeze(-1) + log_p).view(photos, -1).topk(beam_size, dim=1)
        beams, token_ids = places // log_p.shape[-1], places % log_p.shape[-1]
        before = written.gather(1, beams.unsqueeze(-1).expand(-1, -1, word))
        written = torch.cat([before, token_ids.unsqueeze(-1)], dim=2)
        ended = (token_ids == END_ID) | (token_ids == PAD_ID)
        if ended[:, 0].all():  # what goes on can only become less probable
            break
        rows = (beams + beam_size * torch.arange(photos).unsqueeze(1)).reshape(-1)
        logits, state = model.step(token_ids.reshape(-1), state[:, rows])
    return [tuple(token for token in best if token > UNK_ID) for best in written[:, 0].tolist()]


@torch.enable_grad()
def invert(
    model: ArticleNet,
    token_ids: Tensor,
    *,
    steps: int,
    starts: int,
    learning_rate: float,
    generator: torch.Generator,
) -> Tensor:
    """Find first inputs from which the decoder says captions: the mean of what random starts lead to.

    Args:
        model: In eval mode, on the processor, weights frozen.
        token_ids: Captions with `<start>` and `<end>`, shape (B, T), int64, padded with `<pad>`.

    Returns:
        Shape (B, D), of any length.
    """
    size = model.head.out_features
    targets = token_ids.repeat_interleave(starts, dim=0)  # (B * starts, T)
    position = torch.randn(starts, size, generator=generator).repeat(len(token_ids), 1).requires_grad_()
    optimizer = torch.optim.Adam([position], lr=learning_rate)
    for _ in range(steps):
        losses = caption_losses(model(position, targets[:, :-1]), targets)
        (position.grad,) = torch.autograd.grad(losses.sum(), position)
        optimizer.step()
    return position.detach().view(len(token_ids), starts, size).mean(dim=1)
