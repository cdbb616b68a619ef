"""The file of a trained network, read without PyTorch: weights as stored, words, where it comes from."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from onenet.errors import CheckpointError
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT

FORMAT_VERSION = 4
# Of version 2 networks had English alone; until 4 the spellings of words were no part of the fingerprint.
_READ = ("2", "3", "4")

Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class NetworkFile:
    """What is in the file of a network, once it is known to be whole.

    Attributes:
        weights: Those that were asked for, in half precision.
        vocabulary: The network's words.
        header: All that describes the network: configuration, words, preprocessing and card.
        metadata: All text of the file, the header among it.
        fingerprint: Hex digest of weights, configuration, vocabulary and spellings; see `Checkpoint`.
    """

    weights: Weights
    vocabulary: Vocabulary
    header: Mapping[str, Any]
    metadata: Mapping[str, str]
    fingerprint: str

    @property
    def card(self) -> Mapping[str, Any]:
        """Where the network comes from: data, seed, training settings, dev figures."""
        card: Mapping[str, Any] = self.header["card"]
        return card


def read_network_file(path: Path, only: Collection[str] | None = None) -> NetworkFile:
    """Read the file of a network, or some of its weights; all of it is compared with its fingerprint.

    Args:
        only: Names of the weights to keep; None: all.

    Raises:
        CheckpointError: If the file is missing, cannot be opened, is damaged, of another version, or not a
            network.
    """
    weights: dict[str, NDArray[Any]] = {}
    try:
        if not path.is_file():
            raise CheckpointError(
                f"There is no trained network at {path}. Get the project's file or train one."
            )
        path.open("rb").close()  # safetensors does not say why a file cannot be opened
    except OSError as error:
        raise CheckpointError(
            f"The network {path} cannot be read ({error.strerror}). See to that, or give another one."
        ) from error
    try:
        with safe_open(path, framework="np") as file:
            metadata = dict(file.metadata() or {})
            _refuse_others(path, metadata)
            header = json.loads(metadata["header"])
            digest = _begin_fingerprint(header, metadata["version"])
            for name in sorted(file.keys()):
                weight = file.get_tensor(name)  # one at a time: most are read for the fingerprint alone
                _add_to_fingerprint(digest, name, weight)
                if only is None or name in only:
                    weights[name] = weight
        vocabulary = Vocabulary(header["vocabulary"], header.get("spellings"))
        is_whole = digest.hexdigest() == metadata["fingerprint"] and "card" in header
    except (
        SafetensorError,
        OSError,
        LookupError,
        AttributeError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        raise damaged(path) from error
    if not is_whole or (only is not None and weights.keys() != set(only)):
        raise damaged(path)
    return NetworkFile(weights, vocabulary, header, metadata, metadata["fingerprint"])


def fingerprint_of(header: Mapping[str, Any], weights: Weights, version: str) -> str:
    """Give the fingerprint that a file of a version has; older ones keep theirs, for indexes go by it."""
    digest = _begin_fingerprint(header, version)
    for name in sorted(weights):
        _add_to_fingerprint(digest, name, weights[name])
    return digest.hexdigest()


def damaged(path: Path) -> CheckpointError:
    """Say that a file is none that was written so."""
    return CheckpointError(f"{path} is damaged. Fetch the network again, or train one.")


def _refuse_others(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != "onenet":
        raise CheckpointError(f"{path} is not a network of this project. Give its {DEFAULT_CHECKPOINT.name}.")
    if metadata.get("version") not in _READ:
        raise CheckpointError(
            f"{path} has format {metadata.get('version')}, this program reads {FORMAT_VERSION}. "
            "Use the network that came with this program, or train one."
        )


def _begin_fingerprint(header: Mapping[str, Any], version: str) -> "hashlib._Hash":
    parts = [header["config"], header["vocabulary"], header["transform"]]
    if version not in ("2", "3"):
        parts.append(header["spellings"])
    return hashlib.sha256(json.dumps(parts).encode())


def _add_to_fingerprint(digest: "hashlib._Hash", name: str, weight: NDArray[Any]) -> None:
    digest.update(name.encode())
    digest.update(np.ascontiguousarray(weight).data)
