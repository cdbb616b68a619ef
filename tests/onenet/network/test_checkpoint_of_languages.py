"""What a file of a network keeps of its languages, and files of before there were any but English."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from onenet.errors import CheckpointError
from onenet.network.checkpoint import load_checkpoint, record_figures, save_checkpoint
from onenet.network.model import OneNet
from onenet.network.network_file import FORMAT_VERSION, fingerprint_of
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT


@pytest.fixture
def file(tmp_path: Path, polyglot: OneNet, languages: Vocabulary) -> Path:
    path = tmp_path / "network.safetensors"
    save_checkpoint(path, polyglot, languages, {"written": ["en", "de"]})
    return path


def _content(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    with safe_open(path, framework="pt") as opened:
        return dict(opened.metadata()), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def _fingerprint(weights: dict[str, torch.Tensor], header: dict[str, Any], version: str) -> str:
    return fingerprint_of(header, {name: weight.numpy() for name, weight in weights.items()}, version)


def test_languages_and_spellings_come_back(file: Path, polyglot: OneNet, languages: Vocabulary) -> None:
    loaded = load_checkpoint(file)
    assert loaded.vocabulary.words == languages.words
    assert loaded.vocabulary.languages == languages.languages == ("en", "de", "zh")
    assert loaded.vocabulary.spellings == languages.spellings
    assert [loaded.vocabulary.block(each) for each in ("en", "de", "zh")] == [
        range(4, 13),
        range(14, 20),
        range(21, 25),
    ]
    assert loaded.vocabulary.decode([13, 14, 15, 2]) == "ein Hund"
    assert loaded.model.config == polyglot.config
    assert loaded.card == {"written": ["en", "de"]}
    for name, weight in polyglot.state_dict().items():
        assert torch.allclose(loaded.model.state_dict()[name].float(), weight.float(), atol=1e-1), name
    metadata, _ = _content(file)
    assert metadata["version"] == str(FORMAT_VERSION) == "4"


def test_figures_change_neither_fingerprint_nor_weights(file: Path) -> None:
    before, weights = _content(file)
    record_figures(file, "dev", {"sure": {"threshold": 0.25}})
    after, same = _content(file)
    assert json.loads(after["header"])["card"]["dev"] == {"sure": {"threshold": 0.25}}
    assert {**after, "header": ""} == {**before, "header": ""}
    assert same.keys() == weights.keys()
    for name, weight in weights.items():
        assert same[name].dtype == weight.dtype
        assert same[name].numpy().tobytes() == weight.numpy().tobytes(), name
    record_figures(file, "dev", {"sure": {"threshold": 0.5}, "loss": 2.0})
    record_figures(file, "dev", {"loss": 3.0})  # what is not measured again stays
    dev = {"sure": {"threshold": 0.5}, "loss": 3.0}
    assert load_checkpoint(file).card == {"written": ["en", "de"], "dev": dev}
    record_figures(file, "test", {"written": ["en"]})  # only dev chooses
    assert load_checkpoint(file).card["written"] == ["en", "de"]
    record_figures(file, "dev", {"written": ["en"]})
    assert load_checkpoint(file).card["written"] == ["en"]


def test_a_file_of_before_knows_english(tmp_path: Path, model: OneNet, vocabulary: Vocabulary) -> None:
    """Version 2 lists the words as they are, and says nothing of newer parts of a network."""
    path = tmp_path / "old.safetensors"
    save_checkpoint(path, model, vocabulary, {"seed": 1})
    metadata, weights = _content(path)
    header: dict[str, Any] = json.loads(metadata["header"])
    header["vocabulary"] = header["vocabulary"]["en"]
    del header["spellings"], header["config"]["names"], header["config"]["at_every_word"]
    old = metadata | {
        "version": "2",
        "header": json.dumps(header),
        "fingerprint": _fingerprint(weights, header, "2"),
    }
    save_file(weights, path, old)
    loaded = load_checkpoint(path)
    assert loaded.vocabulary.words == vocabulary.words
    assert loaded.vocabulary.languages == ("en",)
    assert loaded.model.config == model.config
    record_figures(path, "dev", {"loss": 1.0})
    assert load_checkpoint(path).fingerprint == loaded.fingerprint == old["fingerprint"]


def test_how_words_are_spelt_is_part_of_the_fingerprint(
    file: Path, tmp_path: Path, polyglot: OneNet, languages: Vocabulary
) -> None:
    """Else captions, answers and maps of before would be shown as this network's."""
    words = {code: languages.words_of(code) for code in languages.languages}
    otherwise = Vocabulary(words, {"de": {"hund": "HUND"}})
    save_checkpoint(tmp_path / "other.safetensors", polyglot, otherwise, {})
    save_checkpoint(tmp_path / "same.safetensors", polyglot, languages, {})
    fingerprint = load_checkpoint(file).fingerprint
    assert load_checkpoint(tmp_path / "other.safetensors").fingerprint != fingerprint
    assert load_checkpoint(tmp_path / "same.safetensors").fingerprint == fingerprint


def test_a_file_of_version_3_keeps_its_fingerprint(file: Path) -> None:
    """It was made without the spellings; indexes go by it."""
    metadata, weights = _content(file)
    header: dict[str, Any] = json.loads(metadata["header"])
    fingerprint = _fingerprint(weights, header, "3")
    assert fingerprint != metadata["fingerprint"]
    save_file(weights, file, metadata | {"version": "3", "fingerprint": fingerprint})
    loaded = load_checkpoint(file)
    assert (loaded.fingerprint, loaded.vocabulary.decode([13, 14, 15, 2])) == (fingerprint, "ein Hund")
    record_figures(file, "dev", {"loss": 1.0})
    assert load_checkpoint(file).fingerprint == fingerprint


@pytest.mark.parametrize(
    "damage",
    [
        lambda header: header["vocabulary"].pop("zh"),
        lambda header: header["vocabulary"]["de"].append("katze"),
        lambda header: header["vocabulary"]["de"].reverse(),
        lambda header: header.pop("vocabulary"),
        lambda header: header.update(spellings=["hund"]),
        lambda header: header.update(spellings={"de": 3}),
        lambda header: header["spellings"]["de"].update(hund="HUND"),
        lambda header: header.pop("spellings"),
        lambda header: header["config"].update(names=6),
        lambda header: header.pop("card"),
    ],
)
def test_a_damaged_header_is_refused(file: Path, damage: Any) -> None:
    metadata, weights = _content(file)
    header = json.loads(metadata["header"])
    damage(header)
    save_file(weights, file, metadata | {"header": json.dumps(header, ensure_ascii=False)})
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(file)
    with pytest.raises(CheckpointError, match="damaged"):
        record_figures(file, "dev", {})


@pytest.mark.shipped
def test_the_shipped_file_is_read() -> None:
    """Whatever its version; nothing is computed with it."""
    loaded = load_checkpoint(DEFAULT_CHECKPOINT)
    assert loaded.vocabulary.languages[0] == "en"
    assert loaded.model.config.vocabulary_size == len(loaded.vocabulary)
