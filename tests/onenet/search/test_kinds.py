"""Which files are photos: by their content where their names say nothing; and what is never opened."""

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from onenet.errors import PhotoError
from onenet.search import OTHER_SUFFIXES, PHOTO_SUFFIXES, image_kind, is_photo, read_photo
from onenet.search.folder import find_photos
from tests.onenet.search.photo_files import encode, left_red_right_blue

JPEG = encode(left_red_right_blue(), "JPEG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF"])
def test_kinds_are_told_by_the_first_bytes(kind: str) -> None:
    assert image_kind(encode(left_red_right_blue(), kind)) == kind


@pytest.mark.parametrize("options", [{"big_tiff": True}, {"compression": "tiff_lzw"}])
def test_kinds_of_tiff(options: dict[str, bool | str]) -> None:
    assert image_kind(encode(left_red_right_blue(), "TIFF", **options)) == "TIFF"


def box(*brands: bytes, size: int | None = None) -> bytes:
    """The first box of a file: its main brand, a version, the others."""
    main, *others = brands
    content = b"ftyp" + main + bytes(4) + b"".join(others)
    return (4 + len(content) if size is None else size).to_bytes(4, "big") + content + bytes(100)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (box(b"heic", b"mif1", b"heic"), "HEIF"),
        (box(b"hevm"), "HEIF"),
        (box(b"hevs", b"msf1"), "HEIF"),
        (box(b"mif1", b"heic", b"mif1"), "HEIF"),
        (box(b"mif1", b"avif", b"mif1"), "AVIF"),
        (box(b"avif", b"mif1", b"heic"), "AVIF"),
        (box(b"avis", b"msf1"), "AVIF"),
        (box(b"miaf", b"mif1", b"heic"), "HEIF"),
        (box(b"MiHB", b"mif1", b"avif"), "AVIF"),
        (box(b"heic", size=0), "HEIF"),
        (box(b"isom", b"mp42"), None),
        (box(b"qt  "), None),
        (box(b"crx ", b"isom"), None),  # a raw photo
        (box(b"mp42", b"isom", b"avc1", b"mp41") + b"heic", None),
    ],
)
def test_phones_photos_are_told_from_films(head: bytes, kind: str | None) -> None:
    assert image_kind(head) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"BMW is a make of cars",
        b"BM" + bytes(100),
        b"RIFF\0\0\0\0WAVE",
        b"%PDF-1.7",
        bytes(99),
    ],
)
def test_what_only_begins_like_an_image_is_none(content: bytes) -> None:
    assert image_kind(content) is None


@given(st.text(max_size=200))
def test_no_text_is_an_image_unless_it_says_so_in_its_first_letters(text: str) -> None:
    if not text.startswith(("GIF87a", "GIF89a", "II*\0", "II+\0", "MM\0*", "MM\0+")):
        assert image_kind(text.encode()) is None


# --- files and folders ----------------------------------------------------------------------------------

NAMES = [
    "x.jpe",
    "y.HIF",
    "tweet.jpg_large",
    "photo.jpg:large",
    "noext",
    "IMG_20240101.jpg~",
    "photo.JPG.1",
    "image.dat",
    "picture.",
    "old.mpo",
    "wrong.xyz",
    "a.jpg?width=1200",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_of_any_name_is_found_and_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(JPEG)
    assert is_photo(tmp_path / name)
    assert list(find_photos(tmp_path)) == [tmp_path / name]
    assert read_photo(tmp_path / name).size == (60, 40)


@pytest.mark.parametrize("name", NAMES)
def test_another_file_of_any_name_is_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"words and more words")
    assert not is_photo(tmp_path / name)
    assert not list(find_photos(tmp_path))


@pytest.mark.parametrize("name", ["a.txt", "a.JSON", "a.py", "x.jpg.part", "film.mp4", "raw.dng", ".hidden"])
def test_names_that_say_no_are_believed(tmp_path: Path, name: str) -> None:
    """A folder is looked through quickly; asked for by its name, a photo is read all the same."""
    (tmp_path / name).write_bytes(JPEG)
    assert not list(find_photos(tmp_path))
    assert read_photo(tmp_path / name).size == (60, 40)


def test_names_that_say_yes_are_believed_so_that_broken_photos_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"half of a photo")
    assert list(find_photos(tmp_path)) == [tmp_path / "broken.jpg"]
    assert not PHOTO_SUFFIXES & OTHER_SUFFIXES


def test_a_file_that_may_not_be_read_is_no_photo_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "noext").write_bytes(JPEG)
    (tmp_path / "noext").chmod(0)
    if os.access(tmp_path / "noext", os.R_OK):
        pytest.skip("this user may read everything")
    assert not is_photo(tmp_path / "noext")


def test_a_look_at_a_folder_of_unknown_files_is_cheap(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"file{number}").write_bytes(b"words and more words")
    list(find_photos(tmp_path))
    begun = time.process_time()
    assert not list(find_photos(tmp_path))
    assert time.process_time() - begun < 1.0  # 0.05 s on an idle machine


# --- what is no file ------------------------------------------------------------------------------------


@pytest.fixture(params=["pipe", "socket", "device", "link to a pipe"])
def endless(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What waits for ever when it is read, or never ends; named like a photo."""
    path = tmp_path / "photo.jpg"
    if request.param == "device":
        if not Path("/dev/zero").is_char_device():
            pytest.skip("there is no /dev/zero")
        path.symlink_to("/dev/zero")
    elif request.param == "socket":
        monkeypatch.chdir(tmp_path)  # the path of a socket must be short
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("photo.jpg")
    else:
        pipe = path if request.param == "pipe" else tmp_path / "pipe"
        os.mkfifo(pipe)
        if pipe != path:
            path.symlink_to(pipe)
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_only_regular_files_are_opened(endless: Path) -> None:
    with pytest.raises(
        PhotoError, match=r"^photo\.jpg could not be opened: it is a pipe, a device or a socket"
    ):
        read_photo(endless)
    assert not is_photo(endless)
    assert not list(find_photos(endless.parent))
    endless.rename(endless.with_name("noext"))
    assert not is_photo(endless.with_name("noext"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_a_file_that_becomes_a_pipe_while_it_is_opened_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, regular = tmp_path / "photo.jpg", tmp_path / "regular"
    os.mkfifo(path)
    regular.write_bytes(JPEG)
    status = os.stat(regular)
    monkeypatch.setattr(os, "stat", lambda *_, **__: status)  # as it was a moment ago
    with pytest.raises(PhotoError, match="pipe"):
        read_photo(path)


def test_a_photo_is_read_from_the_disk_piece_by_piece(tmp_path: Path) -> None:
    """Not as a whole: what stands behind the picture may be large."""
    photo = Image.new("RGB", (30, 20), "red")
    (tmp_path / "a.png").write_bytes(encode(photo, "PNG"))
    with (tmp_path / "a.png").open("r+b") as file:
        file.truncate(500_000_000)  # takes no room on the disk
    begun = time.process_time()
    assert read_photo(tmp_path / "a.png").size == (30, 20)
    assert time.process_time() - begun < 1.0
