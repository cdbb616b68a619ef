"""Small networks with random weights, large enough in spread to have opinions."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch

from onenet.network.config import ModelConfig
from onenet.network.model import OneNet
from onenet.network.special_words import SPECIAL_WORDS, START_ID
from onenet.network.vocabulary import Vocabulary
from onenet.serving.exported import serve_model
from onenet.serving.network import ServedNetwork

WORDS = ["a", "dog", "runs", "through", "snow", "two", "boys", "play", "ball"]
GERMAN = ["ein", "hund", "läuft", "durch", "schnee", "ball"]  # one is English too
CHINESE = ["一只", "狗", "雪", "跑"]
SPELLINGS = {"de": {"hund": "Hund", "schnee": "Schnee", "ball": "Ball"}}


def small_network(vocabulary: Vocabulary, **shape: Any) -> OneNet:
    """A network of these words; the same each time."""
    torch.manual_seed(3)
    config = ModelConfig(
        encoder="efficientnet_lite0",
        feature_size=1280,
        vocabulary_size=len(vocabulary),
        representation_size=16,
        hidden_size=24,
        sentence_size=20,
    )
    network = OneNet(replace(config, **shape))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if not name.startswith("top."):
                weight.mul_(3.0)
    return network.eval().requires_grad_(False)


def served(model: OneNet, vocabulary: Vocabulary, *, threads: int = 1) -> ServedNetwork:
    """A network as it is served, its weights copied: it does not follow later changes."""
    return serve_model(deepcopy(model), vocabulary, threads=threads)


def alone_in(language: str, model: OneNet, vocabulary: Vocabulary) -> OneNet:
    """The network that has the words of one language and no others, with the same weights.

    It begins a sentence with its only start word, which it must not choose: let that be unlikely.
    """
    block = vocabulary.block(language)
    rows = [*range(len(SPECIAL_WORDS)), *block]
    weights = model.state_dict()
    embeddings = weights["word_embeddings.weight"][rows].clone()
    embeddings[START_ID] = weights["word_embeddings.weight"][vocabulary.start_id(language)]
    alone = OneNet(replace(model.config, vocabulary_size=len(rows)))
    alone.load_state_dict(
        weights | {"word_embeddings.weight": embeddings, "word_bias": weights["word_bias"][rows]}
    )
    return alone.eval().requires_grad_(False)


def in_own_ids(token_ids: list[int], vocabulary: Vocabulary, language: str) -> list[int]:
    """A sentence of a language as the network that has it alone counts its words."""
    first, start_id = vocabulary.block(language).start, vocabulary.start_id(language)
    special = len(SPECIAL_WORDS)
    return [
        START_ID if token == start_id else token if token < special else token - first + special
        for token in token_ids
    ]
