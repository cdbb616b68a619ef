"""What a network says of sentences, as `onenet.asking.answering` asks it."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from onenet.asking.answering import Floats, Judge
from onenet.network.model import OneNet, pad_captions
from onenet.network.vocabulary import Vocabulary
from onenet.search.reranking import sentence_log_likelihoods


def judge_of(model: OneNet, vocabulary: Vocabulary) -> Judge:
    """Let a network, in eval mode, be asked about sentences; words that it never read are left out."""

    def encode(sentences: Sequence[str], language: str) -> list[list[int]]:
        return [vocabulary.encode_known(sentence, language) for sentence in sentences]

    def log_p(
        representations: Floats, sentences: Sequence[str], language: str
    ) -> tuple[Floats, NDArray[np.int64]]:
        ids, block = encode(sentences, language), vocabulary.block(language)
        found = sentence_log_likelihoods(model, torch.from_numpy(representations), ids, block)
        return found.numpy(), np.array([len(each) - 1 for each in ids])

    @torch.no_grad()
    def represent(sentences: Sequence[str], language: str) -> Floats:
        vectors: Floats = model.represent_sentence(pad_captions(encode(sentences, language))).numpy()
        return vectors

    def unknown(sentences: Sequence[str], language: str) -> NDArray[np.int64]:
        return np.array([len(vocabulary.sort(sentence, language)[1]) for sentence in sentences])

    return Judge(log_p, represent, unknown)
