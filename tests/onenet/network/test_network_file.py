"""The file of a network, read without PyTorch: some of its weights, and all of it looked at."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from onenet.errors import CheckpointError
from onenet.network.network_file import fingerprint_of, read_network_file
from onenet.network.word_weights import WORD_WEIGHTS
from tests.onenet.written import WORDS_OF, metadata_of, write_network


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_network(tmp_path / "net.safetensors")


def test_only_what_is_asked_for_is_kept(path: Path) -> None:
    every = read_network_file(path)
    some = read_network_file(path, ["to_words.weight", "other.weight"])
    assert every.weights.keys() == load_file(path).keys() > some.weights.keys()
    assert some.weights.keys() == {"to_words.weight", "other.weight"}
    assert (some.weights["to_words.weight"] == every.weights["to_words.weight"]).all()
    assert some.fingerprint == every.fingerprint == fingerprint_of(every.header, every.weights, "4")
    assert some.vocabulary.languages == tuple(WORDS_OF)
    assert some.header["card"] == {"seed": 1}


def test_a_weight_that_is_not_there(path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"net\.safetensors is damaged"):
        read_network_file(path, ["decoder.weight"])


def test_a_wrong_bit_in_what_is_not_kept(path: Path) -> None:
    weights = load_file(path)
    weights["other.weight"][3] += 1
    save_file(weights, path, metadata_of(path))
    with pytest.raises(CheckpointError, match="damaged"):
        read_network_file(path, WORD_WEIGHTS.values())


@pytest.mark.parametrize("place", ["open", "is_file"])  # is_file: its folder may not be looked into
def test_a_file_that_may_not_be_read_is_not_called_damaged(
    path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, place, refuse)
    with pytest.raises(CheckpointError, match=r"net\.safetensors cannot be read \(Permission denied\)"):
        read_network_file(path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CheckpointError, match="damaged"):
        read_network_file(path, WORD_WEIGHTS.values())


@pytest.mark.parametrize(
    "damage",
    [
        lambda header: header["vocabulary"]["de"].reverse(),
        lambda header: header.pop("vocabulary"),
        lambda header: header.update(vocabulary={"de": ["hund"]}),
        lambda header: header.update(spellings=["hund"]),
        lambda header: header.update(spellings={"de": 3}),
        lambda header: header["config"].update(names=6),
        lambda header: header.pop("config"),
        lambda header: header.pop("card"),
    ],
)
def test_a_damaged_header(path: Path, damage: Callable[[Any], None]) -> None:
    metadata = metadata_of(path)
    header = json.loads(metadata["header"])
    damage(header)
    save_file(load_file(path), path, metadata | {"header": json.dumps(header)})
    with pytest.raises(CheckpointError, match="damaged"):
        read_network_file(path, WORD_WEIGHTS.values())


@pytest.mark.parametrize("header", ["", "[]", "3", "{", "null", "[" * 100_000])
def test_a_header_that_is_none(path: Path, header: str) -> None:
    save_file(load_file(path), path, metadata_of(path) | {"header": header})
    with pytest.raises(CheckpointError, match="damaged"):
        read_network_file(path)


def test_files_of_others(path: Path, tmp_path: Path) -> None:
    weights, metadata = load_file(path), metadata_of(path)
    save_file(weights, path, metadata | {"version": "99"})
    with pytest.raises(CheckpointError, match="format 99"):
        read_network_file(path)
    save_file(weights, path)
    with pytest.raises(CheckpointError, match="not a network of this project"):
        read_network_file(path)
    with pytest.raises(CheckpointError, match="There is no trained network"):
        read_network_file(tmp_path / "none.safetensors")
