"""The verb `game`, with a real index."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.__main__ import main
from onenet.captions import Caption
from onenet.search import ImageIndex, PhotoRecord
from tests.onenet.cli.conftest import serve

SENTENCES = ["a dog swims", "two girls laugh", "the car is red", "snow on a hill"]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four photos that are not alike, and one of the same kind as the first."""
    rows = np.eye(8, dtype=np.float32)[[0, 1, 2, 3, 0]]
    index = ImageIndex("fake", 8)
    index.add([PhotoRecord(f"/photos/{number}.jpg", 1, 1) for number in range(5)], rows)
    index.save(tmp_path / "index.safetensors")

    def caption(representations: NDArray[np.float32]) -> list[list[Caption]]:
        return [[Caption(SENTENCES[row.argmax()], 0.0)] for row in representations]

    serve(SimpleNamespace(fingerprint="fake", caption=caption), monkeypatch)
    return tmp_path / "index.safetensors"


def played(
    index: Path,
    guess: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> list[str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(guess))
    assert main(["game", "--index", str(index), "--seed", "3"]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_game(index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["game", "--index", str(index), "--seed", "3", "--json"]) == 0
    riddle = json.loads(capsys.readouterr().out)
    number = int(Path(riddle["photo"]).stem) % 4
    assert riddle["captions"][riddle["answer"] - 1] == SENTENCES[number]
    assert sorted(riddle["captions"]) == sorted(SENTENCES[:4])
    end = f"{riddle['answer']}  {SENTENCES[number]}"
    lines = [riddle["photo"], *(f"  {i}  {text}" for i, text in enumerate(riddle["captions"], 1))]
    assert played(index, f" {riddle['answer']}\n", monkeypatch, capsys) == [*lines, f"Right: {end}"]
    for wrong in ("9\n", "", "a dog\n"):
        assert played(index, wrong, monkeypatch, capsys) == [*lines, f"It is: {end}"]


def test_a_gallery_too_small_for_a_game(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ImageIndex("fake", 8)
    small.add([PhotoRecord("/photos/0.jpg", 1, 1)], np.eye(8, dtype=np.float32)[:1])
    small.save(tmp_path / "small.safetensors")
    assert main(["game", "--index", str(tmp_path / "small.safetensors")]) == 2
    assert "needs four photos" in capsys.readouterr().err
