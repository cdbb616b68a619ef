"""Photos as people have them: every format, every mishap; read as they look, or refused with a sentence."""

import errno
import io
import os
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

import onenet.search.photos
from onenet.errors import PhotoError
from onenet.search import PHOTO_SUFFIXES
from onenet.search.photos import DECODE_SIDE_PX, is_passing, read_photo
from tests.onenet.search.photo_files import (
    BLUE,
    RED,
    WHITE,
    assert_looks_like,
    encode,
    encode_heif,
    left_red_right_blue,
    noise,
    on_failing_disk,
)


def assert_refused(source: Path | bytes, *parts: str) -> None:
    with pytest.raises(PhotoError) as caught:
        read_photo(source)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    for part in parts:
        assert part in sentence


# --- what is no photo -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"\xff\xd8\xff\xe0",
        bytes(1000),
        b"\x00\x00\x00\x18ftypheic" + bytes(50),
        b"\x00\x00\x00\x18ftypavif" + bytes(50),
    ],
)
def test_other_files_are_refused(content: bytes) -> None:
    assert_refused(content, "This file")


def test_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert_refused(tmp_path / "a.jpg", "a.jpg is empty")
    assert_refused(b"", "empty")


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "none.jpg", "none.jpg could not be opened")
    assert_refused(tmp_path, "could not be opened")


def refusal_of(source: Path | bytes) -> PhotoError | None:
    try:
        read_photo(source)
    except PhotoError as error:
        return error
    return None


PASSING = [
    *(OSError(number, os.strerror(number)) for number in (errno.EIO, errno.ESTALE, errno.ETIMEDOUT)),
    *(OSError(number, os.strerror(number)) for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)),
    PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    MemoryError(),
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF"])
def test_what_the_system_fails_at_may_pass_wherever_in_the_file_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, fault: Exception
) -> None:
    options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}  # its tags stand at the end
    photo, path = noise(200, 150), tmp_path / "a.photo"
    path.write_bytes(encode_heif(photo) if kind == "HEIF" else encode(photo, kind, **options))
    damaged = refusal_of(path.read_bytes()[:40])
    assert damaged is not None
    assert not is_passing(damaged)
    for reads in range(100):
        failing = partial(on_failing_disk, fault=fault, reads=reads)
        monkeypatch.setattr(onenet.search.photos, "open_regular", failing)
        refusal = refusal_of(path)
        if refusal is None:
            break
        assert is_passing(refusal)
        assert "damaged" not in str(refusal)
    assert 1 < reads < 99


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_photo_is_refused(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    content = encode(Image.fromarray(noise), kind)
    assert_refused(content[: int(share * len(content))])


def test_decompression_bomb_is_refused_before_it_goes_off() -> None:
    side = 60_000  # 10.8 GB of pixels in a few bytes
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    assert_refused(content, "million pixels")


@pytest.mark.parametrize(("share", "percent"), [(0.3, 30), (0.45, 45)])
def test_jpeg_of_which_less_than_half_is_there_is_refused_with_its_share(share: float, percent: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (400, 200, 3), dtype=np.uint8)
    content = encode(Image.fromarray(noise), "JPEG")
    with pytest.raises(
        PhotoError, match=r"This file breaks off: (\d+) percent of the picture is there\."
    ) as caught:
        read_photo(content[: int(share * len(content))])
    assert caught.value.values["percent"] == pytest.approx(percent, abs=6)


def test_just_too_many_pixels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onenet.search.photos, "MAX_PIXELS", 100 * 100)
    assert read_photo(encode(Image.new("RGB", (100, 100)), "PNG")).size == (100, 100)
    assert_refused(encode(Image.new("RGB", (101, 100)), "PNG"), "pixels")


def test_file_too_large_for_memory_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "disk.tiff").open("wb") as file:
        file.truncate(onenet.search.photos.MAX_FILE_BYTES + 1)  # takes no room on the disk
    assert_refused(tmp_path / "disk.tiff", "disk.tiff is larger than")


# --- formats --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_format_is_read(kind: str, tmp_path: Path) -> None:
    content = encode(left_red_right_blue(), kind)
    (tmp_path / "any.name").write_bytes(content)  # what counts is what is inside
    for source in (content, tmp_path / "any.name"):
        photo = read_photo(source)
        assert photo.size == (60, 40)
        assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


def test_heic_is_read() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    content = io.BytesIO()
    pillow_heif.from_pillow(left_red_right_blue((64, 64))).save(content)
    assert_looks_like(read_photo(content.getvalue()), {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


def test_truncated_heic_is_refused() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    content = io.BytesIO()
    pillow_heif.from_pillow(left_red_right_blue((64, 64))).save(content)
    assert_refused(content.getvalue()[:-100])


def test_formats_that_are_read_are_those_that_are_indexed() -> None:
    assert {
        ".jpg",
        ".jpeg",
        ".jfif",
        ".png",
        ".webp",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
    } == (PHOTO_SUFFIXES)


# --- modes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_keeps_its_colours(kind: str) -> None:
    photo = read_photo(encode(left_red_right_blue().convert("CMYK"), kind))
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


def test_grey_becomes_rgb() -> None:
    assert_looks_like(read_photo(encode(Image.new("L", (9, 9), 77), "PNG")), {(0.5, 0.5): (77, 77, 77)})


def test_black_and_white_becomes_rgb() -> None:
    assert_looks_like(read_photo(encode(Image.new("1", (9, 9), 1), "PNG")), {(0.5, 0.5): WHITE})


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_range(kind: str) -> None:
    levels = np.linspace(0, 65535, 100, dtype=np.uint16)[np.newaxis].repeat(10, axis=0)
    photo = read_photo(encode(Image.fromarray(levels), kind))
    assert_looks_like(photo, {(0, 0): (0, 0, 0), (0.5, 0.5): (128, 128, 128), (0.99, 0.5): WHITE})


@pytest.mark.parametrize("top", [1.0, 255.0, 4000.0])
def test_floating_point_greys_keep_their_range(top: float) -> None:
    levels = np.linspace(0, top, 100, dtype=np.float32)[np.newaxis].repeat(10, axis=0)
    photo = read_photo(encode(Image.fromarray(levels), "TIFF"))
    assert photo.getpixel((0, 0)) == (0, 0, 0)
    middle = photo.getpixel((50, 5))
    last = photo.getpixel((99, 5))
    assert isinstance(middle, tuple)
    assert isinstance(last, tuple)
    assert 0 < middle[0] < last[0] <= 255


def test_palette_is_resolved() -> None:
    photo = read_photo(encode(left_red_right_blue().quantize(8), "PNG"))
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_stands_on_white(kind: str) -> None:
    palette = Image.new("P", (10, 10), 0)
    palette.putpalette([*RED, *BLUE])
    palette.paste(1, (5, 0, 10, 10))
    photo = read_photo(encode(palette, kind, transparency=0))
    assert_looks_like(photo, {(0.2, 0.5): WHITE, (0.8, 0.5): BLUE})


@pytest.mark.parametrize(("mode", "clear"), [("RGBA", (*RED, 0)), ("LA", (9, 0))])
def test_transparent_stands_on_white(mode: str, clear: tuple[int, ...]) -> None:
    photo = read_photo(encode(Image.new(mode, (10, 10), clear), "PNG"))
    assert_looks_like(photo, {(0.5, 0.5): WHITE})


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animation_gives_its_first_picture(kind: str) -> None:
    first, second = Image.new("RGB", (10, 10), RED), Image.new("RGB", (10, 10), BLUE)
    content = encode(first, kind, save_all=True, append_images=[second], duration=100)
    assert_looks_like(read_photo(content), {(0.5, 0.5): RED})


# --- turned and broken by cameras -----------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_photo_is_turned_upright(orientation: int, kind: str) -> None:
    upright = left_red_right_blue()
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = read_photo(encode(stored, kind, exif=exif))
    assert photo.size == upright.size
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\x00\x00garbage",
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + bytes(40),
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\xff\xff\xff\xff\x06\x00\x00\x00",
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x02\x00\x02\x00\x00\x00x\x00\x00\x00",
    ],
)
def test_broken_exif_is_no_reason_to_refuse(exif: bytes) -> None:
    photo = read_photo(encode(left_red_right_blue(), "JPEG", exif=exif))
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


# --- sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_single_pixel(kind: str) -> None:
    assert read_photo(encode(Image.new("RGB", (1, 1), RED), kind)).size == (1, 1)


@pytest.mark.parametrize("size", [(12_000, 30), (30, 12_000), (12_000, 700)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_twelve_thousand_pixels_wide(size: tuple[int, int], kind: str) -> None:
    photo = read_photo(encode(left_red_right_blue(size), kind))
    assert photo.width / photo.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


def test_large_jpeg_keeps_more_than_the_network_needs() -> None:
    photo = read_photo(encode(left_red_right_blue((4000, 3000)), "JPEG"))
    assert min(photo.size) >= DECODE_SIDE_PX
    assert max(photo.size) < 4000


def test_file_over_twenty_megabytes_is_read() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (2700, 2700, 3), dtype=np.uint8)
    content = encode(Image.fromarray(noise), "BMP")
    assert len(content) > 20_000_000
    assert read_photo(content).size == (1350, 1350)  # shrunk by a whole number


def test_formats_that_need_an_outside_program_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pillow would hand an EPS to Ghostscript: nothing that a stranger sends may start a program."""
    started = tmp_path / "started"
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {started}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    with pytest.raises(PhotoError, match="not an image"):
        read_photo(eps)
    assert not started.exists()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "I;16"])
def test_a_large_picture_of_one_colour_comes_back_small_in_that_colour(mode: str) -> None:
    content = io.BytesIO()
    picture = Image.new("RGB", (3900, 2600), (200, 200, 200))
    if mode == "I;16":
        picture = Image.fromarray(np.full((2600, 3900), 200 * 257, dtype=np.uint16))
    else:
        picture = picture.quantize(2) if mode == "P" else picture.convert(mode)
    picture.save(content, "PNG")
    photo = read_photo(content.getvalue())
    assert photo.size == (1950, 1300)
    assert photo.getpixel((5, 5)) == pytest.approx((200, 200, 200), abs=2)


@pytest.mark.parametrize("size", [(1, 500), (500, 1), (2, 400), (400, 3)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16", "I", "F"])
def test_a_very_long_picture_keeps_a_pixel_a_side(
    monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr("onenet.search.formats.rgb.MOST_KEPT_PIXELS", 10)
    photo = read_photo(encode(Image.new("L", size, 200).convert(mode), "TIFF"))
    assert min(photo.size) >= 1
    assert max(photo.size) <= 100
    assert photo.getpixel((0, 0)) == pytest.approx((200, 200, 200), abs=2)
