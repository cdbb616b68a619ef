"""What a network makes of words alone, without PyTorch: how it reads and chooses them, what they picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.network.special_words import END_ID

Floats = NDArray[np.float32]

WORD_WEIGHTS = {
    "embeddings": "word_embeddings.weight",
    "to_words": "to_words.weight",
    "to_gates": "sentence_encoder.weight_ih_l0",
    "to_gates_bias": "sentence_encoder.bias_ih_l0",
    "gates": "sentence_encoder.weight_hh_l0",
    "gates_bias": "sentence_encoder.bias_hh_l0",
    "to_representation": "to_representation.weight",
    "to_representation_bias": "to_representation.bias",
}  # as `OneNet` names them
_BATCH = 512  # words that are computed together: what lies between takes a few megabytes


@dataclass(frozen=True)
class WordWeights:
    """The weights of an `OneNet` that words alone go through, in float16 or float32.

    What is computed with them is the network's own to 1e-5. Words are given by their ids.

    Attributes:
        embeddings: Shape (V, D).
        to_words: Shape (D, H).
        to_gates: Of the sentence encoder (a GRU), for its input: shape (3 * S, D).
        to_gates_bias: Shape (3 * S,).
        gates: For what it remembers: shape (3 * S, S).
        gates_bias: Shape (3 * S,).
        to_representation: Shape (D, S).
        to_representation_bias: Shape (D,).
    """

    embeddings: NDArray[Any]
    to_words: NDArray[Any]
    to_gates: NDArray[Any]
    to_gates_bias: NDArray[Any]
    gates: NDArray[Any]
    gates_bias: NDArray[Any]
    to_representation: NDArray[Any]
    to_representation_bias: NDArray[Any]

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[Any]]) -> "WordWeights":
        """Choose them from a network's weights by the names that these have in its file."""
        return cls(**{field: weights[name] for field, name in WORD_WEIGHTS.items()})

    def read(self, words: Sequence[int]) -> Floats:
        """Give words as the decoder reads them, shape (W, D)."""
        read: Floats = self.embeddings[list(words)].astype(np.float32)
        return read

    def chosen(self, words: Sequence[int]) -> Floats:
        """Give words as the decoder chooses the next one, shape (W, H).

        A word's logit is its embedding times `to_words` times the decoder's output, so the embedding times
        `to_words` is what the decoder's output is compared with: the word's output vector. It is multiplied
        in float64, so that it is the same with any number of threads.
        """
        to_words = self.to_words.astype(np.float64)
        found = np.empty((len(words), to_words.shape[1]), np.float32)
        for start in range(0, len(words), _BATCH):
            batch = slice(start, start + _BATCH)
            found[batch] = self.embeddings[list(words[batch])].astype(np.float64) @ to_words
        return found

    def represent(self, words: Sequence[int], start_ids: Sequence[int]) -> Floats:
        """Guess the representations, (W, D) of unit length, that words have alone, each as a caption.

        Args:
            start_ids: Of the start word of each one's language.
        """
        found = np.empty((len(words), self.embeddings.shape[1]), np.float32)
        for start in range(0, len(words), _BATCH):
            batch = slice(start, start + _BATCH)
            found[batch] = self._represent(words[batch], start_ids[batch])
        return found

    def _represent(self, words: Sequence[int], start_ids: Sequence[int]) -> Floats:
        starts, places = np.unique(start_ids, return_inverse=True)
        nothing = np.zeros((len(starts), self.gates.shape[1]), np.float32)
        first = self._remember(starts.tolist(), nothing)[places]  # (W, S)
        second = self._remember(words, first)
        third = self._remember([END_ID], second)
        strongest = np.maximum(np.maximum(first, second), third)
        guess = strongest @ _float32(self.to_representation).T + _float32(self.to_representation_bias)
        unit: Floats = guess / np.linalg.norm(guess, axis=1, keepdims=True).clip(min=1e-12)
        return unit

    def _remember(self, words: Sequence[int], hidden: Floats) -> Floats:
        """Give what the sentence encoder remembers, (B, S), after a word for each, or one for all."""
        inputs = self.read(words) @ _float32(self.to_gates).T + _float32(self.to_gates_bias)
        known = hidden @ _float32(self.gates).T + _float32(self.gates_bias)
        (reset, update, new), (old_reset, old_update, old_new) = (
            np.split(gates, 3, axis=1) for gates in (inputs, known)
        )
        kept = _sigmoid(update + old_update)
        candidate = np.tanh(new + _sigmoid(reset + old_reset) * old_new)
        remembered: Floats = candidate + kept * (hidden - candidate)
        return remembered


def _float32(weight: NDArray[Any]) -> Floats:
    return weight.astype(np.float32, copy=False)


def _sigmoid(values: Floats) -> Floats:
    shares: Floats = 0.5 * (1 + np.tanh(0.5 * values))  # exp would overflow far from zero
    return shares
