"""Files of networks that hold what words alone need, written without PyTorch."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from onenet.network.network_file import FORMAT_VERSION, fingerprint_of

WORDS_OF = {
    "en": ["a", "dog", "runs", "snow", "ball", "cat", "car"],
    "de": ["hund", "läuft", "schnee", "ball", "katze"],
    "zh": ["一只", "狗", "雪", "跑"],
}


def write_network(
    path: Path,
    words: Mapping[str, Sequence[str]] = WORDS_OF,
    *,
    size: int = 16,
    hidden_size: int = 24,
    sentence_size: int = 20,
) -> Path:
    """A network of these words with random weights, the same each time."""
    random = np.random.default_rng(1)
    rows = 4 + sum(map(len, words.values())) + len(words) - 1  # a start word for each but English
    shapes = {
        "word_embeddings.weight": (rows, size),
        "to_words.weight": (size, hidden_size),
        "sentence_encoder.weight_ih_l0": (3 * sentence_size, size),
        "sentence_encoder.bias_ih_l0": (3 * sentence_size,),
        "sentence_encoder.weight_hh_l0": (3 * sentence_size, sentence_size),
        "sentence_encoder.bias_hh_l0": (3 * sentence_size,),
        "to_representation.weight": (size, sentence_size),
        "to_representation.bias": (size,),
        "other.weight": (8,),
    }
    weights = {
        name: (0.3 * random.standard_normal(shape, np.float32)).astype(np.float16)
        for name, shape in shapes.items()
    }
    header = {
        "config": {"vocabulary_size": rows},
        "vocabulary": words,
        "spellings": {"de": {"hund": "Hund"}},
        "transform": {},
        "card": {"seed": 1},
    }
    metadata = {
        "format": "onenet",
        "version": str(FORMAT_VERSION),
        "header": json.dumps(header, ensure_ascii=False),
        "fingerprint": fingerprint_of(header, weights, str(FORMAT_VERSION)),
    }
    save_file(weights, path, metadata)
    return path


def metadata_of(path: Path) -> dict[str, str]:
    """The text in a file."""
    with safe_open(path, framework="np") as file:
        return dict(file.metadata() or {})
