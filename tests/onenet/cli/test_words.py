"""The command line's word games: what they print, and their exit codes."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from onenet.__main__ import main
from onenet.cli import commands
from onenet.network.vocabulary import Vocabulary
from onenet.words.odd import find_odd
from onenet.words.space import WordSpace
from onenet.words.walk import walk

PLACES = {"dog": (1, 0), "cat": (0.8, 0.6), "lab": (0.96, 0.28), "car": (0, 1)}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([(9, 9)] * 4 + list(PLACES.values()), dtype=np.float32)
    space = WordSpace(Vocabulary(list(PLACES)), rows)
    engine = SimpleNamespace(odd_word=partial(find_odd, space), walk=partial(walk, space))
    monkeypatch.setattr(commands, "load_engine", lambda args: engine)


def test_odd_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd", "dog", "cat", "car"]) == 0
    expected = "car\n 0.300  car\n 0.400  dog\n 0.700  cat\nThe others are close to: lab\n"
    assert capsys.readouterr().out == expected


def test_odd_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd", "Dog", "cat", "car", "--json"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    answer = json.loads(line)
    assert answer["words"] == ["Dog", "cat", "car"]
    assert answer["odd"] == "car"
    assert answer["is_close_call"] is False
    assert [each["word"] for each in answer["mean_cosines"]] == ["car", "dog", "cat"]
    assert answer["mean_cosines"][0]["score"] == pytest.approx(0.3, abs=1e-6)
    assert [each["word"] for each in answer["shared"]] == ["lab"]


def test_walk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["walk", "dog", "car"]) == 0
    assert capsys.readouterr().out == " 1.000  dog\n 0.960  lab\n 0.936  cat\n 0.600  car\n"
    assert main(["walk", "dog", "lab", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["from"], answer["to"]) == ("dog", "lab")
    assert [step["word"] for step in answer["steps"]] == ["dog", "lab"]
    assert answer["steps"][0]["around"] == ["cat", "car"]


def test_a_walk_is_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "new" / "walk.png"
    assert main(["walk", "dog", "car", "-o", str(path)]) == 0
    assert capsys.readouterr().err == f"The picture is in {path}.\n"
    with Image.open(path) as picture:
        assert picture.width == 1080


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["odd", "dog", "cat"], "Give me three or more different words"),
        (["odd", "dog", "cat", "zebra"], "I never read “zebra”"),
        (["walk", "dog", "dog"], "That is one word twice"),
        (["walk", "dog", "zebra"], "I never read “zebra”"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1
