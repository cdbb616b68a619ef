"""Riddles: which captions are offered, by hand, and the game of the command line with a real index."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from onenet.__main__ import main
from onenet.captions.riddle import choose_captions, choose_riddle
from onenet.cli import commands
from onenet.search.index import ImageIndex, PhotoRecord

SENTENCES = ["a dog swims", "two girls laugh", "the car is red", "snow on a hill", "people at night"]
Rows = NDArray[np.float32]


def directions(*degrees: float) -> Rows:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_wrong_captions_are_of_photos_that_are_alike_but_not_too_much() -> None:
    rows = directions(0, 10, 75, 89, 180, 100)
    asked: list[Rows] = []

    def caption(chosen: Rows) -> list[str]:
        asked.append(chosen)
        return SENTENCES[: len(chosen)]

    assert choose_captions(caption, rows, 0) == SENTENCES[:4]
    assert np.array_equal(asked[0], rows[[0, 2, 3, 5, 4]])


def test_captions_that_say_the_same_are_offered_once() -> None:
    snow = "a brown dog is running through the snow"
    texts = [snow, "a brown dog is running in the snow", snow, "a man rides a bike", "a dog swims"]
    rows = directions(0, 75, 89, 100, 180)
    assert choose_captions(lambda chosen: texts, rows, 0) == [snow, "a man rides a bike", "a dog swims"]


def test_too_few_photos_are_not_captioned() -> None:
    assert choose_captions(lambda chosen: pytest.fail("asked"), directions(0, 5, 9, 90, 100), 0) == []


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four photos that are not alike, and one of the same kind as the first."""
    rows = np.eye(8, dtype=np.float32)[[0, 1, 2, 3, 0]]
    index = ImageIndex("fake", 8)
    index.add([PhotoRecord(f"/photos/{number}.jpg", 1, 1) for number in range(5)], rows)
    index.save(tmp_path / "index.safetensors")

    def riddle(representations: Rows) -> tuple[int, list[str]]:
        return choose_riddle(lambda chosen: [SENTENCES[each.argmax()] for each in chosen], representations)

    engine = SimpleNamespace(fingerprint="fake", riddle=riddle)
    monkeypatch.setattr(commands, "load_engine", lambda args: engine)
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
