"""One file for a trained network: weights, configuration, vocabulary, transform and where it comes from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from onenet.errors import CheckpointError
from onenet.files import replace_file
from onenet.network.encoders import encoder_spec
from onenet.network.model import ModelConfig, OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT

FORMAT_VERSION = 4
# Of version 2 networks had English alone; until 4 the spellings of words were no part of the fingerprint.
_READ = ("2", "3", "4")


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
    weights = {
        name: weight.detach().cpu().half().contiguous() if weight.is_floating_point() else weight.cpu()
        for name, weight in model.state_dict().items()
    }
    header = {
        "config": asdict(model.config),
        "vocabulary": {language: vocabulary.words_of(language) for language in vocabulary.languages},
        "spellings": vocabulary.spellings,
        "transform": _preprocessing(model.config.encoder),
        "card": card,
    }
    metadata = {
        "format": "onenet",
        "version": str(FORMAT_VERSION),
        "header": json.dumps(header, ensure_ascii=False),
        "fingerprint": _fingerprint(weights, header, str(FORMAT_VERSION)),
    }
    replace_file(path, to_bytes(weights, metadata))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a network, without pickle.

    Raises:
        CheckpointError: If the file is missing, damaged, of another version, or not a checkpoint.
    """
    weights, metadata = _read(path)
    try:
        header = json.loads(metadata["header"])
        return _assemble(path, header, weights, metadata)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise _damaged(path) from error


def record_figures(path: Path, split: str, figures: Mapping[str, Any]) -> None:
    """Write what was measured on a split into a checkpoint's card; the network stays the same.

    Which languages it writes, if that was measured on dev, takes the place of what the card said before.

    Raises:
        CheckpointError: If it cannot be read.
    """
    load_checkpoint(path)  # what is damaged is not written anew
    weights, metadata = _read(path)
    header = json.loads(metadata["header"])
    header["card"][split] = dict(figures)
    if split == "dev" and "written" in figures:
        header["card"]["written"] = list(figures["written"])
    header_text = json.dumps(header, ensure_ascii=False)
    replace_file(path, to_bytes(weights, {**metadata, "header": header_text}))


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    if not path.is_file():
        raise CheckpointError(f"There is no trained network at {path}. Get the project's file or train one.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _damaged(path) from error
    if metadata.get("format") != "onenet":
        raise CheckpointError(f"{path} is not a network of this project. Give its {DEFAULT_CHECKPOINT.name}.")
    if metadata.get("version") not in _READ:
        raise CheckpointError(
            f"{path} has format {metadata.get('version')}, this program reads {FORMAT_VERSION}. "
            "Use the network that came with this program, or train one."
        )
    return weights, metadata


def _assemble(
    path: Path, header: dict[str, Any], weights: dict[str, Tensor], metadata: Mapping[str, str]
) -> Checkpoint:
    fingerprint = metadata["fingerprint"]
    if _fingerprint(weights, header, metadata["version"]) != fingerprint:
        raise _damaged(path)
    config = ModelConfig(**header["config"])
    if header["transform"] != json.loads(json.dumps(_preprocessing(config.encoder))):
        raise CheckpointError(f"{path} was trained with another preprocessing. Train it anew.")
    model = OneNet(config)
    model.load_state_dict(weights)
    model.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    vocabulary = Vocabulary(header["vocabulary"], header.get("spellings"))
    return Checkpoint(model, vocabulary, header["card"], fingerprint)


def _preprocessing(encoder: str) -> dict[str, Any]:
    spec = encoder_spec(encoder)
    return {"training": asdict(spec.transform), "serving": asdict(spec.serving)}


def _fingerprint(weights: Mapping[str, Tensor], header: Mapping[str, Any], version: str) -> str:
    """Give the fingerprint that a file of a version has; older ones keep theirs, for indexes go by it."""
    digest = hashlib.sha256()
    parts = [header["config"], header["vocabulary"], header["transform"]]
    if version not in ("2", "3"):
        parts.append(header["spellings"])
    digest.update(json.dumps(parts).encode())
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(f"{path} is damaged. Fetch the network again, or train one.")
