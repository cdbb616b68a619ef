"""Decoder and sentence encoder as serving runs them: a few rows at a time, their weights packed once.

A few rows are multiplied with every weight at each word, so that reading the weights is what takes the time:
in bfloat16 they are half as many bytes. States and results stay float32.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from onenet.network.hardware import fast_bfloat16
from onenet.network.model import OneNet
from onenet.network.special_words import PAD_ID, START_ID


class DecoderState(NamedTuple):
    """What the decoder remembers of B captions.

    Attributes:
        hidden: Shape (B, H).
        cell: Shape (B, H).
        beside: What the representation gives to the gates at each word, shape (B, 4 * H), where it does.
    """

    hidden: Tensor
    cell: Tensor
    beside: Tensor | None = None

    def take(self, rows: Tensor) -> "DecoderState":
        """Give the state of some rows, in their order."""
        beside = None if self.beside is None else self.beside[rows]
        return DecoderState(self.hidden[rows], self.cell[rows], beside)


class StepDecoder:
    """A copy of a network's decoder that reads one word a row and scores what follows.

    It does not follow the network's later training.

    Args:
        model: In eval mode.
        block: The ids of the words of the language that it writes; None: all that there are.
        start_id: The start word of that language. Other words are counted as
            `onenet.network.model.in_block` does.
        shortlisted: Whether some words are left out, see `onenet.network.word_scores.WordScores`.
        bfloat16: Whether products run in bfloat16; None: where this processor multiplies it faster.

    Attributes:
        never_written: Columns of the scores that are not to be chosen.
    """

    def __init__(
        self,
        model: OneNet,
        *,
        block: range | None = None,
        start_id: int = START_ID,
        shortlisted: bool = False,
        bfloat16: bool | None = None,
    ) -> None:
        dtype = _dtype(bfloat16)
        weight_ih, weight_hh, bias_ih, bias_hh = (weight.detach() for weight in model.decoder.all_weights[0])
        self._gates = torch.cat([weight_ih, weight_hh], dim=1).to(dtype)  # (4 * H, D + H)
        self._gates_bias = (bias_ih + bias_hh).to(dtype)
        self._to_words = model.to_words.weight.detach().to(dtype, copy=True)
        self._to_words_bias = model.to_words.bias.detach().to(dtype, copy=True)
        self._words = model.word_scores(block, shortlisted=shortlisted, dtype=dtype)
        self.never_written = self._words.never_written
        self._start_word = model.word_embeddings.weight[start_id].detach().to(dtype, copy=True)
        self._first_input = model.first_input
        self._hidden_size = model.config.hidden_size
        self._at_every_word = model.config.at_every_word
        if self._at_every_word:  # what the representation gives to the gates is the same at each word
            size = model.config.representation_size
            self._beside = weight_ih[:, size:].to(dtype)  # (4 * H, D)
            self._gates = torch.cat([weight_ih[:, :size], weight_hh], dim=1).to(dtype)  # (4 * H, D + H)

    def start(self, representation: Tensor) -> tuple[Tensor, DecoderState]:
        """Feed representations (B, D) and the start word; give the first logits (B, V) and the state."""
        zero = representation.new_zeros(len(representation), self._hidden_size)
        first = self._first_input(representation).to(self._gates.dtype)
        if self._at_every_word:
            state = DecoderState(zero, zero, F.linear(first, self._beside).float())
        else:
            state = self._advance(first, DecoderState(zero, zero))
        state = self._advance(self._start_word.expand(len(representation), -1), state)
        return self._scores(state), state

    def step(self, token_ids: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """Feed one word a row, (B,) int64; give the logits (B, V) of the next and the new state."""
        state = self._advance(self._words.words[token_ids], state)
        return self._scores(state), state

    def _scores(self, state: DecoderState) -> Tensor:
        meant = F.linear(state.hidden.to(self._to_words.dtype), self._to_words, self._to_words_bias)
        return self._words.scores(meant)

    def _advance(self, inputs: Tensor, state: DecoderState) -> DecoderState:
        known = torch.cat([inputs.to(self._gates.dtype), state.hidden.to(self._gates.dtype)], dim=1)
        gates = F.linear(known, self._gates, self._gates_bias).float()  # (B, 4 * H)
        if state.beside is not None:
            gates = gates + state.beside
        write, forget, candidate, read = gates.chunk(4, dim=1)
        cell = forget.sigmoid() * state.cell + write.sigmoid() * candidate.tanh()
        return DecoderState(read.sigmoid() * cell.tanh(), cell, state.beside)


class SentenceReader:
    """A copy of a network's sentence encoder, for a few short captions; see `OneNet.represent_sentence`.

    It does not follow the network's later training.

    Args:
        model: In eval mode.
        bfloat16: Whether products run in bfloat16; None: where this processor multiplies it faster.
    """

    def __init__(self, model: OneNet, *, bfloat16: bool | None = None) -> None:
        dtype = _dtype(bfloat16)
        weight_ih, weight_hh, bias_ih, bias_hh = (
            weight.detach().to(dtype, copy=True) for weight in model.sentence_encoder.all_weights[0]
        )
        self._inputs, self._inputs_bias = weight_ih, bias_ih  # (3 * S, D)
        self._gates, self._gates_bias = weight_hh, bias_hh  # (3 * S, S)
        self._words = model.word_embeddings.weight.detach().to(dtype, copy=True)
        self._out = model.to_representation.weight.detach().clone()
        self._out_bias = model.to_representation.bias.detach().clone()

    def read(self, token_ids: Tensor) -> Tensor:
        """Guess the representations, (B, D) of unit length, of the photos that captions tell of.

        Args:
            token_ids: Shape (B, T), int64, with `<start>` and `<end>`, padded with `<pad>`.
        """
        inputs = F.linear(self._words[token_ids], self._inputs, self._inputs_bias).float()  # (B, T, 3 * S)
        hidden = inputs.new_zeros(len(token_ids), self._gates.shape[1])
        strongest = torch.full_like(hidden, -torch.inf)
        for place, padding in enumerate((token_ids == PAD_ID).unbind(dim=1)):
            reset, update, new = inputs[:, place].chunk(3, dim=1)
            gates = F.linear(hidden.to(self._gates.dtype), self._gates, self._gates_bias).float()
            old_reset, old_update, old_new = gates.chunk(3, dim=1)
            kept = (update + old_update).sigmoid()
            candidate = (new + (reset + old_reset).sigmoid() * old_new).tanh()
            hidden = candidate + kept * (hidden - candidate)
            strongest = strongest.maximum(hidden.masked_fill(padding.unsqueeze(1), -torch.inf))
        return F.normalize(F.linear(strongest, self._out, self._out_bias), dim=-1)


def _dtype(bfloat16: bool | None) -> torch.dtype:
    fast = fast_bfloat16() if bfloat16 is None else bfloat16
    return torch.bfloat16 if fast else torch.float32
