"""Verbs that need words alone: in a process of its own each, where all that is large is missing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from onenet.network.checkpoint import save_checkpoint
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, update_index
from tests.onenet.cli.command import Result, assert_one_sentence
from tests.onenet.drawn import draw
from tests.onenet.networks import small_network
from tests.onenet.written import metadata_of, write_network

PROJECT = Path(__file__).resolve().parents[3]
LARGE = ["torch", "torchvision", "faiss", "scipy", "sklearn", "jieba", "PIL"]
TORCH = ["torch", "torchvision", "sklearn", "jieba"]
MOST_MIB = 150
MOST_MIB_OF_A_CAPTION = 350
RUN = """
import atexit, runpy, sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(","), None))  # to import them is an error
def say_memory():
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
if sys.argv[1] == "measured":
    atexit.register(say_memory)
    del sys.argv[1]
runpy.run_module("onenet", run_name="__main__")
"""


def run(*arguments: str | Path, without: list[str] = LARGE) -> Result:
    command = [sys.executable, "-c", RUN, ",".join(without), *map(str, arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=PROJECT, env=environment, check=False
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)


def named(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else ""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network") / "net.safetensors")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["similar", "dog"], lambda answer: answer["neighbours"]),
        (["similar", "Hund", "--to", "en", "--threads", "1"], lambda answer: answer["neighbours"]),
        (["similar", "狗", "--to", "de"], lambda answer: answer["neighbours"]),
        (["analogy", "dog", "cat", "ball"], lambda answer: answer["answers"]),
        (["odd", "dog", "cat", "car"], lambda answer: answer["shared"]),
        (["odd", "dog", "Hund", "狗"], lambda answer: answer["shared"]),
        (["walk", "dog", "car"], lambda answer: answer["steps"]),
    ],
    ids=named,
)
def test_words_are_answered(network: Path, arguments: list[str], words: Callable[..., list[object]]) -> None:
    result = run(*arguments, "--checkpoint", network, "--json")
    assert (result.code, result.err) == (0, "")
    [answer] = result.answers
    assert words(answer)


@pytest.mark.shipped
def test_the_shipped_networks_words_are_answered() -> None:
    result = run("similar", "dog", "--json")
    assert (result.code, result.err) == (0, "")
    assert len(result.answers[0]["neighbours"]) == 10


def test_a_walk_is_drawn(network: Path, tmp_path: Path) -> None:
    picture = tmp_path / "walk.png"
    without = [name for name in LARGE if name not in ("PIL", "faiss")]  # which are a third of a second
    result = run("walk", "dog", "car", "--checkpoint", network, "-o", picture, without=without)
    assert (result.code, result.err) == (0, f"The picture is in {picture}.\n")
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["similar", "zyzzyva"], "I never read “zyzzyva”."),
        (["similar", "snwo"], "Did you mean snow?"),
        (["similar", "dog", "--to", "fr"], "Chinese (zh), not “fr”."),
        (["odd", "dog", "cat"], "Give me three or more different words"),
        (["walk", "dog", "dog"], "That is one word twice"),
    ],
    ids=named,
)
def test_what_cannot_be_answered_is_a_sentence(network: Path, arguments: list[str], sentence: str) -> None:
    assert_one_sentence(run(*arguments, "--checkpoint", network, "--json"), sentence)


def test_a_network_that_cannot_be_used_is_a_sentence(network: Path, tmp_path: Path) -> None:
    missing, text, wrong = (tmp_path / name for name in ("missing", "text", "wrong"))
    text.write_text("not a network")
    weights = load_file(network)
    weights["word_embeddings.weight"][5, 5] += 1
    save_file(weights, wrong, metadata_of(network))
    for path, sentence in ((missing, "There is no trained network"), (text, "damaged"), (wrong, "damaged")):
        assert_one_sentence(run("similar", "dog", "--checkpoint", path), path.name, sentence)


def test_an_index_that_is_up_to_date_needs_no_network(network: Path, tmp_path: Path) -> None:
    """Photos that are new do."""
    folder, index = tmp_path / "photos", tmp_path / "index"
    folder.mkdir()
    Image.new("RGB", (8, 8), (250, 0, 0)).save(folder / "red.png")
    fingerprint = read_network_file(network).fingerprint
    represented = np.eye(1, 16, dtype=np.float32)
    list(update_index(ImageIndex(fingerprint, 16), folder, lambda photos: represented, path=index))
    without = [name for name in LARGE if name not in ("PIL", "faiss")]
    arguments = ("index", folder, "--index", index, "--checkpoint", network)
    result = run(*arguments, "--json", without=without)
    assert (result.code, result.err) == (0, "")
    assert (result.answers[0]["photos"], result.answers[0]["added"]) == (1, 0)
    Image.new("RGB", (8, 8), (0, 0, 250)).save(folder / "blue.png")
    result = run(*arguments, "--json", without=without)
    assert_one_sentence(result, "damaged")  # of this network's file no photo can be looked at


def test_help_is_given() -> None:
    result = run("--help")
    assert (result.code, result.err) == (0, "")
    assert "similar" in result.out


def test_what_needs_them_says_so(tmp_path: Path, trained: Path) -> None:
    """Else the tests here would prove nothing."""
    result = run("dream", "a dog", "--checkpoint", trained, "-o", tmp_path / "dream.png", without=TORCH)
    assert_one_sentence(result, "has no package torch")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with random weights, of two languages."""
    words = Vocabulary({"en": ["a", "dog", "runs", "snow"], "de": ["ein", "hund", "schnee"]})
    path = tmp_path_factory.mktemp("trained") / "net.safetensors"
    save_checkpoint(
        path,
        small_network(words, at_every_word=True, representation_size=300),
        words,
        {"written": ["en", "de"]},
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, drawn."""
    path = tmp_path_factory.mktemp("photos")
    for number, colour in enumerate(("red", "green", "blue")):
        draw(colour, number).save(path / f"{colour}.png")
    return path


def test_photos_are_captioned_indexed_and_found(trained: Path, folder: Path, tmp_path: Path) -> None:
    index, red = tmp_path / "index", folder / "red.png"
    for arguments, key in (
        (["caption", red], "captions"),
        (["caption", red, "--language", "de", "--n", "2"], "captions"),
        (["translate", "a dog", "--to", "de"], "translation"),
        (["index", folder, "--index", index], "added"),
        (["like", red, "--index", index], "matches"),
        (["find", "a dog runs", "--index", index], "matches"),
        (["find", "in snow", "--photo", red, "--index", index], "imagined"),
        (["mix", red, folder / "blue.png", "-o", tmp_path / "mix.png"], "steps"),
        (["inside", red], "strongest"),
        (["why", red, "-o", tmp_path / "why.png"], "words"),
    ):
        result = run(*arguments, "--checkpoint", trained, "--json", without=TORCH)
        assert result.code == 0, result.err
        assert result.answers[0][key], arguments


@pytest.mark.shipped
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system does not say it so")
def test_a_caption_takes_little_memory(folder: Path) -> None:
    result = run("measured", "caption", folder / "red.png", "--json", without=TORCH)
    assert result.code == 0, result.err
    assert int(result.err) / 1024 < MOST_MIB_OF_A_CAPTION


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system does not say it so")
def test_little_memory_is_used(tmp_path: Path) -> None:
    """With nine languages of thousands of words each; PyTorch alone takes four times as much."""
    languages = ("en", "de", "fr", "es", "pt", "cs", "uk", "ar", "zh")
    words = {language: [f"{language}{number}" for number in range(5000)] for language in languages}
    sizes = {"size": 300, "hidden_size": 640, "sentence_size": 512}
    path = write_network(tmp_path / "net.safetensors", words, **sizes)
    for arguments in (("similar", "en7"), ("odd", "en7", "en8", "de3")):
        result = run("measured", *arguments, "--checkpoint", path, "--json")
        assert result.code == 0, result.err
        assert json.loads(result.out)
        assert int(result.err) / 1024 < MOST_MIB, arguments
