"""What a network says of sentences, as `onenet.asking.answering` asks it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from onenet.asking.judge import Floats, Judge
from onenet.asking.weights import AnswerWeights
from onenet.serving.network import ServedNetwork


def judge_of(network: ServedNetwork, weights: Mapping[str, AnswerWeights]) -> Judge:
    """Let a network be asked about sentences; words that it never read are left out.

    Args:
        weights: Of its answers by language, see `onenet.asking.weights.answer_weights_in`.
    """

    def encode(sentences: Sequence[str], language: str) -> list[list[int]]:
        return [network.vocabulary.encode_known(sentence, language) for sentence in sentences]

    def log_p(
        representations: Floats, sentences: Sequence[str], language: str
    ) -> tuple[Floats, NDArray[np.int64]]:
        return network.log_likelihoods(representations, encode(sentences, language), language)

    def represent(sentences: Sequence[str], language: str) -> Floats:
        return network.represent_sentences(encode(sentences, language))

    def unknown(sentences: Sequence[str], language: str) -> NDArray[np.int64]:
        return np.array([len(network.vocabulary.sort(sentence, language)[1]) for sentence in sentences])

    return Judge(log_p, represent, unknown, weights)
