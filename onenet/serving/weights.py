"""A network's weights as its graphs take them, from its file or from memory."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.network.config import ModelConfig
from onenet.network.shortlist import rest_of, shortlist
from onenet.network.special_words import SPECIAL_WORDS

Floats = NDArray[np.float32]

_CENTRE_EPSILON = 1e-5  # of `torch.nn.BatchNorm1d`


class Weights:
    """The weights of an `OneNet`, in the shapes in which its graphs multiply with them, float32.

    Args:
        config: The network's shape.
        stored: As `OneNet` names them, in float16 or float32.
    """

    def __init__(self, config: ModelConfig, stored: Mapping[str, NDArray[Any]]) -> None:
        self.config = config
        self._stored = stored
        self._scale = np.float32(math.sqrt(config.representation_size))  # see `OneNet.first_input`

    def check(self, words: int) -> None:
        """Compare the shapes that decide about all others with the network's configuration.

        Args:
            words: Of the vocabulary.

        Raises:
            ValueError: If they differ, or a weight is missing.
        """
        config = self.config
        size, hidden, reader = config.representation_size, config.hidden_size, config.sentence_size
        shapes = {
            "head.weight": (size, config.feature_size),
            "head.bias": (size,),
            "centre.running_mean": (size,),
            "centre.running_var": (size,),
            "word_embeddings.weight": (words, size),
            "word_bias": (words,),
            "decoder.weight_ih_l0": (4 * hidden, (1 + config.at_every_word) * size),
            "decoder.weight_hh_l0": (4 * hidden, hidden),
            "decoder.bias_ih_l0": (4 * hidden,),
            "decoder.bias_hh_l0": (4 * hidden,),
            "to_words.weight": (size, hidden),
            "to_words.bias": (size,),
            "sentence_encoder.weight_ih_l0": (3 * reader, size),
            "sentence_encoder.weight_hh_l0": (3 * reader, reader),
            "sentence_encoder.bias_ih_l0": (3 * reader,),
            "sentence_encoder.bias_hh_l0": (3 * reader,),
            "to_representation.weight": (size, reader),
            "to_representation.bias": (size,),
        }
        if config.names:
            shapes |= {"to_names.weight": (config.names, size), "to_names.bias": (config.names,)}
        for name, shape in shapes.items():
            if name not in self._stored or self._stored[name].shape != shape:
                raise ValueError(f"{name} is not what it should be")

    def read(self, token_ids: Sequence[int] | NDArray[np.int64]) -> Floats:
        """Give words as decoder and sentence encoder read them, shape (..., D)."""
        read: Floats = self._stored["word_embeddings.weight"][np.asarray(token_ids)].astype(np.float32)
        return read

    def head(self) -> tuple[Floats, Floats]:
        """Give what makes a representation of features but for its length: weight (F, D) and bias (D,)."""
        spread = np.sqrt(self._float32("centre.running_var") + np.float32(_CENTRE_EPSILON))
        weight = self._float32("head.weight") / spread[:, np.newaxis]
        bias = (self._float32("head.bias") - self._float32("centre.running_mean")) / spread
        return np.ascontiguousarray(weight.T), bias

    def enter(self) -> dict[str, Floats]:
        """Give the weights by which words open the gates."""
        to_gates = self._float32("decoder.weight_ih_l0")[:, : self.config.representation_size]
        bias = self._float32("decoder.bias_ih_l0") + self._float32("decoder.bias_hh_l0")
        return {"to_gates": np.ascontiguousarray(to_gates.T), "gates_bias": bias}

    def remember(self) -> dict[str, Floats]:
        """Give the weights by which what is remembered opens them."""
        return {"gates": self._transposed("decoder.weight_hh_l0")}

    def first(self) -> Floats:
        """Give what a representation gives to the gates, shape (D, 4 * H)."""
        size = self.config.representation_size
        own = self._float32("decoder.weight_ih_l0")[:, -size:]  # the same as of words, or beside these
        return np.ascontiguousarray(own.T) * self._scale

    def words(self, block: range) -> dict[str, Floats]:
        """Give what the special words and those of a language are chosen by."""
        rows = [*range(len(SPECIAL_WORDS)), *block]
        return {
            "to_words": self._transposed("to_words.weight"),
            "to_words_bias": self._float32("to_words.bias"),
            "words": self.read(rows),
            "word_bias": self._stored["word_bias"][rows].astype(np.float32),
        }

    def written(self, block: range) -> dict[str, Floats]:
        """Give what those of them are chosen by that captions are written with, and what the others weigh."""
        listed = shortlist(block)
        if listed == block:
            return self.words(block)
        left_out = block[len(listed) :]
        rest = rest_of(self.read(left_out), self._stored["word_bias"][list(left_out)])
        return self.words(listed) | {f"rest_{name}": part for name, part in rest._asdict().items()}

    def reader(self) -> dict[str, Floats]:
        """Give the weights of the sentence encoder."""
        parts = [self._float32(f"sentence_encoder.{part}_l0") for part in _READER]
        to_gates, gates, to_gates_bias, gates_bias = map(_in_order_of_onnx, parts)
        return {
            "reader_to_gates": to_gates[np.newaxis],
            "reader_gates": gates[np.newaxis],
            "reader_bias": np.concatenate([to_gates_bias, gates_bias])[np.newaxis],
            "to_representation": self._transposed("to_representation.weight"),
            "to_representation_bias": self._float32("to_representation.bias"),
        }

    def names(self) -> dict[str, Floats]:
        """Give the weights by which a representation tells the encoder's classes."""
        return {
            "to_names": self._transposed("to_names.weight") * self._scale,
            "to_names_bias": self._float32("to_names.bias"),
        }

    def top(self) -> dict[str, NDArray[Any]]:
        """Give the encoder's top, as it is stored."""
        return {name: weight for name, weight in self._stored.items() if name.startswith("top.")}

    def _float32(self, name: str) -> Floats:
        return self._stored[name].astype(np.float32)

    def _transposed(self, name: str) -> Floats:
        return np.ascontiguousarray(self._float32(name).T)


_READER = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _in_order_of_onnx(weight: Floats) -> Floats:
    """Order gates as ONNX has them: update, reset, new; PyTorch has the first two the other way round."""
    reset, update, new = np.split(weight, 3)
    return np.concatenate([update, reset, new])
