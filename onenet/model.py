"""The network: features -> one 300-d representation -> words, and nothing else."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from onenet.vocabulary import PAD_ID, START_ID


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a network; stored in its checkpoint.

    Attributes:
        encoder: Name in `onenet.encoders.ENCODERS`.
        feature_size: F, what that encoder gives.
        vocabulary_size: V, special words included.
        representation_size: D, of the photo's representation and of the word embeddings alike.
        hidden_size: H, of the decoder.
        dropout: On features, word embeddings and decoder output while training.
    """

    encoder: str
    feature_size: int
    vocabulary_size: int
    representation_size: int = 300
    hidden_size: int = 512
    dropout: float = 0.4


class DecoderState(NamedTuple):
    """What the decoder remembers, two tensors of shape (B, H)."""

    hidden: Tensor
    cell: Tensor


class OneNet(nn.Module):
    """Encoder head, word embeddings and caption decoder (Vinyals et al. 2015, arXiv:1411.4555).

    The representation is the decoder's first input, then come `<start>` and the words. It is centred and
    scaled over the training photos and has unit length, so that a cosine compares two of them and a random
    direction is a plausible one. The word embeddings are also the output weights (Press & Wolf 2017).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        size, hidden = config.representation_size, config.hidden_size
        self.head = nn.Linear(config.feature_size, size)
        self.centre = nn.BatchNorm1d(size, affine=False)
        self.word_embeddings = nn.Embedding(config.vocabulary_size, size, padding_idx=PAD_ID)
        nn.init.normal_(self.word_embeddings.weight, std=0.1)
        self.decoder = nn.LSTM(size, hidden, batch_first=True)
        self.to_words = nn.Linear(hidden, size)
        self.word_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = nn.Dropout(config.dropout)

    def represent(self, features: Tensor) -> Tensor:
        """Map encoder features (B, F) to representations (B, D) of unit length."""
        centred: Tensor = self.centre(self.head(self.dropout(features)))
        return F.normalize(centred, dim=-1)

    def first_input(self, representation: Tensor) -> Tensor:
        """Scale representations (..., D) to the decoder's input: a root-mean-square of one."""
        return representation * math.sqrt(self.config.representation_size)

    def forward(self, representation: Tensor, token_ids: Tensor) -> Tensor:
        """Predict each next word of captions (teacher forcing).

        Args:
            representation: Shape (B, D), unit length.
            token_ids: Shape (B, T), int64: `<start>`, words.

        Returns:
            Logits, shape (B, T, V): at step t for the word that follows token_ids[:, t].
        """
        words = self.dropout(self.word_embeddings(token_ids))  # (B, T, D)
        inputs = torch.cat([self.first_input(representation).unsqueeze(1), words], dim=1)  # (B, 1 + T, D)
        hidden, _ = self.decoder(inputs)  # (B, 1 + T, H)
        return self.logits(hidden[:, 1:])

    def logits(self, hidden: Tensor) -> Tensor:
        """Score all words from the decoder's output, (..., H) -> (..., V)."""
        return F.linear(self.to_words(self.dropout(hidden)), self.word_embeddings.weight, self.word_bias)

    def start(self, representation: Tensor) -> tuple[Tensor, DecoderState]:
        """Feed representations (B, D) and `<start>`; give the first logits (B, V) and the state."""
        batch, hidden = len(representation), self.config.hidden_size
        zero = representation.new_zeros(batch, hidden)
        state = self._advance(self.first_input(representation), DecoderState(zero, zero))
        return self.step(torch.full((batch,), START_ID, device=representation.device), state)

    def step(self, token_ids: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Feed one word a row, (B,) int64; give the logits (B, V) of the next and the new state."""
        state = self._advance(self.word_embeddings(token_ids), state)
        return self.logits(state.hidden), state

    def _advance(self, inputs: Tensor, state: DecoderState) -> DecoderState:
        # the cell alone is cheaper a step than a sequence of length one
        weight_ih, weight_hh, bias_ih, bias_hh = self.decoder.all_weights[0]
        return DecoderState(*torch.lstm_cell(inputs, state, weight_ih, weight_hh, bias_ih, bias_hh))


def caption_loss(logits: Tensor, token_ids: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """Mean negative log-likelihood of captions in nats a token, `<end>` counted, padding not.

    Args:
        logits: Shape (B, T - 1, V), as `OneNet.forward(representation, token_ids[:, :-1])` gives them.
        token_ids: Shape (B, T), int64, with `<start>` and `<end>`, padded with `<pad>`.
    """
    return F.cross_entropy(
        logits.transpose(1, 2), token_ids[:, 1:], ignore_index=PAD_ID, label_smoothing=label_smoothing
    )


def caption_losses(logits: Tensor, token_ids: Tensor) -> Tensor:
    """The same one caption at a time, shape (B,)."""
    targets = token_ids[:, 1:]
    losses = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=PAD_ID, reduction="none")
    return losses.sum(dim=1) / (targets != PAD_ID).sum(dim=1).clamp(min=1)


def pad_captions(captions: list[list[int]]) -> Tensor:
    """Stack token ids of different lengths, shape (B, longest), int64, padded with `<pad>`."""
    longest = max(len(caption) for caption in captions)
    return torch.tensor([caption + [PAD_ID] * (longest - len(caption)) for caption in captions])
