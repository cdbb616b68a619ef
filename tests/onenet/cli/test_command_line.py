"""The command line as a person runs it: a process of its own, a real network, real photos."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from onenet.network.checkpoint import save_checkpoint
from onenet.network.model import ModelConfig, OneNet
from onenet.network.vocabulary import Vocabulary
from onenet.paths import DEFAULT_CHECKPOINT
from tests.onenet.drawn import write_dataset

PROJECT = Path(__file__).resolve().parents[3]
WORDS = ["a", "cat", "cup", "of", "coffee", "in", "the", "woman", "rocket", "sky", "dog", "man"]


def run(*arguments: str | Path, cwd: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "onenet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, env=environment)


def answers(*arguments: str | Path, cwd: Path = PROJECT) -> list[dict[str, Any]]:
    result = run(*arguments, "--json", cwd=cwd)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


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
def test_photos_are_captioned_indexed_and_found(network: Path, photos: Path, tmp_path: Path) -> None:
    given = ("--checkpoint", network)
    captioned = run("caption", photos, *given, "--n", "2", "--json")
    assert captioned.returncode == 0
    found = [json.loads(line) for line in captioned.stdout.splitlines()]
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
    assert re.fullmatch(r".*broken\.jpg: .*\n", captioned.stderr)

    # Alone, from another folder, by a relative name: the same captions.
    (alone,) = answers("caption", "chelsea.png", *given, "--n", "2", cwd=photos)
    assert [caption["text"] for caption in alone["captions"]] == [
        caption["text"] for caption in found[1]["captions"]
    ]

    index = ("--index", tmp_path / "index.safetensors")
    (indexed,) = answers("index", photos, *given, *index)
    assert (indexed["photos"], indexed["added"], len(indexed["skipped"])) == (4, 4, 1)

    (like,) = answers("like", photos / "coffee.png", *given, *index, "-k", "3")
    assert like["matches"][0] == {
        "photo": str(photos / "coffee.png"),
        "score": pytest.approx(1, abs=1e-3),
    }
    assert len(like["matches"]) == 3

    (tmp_path / "queries.txt").write_text("a cat\n\nzyzzyva\na cup of coffee\n")
    described = answers("find", "--queries", tmp_path / "queries.txt", *given, *index, "-k", "4")
    assert ["error" in answer for answer in described] == [False, True, True, False]
    (again,) = answers("find", "a", "cup", "of", "coffee", *given, *index, "-k", "4")
    assert again["imagined"] == described[3]["imagined"]
    assert {match["photo"] for match in again["matches"]} == {
        str(photos / name) for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
    }
    scores = [match["score"] for match in again["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert all(isinstance(answer["fits"], bool) for answer in [*described, again])


def test_words_are_answered(network: Path) -> None:
    given = ("--checkpoint", network)
    (similar,) = answers("similar", "Dog", *given, "-k", "3")
    assert len(similar["neighbours"]) == 3
    assert "dog" not in {neighbour["word"] for neighbour in similar["neighbours"]}
    (analogy,) = answers("analogy", "man", "woman", "dog", *given, "-k", "2")
    assert len(analogy["answers"]) == 2
    unknown = run("similar", "zyzzyva", *given, "--json")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert re.fullmatch(r"I never read “zyzzyva”\. .*\n", unknown.stderr)


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
    (trained,) = answers("train", data, *given, *options)
    assert trained["checkpoint"] == str(network)
    assert trained["card"]["command"].startswith("python -m onenet train ")

    (figures,) = answers("evaluate", data, *given, "--split", "dev", "--figures", tmp_path / "figures.json")
    assert json.loads((tmp_path / "figures.json").read_text()) == figures
    assert {"loss", "greedy", "beam5", "find"} <= figures.keys()

    (captioned,) = answers("caption", data / "Flicker8k_Dataset" / "0_red.jpg", "--checkpoint", network)
    assert captioned["captions"]
