"""One file for a trained network: weights, configuration, vocabulary, transform and where it comes from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save as to_bytes

from onenet.errors import CheckpointError
from onenet.files import replace_file
from onenet.network.config import ModelConfig
from onenet.network.encoders import encoder_spec, serving_transform
from onenet.network.model import OneNet
from onenet.network.network_file import (
    FORMAT_VERSION,
    NetworkFile,
    damaged,
    fingerprint_of,
    read_network_file,
)
from onenet.network.transforms import Transform
from onenet.network.vocabulary import Vocabulary


@dataclass(frozen=True)
class Checkpoint:
    """A trained network as it comes out of its file.

    Attributes:
        model: In eval mode, float32, gradients off.
        vocabulary: Its words.
        card: Where it comes from: data, seed, training settings, dev figures.
        fingerprint: Hex digest of weights, configuration, vocabulary and spellings; two networks never share
            one, so that what is kept of one (captions, maps of words) is never shown as another's.
    """

    model: OneNet
    vocabulary: Vocabulary
    card: Mapping[str, Any]
    fingerprint: str


def save_checkpoint(path: Path, model: OneNet, vocabulary: Vocabulary, card: Mapping[str, Any]) -> None:
    """Write a network to one file, weights in half precision; the file is replaced atomically."""
    tensors = {
        name: weight.detach().cpu().half() if weight.is_floating_point() else weight.cpu()
        for name, weight in model.state_dict().items()
    }
    weights = {name: tensor.contiguous().numpy() for name, tensor in tensors.items()}
    header = {
        "config": asdict(model.config),
        "vocabulary": {language: vocabulary.words_of(language) for language in vocabulary.languages},
        "spellings": vocabulary.spellings,
        "transform": _preprocessing(model.config),
        "card": card,
    }
    metadata = {
        "format": "onenet",
        "version": str(FORMAT_VERSION),
        "header": json.dumps(header, ensure_ascii=False),
        "fingerprint": fingerprint_of(header, weights, str(FORMAT_VERSION)),
    }
    replace_file(path, to_bytes(weights, metadata))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a network, without pickle.

    Raises:
        CheckpointError: If the file is missing, damaged, of another version, or not a checkpoint.
    """
    return assemble(path, read_network_file(path))


def assemble(path: Path, file: NetworkFile) -> Checkpoint:
    """Make the network of what is in its file.

    Raises:
        CheckpointError: If it is not a checkpoint, or of another version.
    """
    try:
        return _assemble(path, file)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise damaged(path) from error


def record_figures(path: Path, split: str, figures: Mapping[str, Any]) -> None:
    """Write what was measured on a split into a checkpoint's card; the network stays the same.

    What was not measured this time, as in other languages, stays as it was.
    Which languages it writes, if that was measured on dev, takes the place of what the card said before.

    Raises:
        CheckpointError: If it cannot be read.
    """
    load_checkpoint(path)  # what is damaged is not written anew
    file = read_network_file(path)
    card = _merged(file.header["card"], {split: figures})
    if split == "dev" and "written" in figures:
        card["written"] = list(figures["written"])
    header_text = json.dumps({**file.header, "card": card}, ensure_ascii=False)
    replace_file(path, to_bytes(dict(file.weights), {**file.metadata, "header": header_text}))


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(old)
    for name, value in new.items():
        before = found.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = _merged(before, value)
        found[name] = value
    return found


def _assemble(path: Path, file: NetworkFile) -> Checkpoint:
    config = ModelConfig(**file.header["config"])
    if file.header["transform"] != json.loads(json.dumps(_preprocessing(config))):
        raise CheckpointError(f"{path} was trained with another preprocessing. Train it anew.")
    model = OneNet(config)
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in file.weights.items()})
    model.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    return Checkpoint(model, file.vocabulary, file.card, file.fingerprint)


def _preprocessing(config: ModelConfig) -> dict[str, Any]:
    both = {"training": encoder_spec(config.encoder).transform, "serving": serving_transform(config)}
    return {kind: _described(transform) for kind, transform in both.items()}


def _described(transform: Transform) -> dict[str, Any]:
    """Describe a preprocessing as files did before there was a `detail_px`, where there is none."""
    described = asdict(transform)
    if not transform.detail_px:
        del described["detail_px"]
    return described
