"""An index that the program made at commit 3b8698b still opens, is searched, and is kept up to date.

`made_by_3b8698b` holds it, with the pictures that it was made of; they lay in /tmp/made_by_3b8698b.
"""

import json
import os
import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from onenet.search import ImageIndex, update_index

THEN = Path(__file__).with_name("made_by_3b8698b")
NETWORK = "a network of then"
FOLDER = "/tmp/made_by_3b8698b"
RED = np.eye(8, dtype=np.float32)[0]


def test_it_opens() -> None:
    index = ImageIndex.load(THEN / "index.safetensors", fingerprint=NETWORK)
    names = ("blue.png", "green.png", "red.png")
    assert index.photos == [f"{FOLDER}/{name}" for name in names]
    assert [skipped.photo for skipped in index.unreadable] == [f"{FOLDER}/broken.jpg"]
    found = index.representations_of(index.photos)
    assert found.argmax(axis=1).tolist() == [2, 1, 0]
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1, 1])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The pictures as they lay there, with the times that they had."""
    folder = tmp_path.resolve() / "photos"
    shutil.copytree(THEN / "photos", folder)
    for photo, record in ImageIndex.load(THEN / "index.safetensors", fingerprint=NETWORK).records.items():
        os.utime(folder / Path(photo).name, ns=(0, record.modified_ns))
    return folder


@pytest.fixture
def index_file(photos: Path, tmp_path: Path) -> Path:
    """The index as it would have been, had the pictures lain where this test has put them."""
    with safe_open(THEN / "index.safetensors", framework="numpy") as file:
        metadata, vectors = file.metadata(), file.get_tensor("vectors")
        listing = file.get_tensor("records").tobytes().decode()
    moved = listing.replace(FOLDER, json.dumps(str(photos))[1:-1])
    records = np.frombuffer(moved.encode("ascii"), np.uint8)
    checksum = zlib.crc32(records.tobytes(), zlib.crc32(vectors.tobytes()))
    path = tmp_path / "index.safetensors"
    save_file({"vectors": vectors, "records": records}, path, metadata | {"checksum": f"{checksum:08x}"})
    return path


def test_it_is_searched_and_kept_up_to_date_without_reading_anew(photos: Path, index_file: Path) -> None:
    read: list[int] = []

    def represent(pictures: list[Image.Image]) -> NDArray[np.float32]:
        read.append(len(pictures))
        return np.tile(np.eye(8, dtype=np.float32)[3], (len(pictures), 1))

    index = ImageIndex.load(index_file, fingerprint=NETWORK)
    assert index.search(RED, 1)[0].photo == str(photos / "red.png")
    list(update_index(index, photos, represent, path=index_file))
    assert read == []
    (photos / "blue.png").unlink()
    Image.new("RGB", (12, 9), "white").save(photos / "white.png")
    *_, end = update_index(index, photos, represent, path=index_file)
    assert (read, end.added, end.removed) == ([1], 1, 1)
    assert [Path(skipped.photo).name for skipped in end.skipped] == ["broken.jpg"]
    again = ImageIndex.load(index_file, fingerprint=NETWORK)
    assert [Path(photo).stem for photo in again.photos] == ["green", "red", "white"]
