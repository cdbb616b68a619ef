import io
from pathlib import Path

import pytest
from PIL import Image
from telegram import Document, PhotoSize

from bot.messages.photo import fitting_size, is_image_file
from bot.photos.fetching import KEPT_PX, _decode
from bot.photos.sending import encode_for_chat
from onenet.errors import PhotoError


def size(width: int, height: int) -> PhotoSize:
    return PhotoSize(f"{width}x{height}", f"{width}x{height}", width, height)


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([(90, 60), (320, 213), (800, 533), (1280, 853)], (800, 533)),
        ([(90, 60), (320, 213)], (320, 213)),
        ([(480, 480), (90, 90)], (480, 480)),
        ([(1280, 853), (800, 479)], (1280, 853)),
        ([(90, 1), (1280, 12)], (1280, 12)),
        ([(1, 1)], (1, 1)),
    ],
)
def test_the_smallest_sufficient_size_is_fetched(
    sizes: list[tuple[int, int]], chosen: tuple[int, int]
) -> None:
    found = fitting_size([size(*each) for each in sizes])
    assert (found.width, found.height) == chosen


@pytest.mark.parametrize(
    ("mime_type", "name", "is_image"),
    [
        ("image/png", "a.png", True),
        ("image/heic", None, True),
        ("application/octet-stream", "IMG_1.HEIC", True),
        (None, "photo.jpeg", True),
        ("application/pdf", "a.pdf", False),
        ("text/plain", "jpg", False),
        (None, None, False),
    ],
)
def test_image_files_are_known_by_type_or_name(
    mime_type: str | None, name: str | None, is_image: bool
) -> None:
    assert is_image_file(Document("a", "a", file_name=name, mime_type=mime_type)) is is_image


def test_no_file_is_no_image_file() -> None:
    assert not is_image_file(None)


@pytest.mark.parametrize(
    ("original", "sent"),
    [
        ((100, 50), (100, 50)),
        ((1280, 1280), (1280, 1280)),
        ((4000, 2000), (1280, 640)),
        ((1280, 10), (1280, 72)),
        ((1, 1000), (56, 1000)),
        ((1, 1), (1, 1)),
    ],
)
def test_photos_are_sent_within_telegrams_limits(
    tmp_path: Path, original: tuple[int, int], sent: tuple[int, int]
) -> None:
    Image.new("RGB", original, "red").save(tmp_path / "a.png")
    image = Image.open(io.BytesIO(encode_for_chat(str(tmp_path / "a.png"))))
    assert image.format == "JPEG"
    assert image.size == sent


def test_where_a_photo_was_taken_is_not_sent_on(tmp_path: Path) -> None:
    image = Image.new("RGB", (60, 40), "red")
    exif = image.getexif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"
    image.save(tmp_path / "a.jpg", exif=exif)
    sent = Image.open(io.BytesIO(encode_for_chat(str(tmp_path / "a.jpg"))))
    assert dict(sent.getexif()) == {}
    assert sent.size == (40, 60)


def test_a_photo_that_has_gone_or_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    for name in ("a.jpg", "b.jpg"):
        with pytest.raises(PhotoError):
            encode_for_chat(str(tmp_path / name))


@pytest.mark.parametrize("content", [b"", b"text", b"\xff\xd8\xff"])
def test_bad_content_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(PhotoError, match=r"\.$"):
        _decode(content, KEPT_PX)


def test_a_photo_waits_for_the_network_in_a_moderate_size() -> None:
    content = io.BytesIO()
    Image.new("L", (6000, 3000)).save(content, "PNG")
    image = _decode(content.getvalue(), KEPT_PX)
    assert (image.size, image.mode) == ((2048, 1024), "RGB")
