"""A pack holds what a network learns from, all of it, in small files, and says so where a part is lost."""

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from onenet.datasets import packing
from onenet.datasets.flickr8k import CaptionedPhoto
from onenet.datasets.packed import RECORDS, is_pack, load_pack, read_manifest
from onenet.datasets.packing import pack_sources, stored_photo
from onenet.datasets.sources import PhotoSource, Sources, load_sources
from onenet.errors import DatasetError
from onenet.files import HeldError, digest_of_contents, held, replace_file
from onenet.search.photos import read_photo
from tests.onenet.drawn import draw, write_sources

PART_BYTES = 12_000  # some photos of those that are drawn here


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    file = write_sources(tmp_path_factory.mktemp("sources"), train=8, dev=4)
    return load_sources(file, views=9)


@pytest.fixture(scope="module")
def written(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed") / "pack"
    pack_sources(sources, folder, part_bytes=PART_BYTES)
    return folder


@pytest.fixture
def pack(written: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(written, tmp_path / "pack"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def without_paths(sources: Sources) -> list[object]:
    """All that sources say, and what is in their photos; not where these lie."""
    photos = [
        [replace(photo, path=Path(photo.path.name)) for photo in split]
        for source in sources.photos
        for split in (source.train, source.dev)
    ]
    names = [(source.name, source.views) for source in sources.photos]
    content = digest_of_contents([photo.path for photo in (*sources.train, *sources.dev)])
    return [names, photos, content, sources.text, list(sources.text)]


def test_what_is_packed_is_what_comes_out(sources: Sources, written: Path, tmp_path: Path) -> None:
    """The order too: by it features are cached, and steps choose their photos."""
    found = load_pack(written, tmp_path)
    assert without_paths(found) == without_paths(sources)
    assert found.sentences() == sources.sentences()
    assert {photo.path.is_relative_to(tmp_path) for photo in (*found.train, *found.dev)} == {True}


def test_no_part_is_larger_than_was_asked(written: Path) -> None:
    manifest = read_manifest(written)
    assert manifest.is_complete
    assert len(manifest.parts) > 3
    for part in manifest.parts:
        content = (written / part.file).read_bytes()
        assert len(content) == part.size_bytes <= PART_BYTES
        assert hashlib.sha256(content).hexdigest() == part.sha256
        with zipfile.ZipFile(written / part.file) as archive:
            assert archive.testzip() is None
            assert len(archive.read(RECORDS).splitlines()) == part.records


def test_the_same_sources_give_the_same_bytes(
    sources: Sources, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "_AHEAD", 3)  # however many are made ready together
    pack_sources(sources, tmp_path / "again", part_bytes=PART_BYTES)
    assert contents(tmp_path / "again") == contents(written)


def test_a_killed_packing_goes_on_where_it_stopped(
    sources: Sources, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pack"

    def kill(done: int, total: int) -> None:
        if len(list(folder.glob("part-*.zip"))) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack_sources(sources, folder, part_bytes=PART_BYTES, progress=kill)
    with pytest.raises(DatasetError, match="is not finished; run the command"):
        load_pack(folder, tmp_path / "unpacked")

    packed: list[str] = []
    stored = packing.stored_photo
    monkeypatch.setattr(
        packing, "stored_photo", lambda path, quality: (packed.append(path.name), stored(path, quality))[1]
    )
    pack_sources(sources, folder, part_bytes=PART_BYTES)
    assert contents(folder) == contents(written)
    done = sum(part.records for part in read_manifest(folder).parts[:2])
    photos = [photo.path.name for source in sources.photos for photo in (*source.train, *source.dev)]
    assert sorted(packed) == sorted(photos[done:])


@pytest.mark.parametrize("last", ["part-0000.zip", "part-0001.zip"])
def test_a_packing_killed_after_it_wrote_a_part(
    sources: Sources, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    def write(path: Path, content: bytes) -> None:
        replace_file(path, content)
        if path.name == last:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(packing, "replace_file", write)
        with pytest.raises(KeyboardInterrupt):
            pack_sources(sources, tmp_path / "pack", part_bytes=PART_BYTES)
    pack_sources(sources, tmp_path / "pack", part_bytes=PART_BYTES)
    assert contents(tmp_path / "pack") == contents(written)


def test_what_is_packed_already_is_not_packed_again(
    sources: Sources, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(pack)
    monkeypatch.setattr(packing, "stored_photo", None)
    pack_sources(sources, pack, part_bytes=PART_BYTES)
    assert contents(pack) == before


@pytest.mark.parametrize("lost", [0, 2])
def test_a_part_that_was_lost_is_packed_again(sources: Sources, pack: Path, lost: int) -> None:
    before = contents(pack)
    (pack / f"part-{lost:04d}.zip").unlink()
    pack_sources(sources, pack, part_bytes=PART_BYTES)
    assert contents(pack) == before


def test_a_missing_part(pack: Path, tmp_path: Path) -> None:
    (pack / "part-0001.zip").unlink()
    parts = len(read_manifest(pack).parts)
    with pytest.raises(DatasetError, match=f"part-0001.zip of the pack .* {parts - 1} of {parts} parts are"):
        load_pack(pack, tmp_path / "unpacked")
    (pack / "part-0002.zip").unlink()
    with pytest.raises(DatasetError, match=r"part-0001.zip, part-0002.zip of the pack .* are missing"):
        load_pack(pack, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_a_damaged_part_leaves_nothing_behind(pack: Path, written: Path, tmp_path: Path) -> None:
    part = pack / "part-0002.zip"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(DatasetError, match=r"part-0002.zip is damaged. Copy it again"):
        load_pack(pack, tmp_path / "unpacked")
    assert [path.name for path in (tmp_path / "unpacked").iterdir()] == [".gitignore"]
    shutil.copy(written / part.name, part)
    assert load_pack(pack, tmp_path / "unpacked").train


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"format": 1, "parts": [{}]}', b"\xff"])
def test_a_pack_that_does_not_say_what_is_in_it(pack: Path, tmp_path: Path, content: bytes | None) -> None:
    (pack / "pack.json").unlink()
    if content is not None:
        (pack / "pack.json").write_bytes(content)
    assert is_pack(pack)
    with pytest.raises(DatasetError, match=r"pack.json is missing or damaged.*Copy the folder again"):
        load_pack(pack, tmp_path / "unpacked")


def test_a_pack_of_another_version(pack: Path, tmp_path: Path) -> None:
    said = json.loads((pack / "pack.json").read_bytes())
    (pack / "pack.json").write_text(json.dumps(said | {"format": 2}))
    with pytest.raises(DatasetError, match="of another version; make it anew"):
        load_pack(pack, tmp_path / "unpacked")


def test_it_is_unpacked_once(pack: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = load_pack(pack, tmp_path / "unpacked", progress=lambda done, total: told.append((done, total)))
    parts = len(read_manifest(pack).parts)
    assert told == [(number, parts) for number in range(1, parts + 1)]
    for part in pack.glob("part-*.zip"):
        part.unlink()
    assert load_pack(pack, tmp_path / "unpacked") == first
    [unpacked] = (tmp_path / "unpacked").glob("[!.]*")
    (unpacked / RECORDS).write_text("{}")
    with pytest.raises(DatasetError, match=r"is damaged. Delete it"):
        load_pack(pack, tmp_path / "unpacked")


def test_git_leaves_packs_alone(written: Path, tmp_path: Path) -> None:
    """They hold the photos of data sets."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copytree(written, tmp_path / "pack")
    load_pack(written, tmp_path / "unpacked")
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(status, check=True, capture_output=True).stdout == b""


def test_a_folder_that_holds_something_else(sources: Sources, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"holds mine.txt, which is no pack"):
        pack_sources(sources, tmp_path / "full")
    with pytest.raises(DatasetError, match="holds a pack of other data"):
        pack_sources(replace(sources, text={}), pack, part_bytes=PART_BYTES)
    with pytest.raises(DatasetError, match="holds a pack of other data"):
        pack_sources(sources, pack, part_bytes=PART_BYTES, quality=50)
    with held(pack / "pack.json"), pytest.raises(HeldError, match="Another program is writing"):
        pack_sources(sources, pack, part_bytes=PART_BYTES)


def test_two_photos_of_one_name(sources: Sources, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        draw("red", 1).save(tmp_path / folder / "a.jpg")
    photos = [CaptionedPhoto(tmp_path / folder / "a.jpg", ("a",)) for folder in ("one", "two")]
    twice = Sources([PhotoSource("mine", photos, [], 2)])
    with pytest.raises(DatasetError, match=r"Two photos of mine are called a.jpg"):
        pack_sources(twice, tmp_path / "pack")


def test_a_photo_that_is_told_of_twice_is_packed_once(tmp_path: Path) -> None:
    draw("red", 1).save(tmp_path / "a.jpg")
    photos = [
        CaptionedPhoto(tmp_path / "a.jpg", ("a",)),
        CaptionedPhoto(tmp_path / "a.jpg", (), name="square"),
    ]
    pack_sources(Sources([PhotoSource("mine", photos, photos[:1], 2)]), tmp_path / "pack")
    found = load_pack(tmp_path / "pack", tmp_path / "unpacked")
    assert [(photo.captions, photo.name) for photo in found.train] == [(("a",), ""), ((), "square")]
    assert {photo.path.read_bytes() for photo in found.train} == {(tmp_path / "a.jpg").read_bytes()}


def test_a_part_that_is_too_small_for_a_photo(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"0/0_red.jpg needs more than the 2000 bytes of a part"):
        pack_sources(sources, tmp_path / "pack", part_bytes=2000)


def _image(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_small_photos_are_stored_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    draw("red", 1, (500, 320)).save(path, quality=85)
    assert stored_photo(path) == path.read_bytes()
    smaller = stored_photo(path, 60)
    assert len(smaller) < len(path.read_bytes())
    assert (_image(smaller).format, _image(smaller).size) == ("WEBP", (500, 320))


@pytest.mark.parametrize("name", ["large.jpg", "large.png", "upright.jpg"])
def test_large_photos_are_stored_small(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    exif = Image.Exif()
    exif[0x0112] = 6 if name == "upright.jpg" else 1
    draw("green", 1, (900, 600)).save(path, exif=exif)
    stored = stored_photo(path)
    assert _image(stored).format == "WEBP"
    photo = read_photo(stored)
    assert photo.size == ((320, 480) if name == "upright.jpg" else (480, 320))
    same = np.asarray(read_photo(path).resize(photo.size), float) - np.asarray(photo, float)
    assert abs(same).mean() < 6


def test_a_heavy_small_photo_is_stored_anew(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    draw("green", 1, (90, 60)).save(path)
    assert _image(stored_photo(path)).format == "WEBP"
    heavy = tmp_path / "noise.jpg"
    pixels = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(heavy, quality=100, subsampling=0)
    assert heavy.stat().st_size > 60 * 90
    assert _image(stored_photo(heavy)).format == "WEBP"
