"""`python -m onenet inside`: what it prints and draws, with a small network and a real index."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onenet.__main__ import main
from onenet.search import Inside, look_inside
from onenet.search.folder import update_index
from onenet.search.index import ImageIndex
from tests.onenet.cli.conftest import serve

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


class FakeEngine:
    """A photo's first three numbers are its colour; words name them."""

    fingerprint = "fake"

    def inside(self, representation: NDArray[np.float32], *, k: int, language: str) -> Inside:
        words: Any = SimpleNamespace(strongest=lambda row, k: (list(COLOURS)[int(row.argmax())],))
        return look_inside(representation, words, k=k)

    def represent(self, photos: list[Image.Image]) -> NDArray[np.float32]:
        rows = np.zeros((len(photos), 300), np.float32)
        for row, photo in zip(rows, photos, strict=True):
            row[:3] = np.asarray(photo, np.float32).mean(axis=(0, 1)) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    serve(engine, monkeypatch)
    return engine


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "photos"
    folder.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (40, 40), colour).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def index(engine: FakeEngine, photos: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index.safetensors"
    list(update_index(ImageIndex("fake"), photos, engine.represent, path=path))
    return path


def test_words_and_photos_of_the_strongest(
    photos: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    red = str(photos / "red.png")
    assert main(["inside", red, "--index", str(index), "-k", "2"]) == 0
    assert capsys.readouterr().out == "    1  +17.3  red\n    2   +0.1  green\n"
    assert main(["inside", red, "--index", str(index), "-k", "2", "--json"]) == 0  # itself is left out
    answer = json.loads(capsys.readouterr().out)
    assert answer["photo"] == red
    assert len(answer["numbers"]) == 300
    first, second = answer["strongest"]
    assert (first["number"], first["words"], second["number"]) == (1, ["red"], 2)
    assert {Path(match["photo"]).stem for match in first["photos"]} == {"blue", "green"}
    assert second["photos"][0]["photo"] == str(photos / "green.png")


def test_the_picture_shows_the_photos_of_the_index(
    photos: Path, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "new" / "inside.png"
    arguments = ["inside", str(photos / "red.png"), "-k", "3", "--index", str(index), "-o", str(picture)]
    assert main(arguments) == 0
    assert capsys.readouterr().err == f"The picture is in {picture}.\n"
    green = (np.asarray(Image.open(picture)) == (0, 255, 0)).all(axis=2)
    assert green.sum() == 3 * 152 * 152  # one in each row


def test_a_photo_of_the_index_that_broke_is_named_and_left_out(
    photos: Path, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "blue.png").write_text("no longer a photo")
    picture = tmp_path / "inside.png"
    arguments = ["inside", str(photos / "red.png"), "-k", "1", "--index", str(index), "-o", str(picture)]
    assert main(arguments) == 0
    assert f"{photos / 'blue.png'}: " in capsys.readouterr().err
    assert picture.is_file()


@pytest.mark.parametrize("arguments", [["missing.jpg"], ["red.png", "--index", "missing"]])
def test_what_is_missing_is_named(
    photos: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    assert main(["inside", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "missing" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("k", ["0", "11", "many"])
def test_more_than_ten_would_not_fit(k: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["inside", "red.png", "-k", k])
    assert ended.value.code == 2
    assert "from 1 to 10" in capsys.readouterr().err
