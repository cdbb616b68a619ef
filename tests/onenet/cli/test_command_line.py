"""The command line as a person runs it: a process of its own, a real network, real photos."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from onenet.network.checkpoint import save_checkpoint
from onenet.network.config import ModelConfig
from onenet.network.model import OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.cli.command import CommandLine, Result
from tests.onenet.drawn import write_dataset

PROJECT = Path(__file__).resolve().parents[3]
WORDS = ["a", "cat", "cup", "of", "coffee", "in", "the", "woman", "rocket", "sky", "dog", "man"]


def run(*arguments: str | Path, cwd: Path = PROJECT, **environment: str) -> Result:
    """In a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)} | environment
    command = [sys.executable, "-m", "onenet", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, env=environment)
    return Result(ended.returncode, ended.stdout, ended.stderr)


def random_network(path: Path) -> Path:
    torch.manual_seed(0)
    model = OneNet(ModelConfig("efficientnet_lite0", 1280, len(Vocabulary(WORDS)), hidden_size=32)).eval()
    save_checkpoint(path, model, Vocabulary(WORDS), {"encoder": "efficientnet_lite0"})
    return path


@pytest.fixture(scope="module", params=["random", "shipped"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "random":
        return random_network(tmp_path_factory.mktemp("network") / "random.safetensors")
    if not DEFAULT_CHECKPOINT.is_file():
        pytest.skip("the trained network, data/onenet.safetensors, is not here")
    return DEFAULT_CHECKPOINT


@pytest.fixture
def answers(
    network: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Runs a verb with a network: the shipped one in a process of its own, the other in this one."""

    def ask(*arguments: str | Path, cwd: Path = PROJECT) -> Result:
        arguments = (*arguments, "--checkpoint", network, "--json")
        if network == DEFAULT_CHECKPOINT:
            return run(*arguments, cwd=cwd)
        monkeypatch.chdir(cwd)
        return CommandLine(capsys)(*arguments)

    return ask


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Public-domain photos that come with scikit-image, and one file that is none."""
    data = pytest.importorskip("skimage.data")
    folder = tmp_path_factory.mktemp("photos").resolve()
    for name in ("chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg"):
        source = Path(data.__file__).parent / name
        (folder / name).symlink_to(source)
    (folder / "broken.jpg").write_text("not a photo")
    return folder


@pytest.mark.slow
def test_photos_are_captioned_indexed_and_found(
    answers: Callable[..., Result], photos: Path, tmp_path: Path
) -> None:
    captioned = answers("caption", photos, "--n", "2")
    assert captioned.code == 0
    found = captioned.answers
    assert [Path(answer["photo"]).name for answer in found] == [
        "astronaut.png",
        "chelsea.png",
        "coffee.png",
        "rocket.jpg",
    ]
    for answer in found:
        first, second = answer["captions"]
        assert first["score"] >= second["score"]
        assert first["text"] != second["text"]
    assert re.fullmatch(r".*broken\.jpg: .*\n", captioned.err)

    # Alone, from another folder, by a relative name: the same captions.
    (alone,) = answers("caption", "chelsea.png", "--n", "2", cwd=photos).answers
    assert [caption["text"] for caption in alone["captions"]] == [
        caption["text"] for caption in found[1]["captions"]
    ]

    index = ("--index", tmp_path / "index.safetensors")
    (indexed,) = answers("index", photos, *index).answers
    assert (indexed["photos"], indexed["added"], len(indexed["skipped"])) == (4, 4, 1)

    (like,) = answers("like", photos / "coffee.png", *index, "-k", "3").answers
    assert like["matches"][0] == {
        "photo": str(photos / "coffee.png"),
        "score": pytest.approx(1, abs=1e-3),
    }
    assert len(like["matches"]) == 3

    (tmp_path / "queries.txt").write_text("a cat\n\nzyzzyva\na cup of coffee\n")
    described = answers("find", "--queries", tmp_path / "queries.txt", *index, "-k", "4").answers
    assert ["error" in answer for answer in described] == [False, True, True, False]
    (again,) = answers("find", "a", "cup", "of", "coffee", *index, "-k", "4").answers
    assert again["imagined"] == described[3]["imagined"]
    assert {match["photo"] for match in again["matches"]} == {
        str(photos / name) for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    }
    scores = [match["score"] for match in again["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert all(isinstance(answer["fits"], bool) for answer in [*described, again])


def test_words_are_answered(answers: Callable[..., Result]) -> None:
    (similar,) = answers("similar", "Dog", "-k", "3").answers
    assert len(similar["neighbours"]) == 3
    assert "dog" not in {neighbour["word"] for neighbour in similar["neighbours"]}
    (analogy,) = answers("analogy", "man", "woman", "dog", "-k", "2").answers
    assert len(analogy["answers"]) == 2
    unknown = answers("similar", "zyzzyva")
    assert (unknown.code, unknown.out) == (2, "")
    assert re.fullmatch(r"I never read “zyzzyva”\. .*\n", unknown.err)


@pytest.mark.slow
def test_a_network_is_trained_measured_and_used(tmp_path: Path) -> None:
    data, network = write_dataset(tmp_path / "data"), tmp_path / "trained.safetensors"
    given = ("--checkpoint", network, "--work", tmp_path / "work")
    options = (
        "--encoder",
        "efficientnet_lite0",
        "--epochs",
        "2",
        "--hidden-size",
        "32",
        "--batch-size",
        "16",
    )
    (trained,) = run("train", data, *given, *options, "--json").answers
    assert trained["checkpoint"] == str(network)
    assert trained["card"]["command"].startswith("python -m onenet train ")

    measure = ("evaluate", data, *given, "--split", "dev", "--figures", tmp_path / "figures.json")
    (figures,) = run(*measure, "--json", PATH="").answers  # without Java for METEOR, which takes seconds
    assert json.loads((tmp_path / "figures.json").read_text()) == figures
    assert {"loss", "greedy", "beam5", "find"} <= figures.keys()

    photo = data / "Flicker8k_Dataset" / "0_red.jpg"
    (captioned,) = run("caption", photo, "--checkpoint", network, "--json").answers
    assert captioned["captions"]
