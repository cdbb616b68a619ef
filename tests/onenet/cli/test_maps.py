"""`python -m onenet map`, with a random network and photos of plain colours."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from onenet.__main__ import main
from onenet.network.checkpoint import save_checkpoint
from onenet.network.config import ModelConfig
from onenet.network.model import OneNet
from onenet.network.network_file import read_network_file
from onenet.network.vocabulary import Vocabulary
from onenet.search import ImageIndex, PhotoRecord

WORDS = ["a", "cat", "cup", "of", "coffee", "in", "the", "woman", "rocket", "sky", "dog", "man"]
COLOURS = ("red", "maroon", "green", "lime", "blue", "navy", "white")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "random.safetensors"
    torch.manual_seed(0)
    model = OneNet(ModelConfig("efficientnet_lite0", 1280, len(Vocabulary(WORDS)), hidden_size=32)).eval()
    save_checkpoint(path, model, Vocabulary(WORDS), {"encoder": "efficientnet_lite0"})
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for colour in COLOURS:
        Image.new("RGB", (40, 30), colour).save(folder / f"{colour}.png")
    return folder


def items(page: Path) -> list[dict[str, Any]]:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    listed: list[dict[str, Any]] = json.loads(found[1])["items"]
    return listed


def test_words_become_a_picture_and_a_page(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, page = tmp_path / "map.png", tmp_path / "map.html"
    drawn = ["-o", str(picture), "--html", str(page), "--json"]
    assert main(["map", "words", "--checkpoint", str(network), *drawn]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "map": "words",
        "words": 8,
        "files": [str(picture), str(page)],
    }
    with Image.open(picture) as drawn_picture:
        assert drawn_picture.size == (2048, 2560)
    listed = ["cat", "cup", "coffee", "woman", "rocket", "sky", "dog", "man"]
    assert [item["text"] for item in items(page)] == listed
    again = tmp_path / "again.png"
    assert main(["map", "words", "--checkpoint", str(network), "-o", str(again)]) == 0
    assert again.read_bytes() == picture.read_bytes()


def test_photos_of_a_folder_or_an_index(
    network: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--checkpoint", str(network)]
    picture, page, index = tmp_path / "map.jpg", tmp_path / "map.html", tmp_path / "index.safetensors"
    assert main(["map", "photos", str(photos), "-o", str(picture), *given]) == 0
    with Image.open(picture) as drawn:
        assert drawn.format == "JPEG"
    assert main(["index", str(photos), "--index", str(index), *given]) == 0
    assert main(["map", "photos", str(index), "--html", str(page), "--most", "6", *given]) == 0
    assert "6 of 7 photos" in capsys.readouterr().err
    assert len({(item["x"], item["y"]) for item in items(page)}) == 6
    assert all(item["source"].startswith("data:image/jpeg;base64,") for item in items(page))


def test_photos_that_cannot_be_opened_leave_their_places_empty(
    network: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--checkpoint", str(network)]
    index = tmp_path / "index.safetensors"
    assert main(["index", str(photos), "--index", str(index), *given]) == 0
    gone = sorted(photos.iterdir())[0]
    gone.write_bytes(b"no photo any more")
    assert main(["map", "photos", str(index), "-o", str(tmp_path / "map.gif"), *given]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1].startswith("6 photos: ")
    assert "1 of 7 places are empty." in told.err
    with Image.open(tmp_path / "map.gif") as drawn:
        assert drawn.format == "GIF"


def test_of_photos_at_addresses_there_is_no_map(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ImageIndex(read_network_file(network, only=()).fingerprint)
    records = [PhotoRecord(f"s3://bucket/{number}.jpg", 1, 1) for number in range(3)]
    index.add(records, np.eye(3, 300, dtype=np.float32))
    index.save(tmp_path / "index")
    picture, page = tmp_path / "map.jpg", tmp_path / "map.html"
    drawn = ["-o", str(picture), "--html", str(page), "--checkpoint", str(network)]
    assert main(["map", "photos", str(tmp_path / "index"), *drawn]) == 2
    assert "None of 3 photos can be drawn. This photo is at an address" in capsys.readouterr().err
    assert not picture.exists()
    assert not page.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["words", "--around", "zeppelin"], "I never read “zeppelin”"),
        (["words", "photos"], "goes with: map photos"),
        (["photos", "--around", "dog"], "goes with: map words"),
        (["words", "--language", "de"], "The network knows English (en), not “de”."),
        (["photos", "nowhere"], "There is no index at nowhere"),
    ],
)
def test_what_cannot_be_drawn_gets_a_sentence(
    network: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["map", *arguments, "--checkpoint", str(network), "--html", "x.html"]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("x.html").exists()
