"""`python -m onenet layers` and `dream`, with a network of random weights and photos that a test draws."""

import json
from pathlib import Path

import pytest
from PIL import Image

from onenet.__main__ import main
from onenet.dreams import dream as dream_module
from onenet.dreams.dreaming import DreamConfig
from onenet.dreams.observed import SIDE_PX
from onenet.engine import Engine
from tests.onenet.cli.test_command_line import random_network
from tests.onenet.drawn import write_dataset


@pytest.fixture(scope="module")
def unmeasured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_network(tmp_path_factory.mktemp("unmeasured") / "net.safetensors")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    network = random_network(folder / "net.safetensors")
    data, work = write_dataset(folder / "data", train=4, dev=2), folder / "work"
    paths = ["--checkpoint", str(network), "--work", str(work)]
    assert main(["layers", str(data), *paths, "--threads", "1"]) == 0
    assert list((work / "runs").iterdir()) == []
    assert network.with_name("net-layers.safetensors").is_file()
    return network


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Engine.dream.__kwdefaults__, "config", DreamConfig(steps=2))


def run_dream(network: Path, *arguments: str) -> int:
    return main(["dream", "--checkpoint", str(network), *arguments])


def test_a_dream_is_drawn_and_looked_at(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dream.png"
    assert run_dream(network, "a", "dog", "and", "a", "zebra", "-o", str(path), "--json") == 0
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert answer["description"] == "a dog and a zebra"
    assert -1 <= answer["cosine"] <= 1
    assert answer["caption"]
    assert "zebra" in answer["unknown_words"]
    assert "I never read" in printed.err
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("PNG", (SIDE_PX, SIDE_PX))


def test_another_seed_is_another_dream(network: Path, tmp_path: Path) -> None:
    for seed in ("0", "1"):
        assert run_dream(network, "a dog", "--seed", seed, "-o", str(tmp_path / f"{seed}.png")) == 0
    assert (tmp_path / "0.png").read_bytes() != (tmp_path / "1.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a dog", "-o", "dream.xyz"], "does not say what kind of picture"),
        (["xylophone"], "I never read"),
        (["..."], "Describe a photo"),
        (["a dog", "-o", "dream.psd"], "does not say what kind of picture"),
        (["a dog", "--seed", "-1"], "whole number from 0 up"),
        (["a dog", "--seed", str(2**64 - 1)], "whole number from 0 up"),
    ],
)
def test_what_cannot_be_dreamt_says_so(
    network: Path,
    tmp_path: Path,
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = run_dream(network, *arguments)
    except SystemExit as refused:
        code = int(refused.code or 0)
    assert code == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_network_whose_layers_were_not_measured_says_how(
    unmeasured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_dream(unmeasured, "a dog") == 2
    printed = capsys.readouterr().err
    assert "net-layers.safetensors is missing" in printed
    assert "python -m onenet layers" in printed


def test_ctrl_c_ends_it_without_a_picture(
    network: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(dream_module, "_finest", interrupt)
    assert run_dream(network, "a dog", "-o", str(tmp_path / "dream.png")) == 130
    assert capsys.readouterr().err.strip().endswith("Stopped.")
    assert list(tmp_path.iterdir()) == []
