"""Decoding: what breaks off, many at once, and how much memory it takes, in processes with a limit."""

import contextlib
import io
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from onenet.errors import PhotoError
from onenet.search.photos import DECODE_SIDE_PX, MAX_MEMORY_BYTES, photo_size, read_photo
from tests.onenet.search.photo_files import chunk, encode, even_png, exif, noise, orientation

PROJECT = Path(__file__).resolve().parents[3]

# --- JPEGs that break off -------------------------------------------------------------------------------

JPEGS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "4:4:4": {"subsampling": 0},
    "restarts": {"restart_marker_rows": 1},
    "progressive": {"progressive": True},
}


def smooth(width: int = 200, height: int = 400, mode: str = "RGB") -> Image.Image:
    """A picture that is nowhere even."""
    small = noise(width // 20, height // 20)
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def rows_alike(one: Image.Image, other: Image.Image) -> int:
    """How many rows from the top are nearly the same."""
    difference = np.abs(np.asarray(one, int) - np.asarray(other, int)).mean(axis=(1, 2))
    return int(np.argmax(np.append(difference, 99.0) > 12))


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("missing", [1, 2, 3, 10, 30])
def test_a_jpeg_without_its_last_bytes_is_read(options: dict[str, Any], missing: int) -> None:
    whole = encode(smooth(), "JPEG", **options)
    photo = read_photo(whole[:-missing])
    assert photo.size == (200, 400)
    assert rows_alike(photo, read_photo(whole)) >= 380


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("share", [0.95, 0.8, 0.65])
def test_what_is_there_of_a_jpeg_is_read_if_it_is_most(mode: str, share: float) -> None:
    whole = encode(smooth(mode=mode), "JPEG", quality=90)
    photo = read_photo(whole[: int(share * len(whole))])
    assert photo.size == (200, 400)
    assert rows_alike(photo, read_photo(whole)) == pytest.approx(400 * share, abs=40)
    assert np.asarray(photo)[-1].std(axis=0).max() < 3  # what is not there is even


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_cut_anywhere_is_read_or_refused_with_a_sentence(mode: str, options: dict[str, Any]) -> None:
    content = encode(smooth(100, 120, mode), "JPEG", **options)
    results = []
    for length in range(1, len(content), 23):
        try:
            results.append(read_photo(content[:length]).size)
        except PhotoError as error:
            results.append(str(error).partition(" ")[0])
    assert set(results) == {"This", (100, 120)}
    assert results[-1] == (100, 120)
    first = results.index((100, 120))
    assert first / len(results) <= 0.75
    assert set(results[first:]) == {(100, 120)}  # never refused with more of it


def test_a_large_jpeg_that_breaks_off_is_read_at_a_smaller_scale() -> None:
    content = encode(smooth(2400, 2600), "JPEG")
    assert read_photo(content[: int(0.9 * len(content))]).size == (600, 650)
    with pytest.raises(PhotoError, match=r"breaks off: [34][0-9] percent"):
        read_photo(content[: int(0.4 * len(content))])


# --- many at once ---------------------------------------------------------------------------------------


def odd_photos() -> list[bytes]:
    """Photos at which Pillow would warn."""
    odd = exif([(0x010F, 2, 0x7FFFFFFF, b"\0\0\xff\0"), orientation(6)])
    return [
        encode(noise(), "JPEG", exif=odd),
        encode(noise(), "PNG", exif=odd),
        encode(noise().quantize(8), "PNG", transparency=bytes(8)),
        encode(noise(), "TIFF"),
        encode(noise(), "PNG").replace(b"IDAT", b"acTL", 1),
    ]


def test_decoding_in_threads_leaves_the_filters_of_warnings_alone() -> None:
    photos = odd_photos()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = warnings.filters[:]
        for _ in range(20):
            together = threading.Barrier(2)

            def read(number: int, together: threading.Barrier = together) -> None:
                together.wait(10)
                for content in photos[number::2]:
                    with contextlib.suppress(PhotoError):
                        read_photo(content)

            with ThreadPoolExecutor(2) as threads:
                list(threads.map(read, range(2)))
        assert warnings.filters == before
    assert not caught


def test_many_pixels_are_no_reason_to_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_photo(even_png(10_000, 9500, depth=1, colour=0)).size == (1429, 1358)  # 95 million


def test_one_large_picture_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import onenet.search.photos as photos

    working = most = 0
    counting = threading.Lock()
    decode = photos._decode

    def counted(*args: Any) -> Image.Image:
        nonlocal working, most
        with counting:
            working += 1
            most = max(most, working)
        try:
            return decode(*args)
        finally:
            with counting:
                working -= 1

    monkeypatch.setattr(photos, "_decode", counted)
    large = even_png(4000, 3500)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read_photo, [large] * 4))
    assert most == 1


# --- memory ---------------------------------------------------------------------------------------------

# Reads photos, each in a thread; prints by how many MB the most memory in use grew, and what came of each.
# The limit is on what the process may allocate beyond what it has once everything is imported.
READ = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pillow_heif, PIL.AvifImagePlugin
from onenet.errors import PhotoError
from onenet.search.photos import read_photo

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) / 1000

def read(path):
    try:
        photo = read_photo(Path(path))
        return f"{photo.width} {photo.height}"
    except PhotoError as error:
        return str(error)

before = status("VmHWM")
limit = int((float(sys.argv[1]) + status("VmData")) * 1.024e6)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
with ThreadPoolExecutor(len(sys.argv[2:])) as threads:
    found = list(threads.map(read, sys.argv[2:]))
print(status("VmHWM") - before)
print(*found, sep="\\n")
"""
LIMIT_MB = 300.0  # that any photo which is read may take
PALETTE = chunk(b"PLTE", bytes(range(256)) * 3)
CLEAR = chunk(b"tRNS", bytes(range(256)))
# Pictures whose files are small and whose pixels are not: (width, height), how they are made, whether read.
EVEN_PNGS: dict[str, tuple[tuple[int, int], dict[str, Any], bool]] = {
    "RGBA, 118 MP": ((10_900, 10_900), {"colour": 6}, False),
    "RGBA, 55 MP": ((7400, 7400), {"colour": 6}, True),
    "RGB, 54 MP": ((9000, 6000), {}, True),
    "RGB of 16 bits, 24 MP": ((6000, 4000), {"depth": 16}, True),
    "RGBA of 16 bits, 12 MP": ((4000, 3000), {"depth": 16, "colour": 6}, True),
    "grey of 16 bits, 96 MP": ((12_000, 8000), {"depth": 16, "colour": 0}, True),
    "grey and transparent, 49 MP": ((7000, 7000), {"colour": 4}, True),
    "transparent palette, 118 MP": ((10_900, 10_900), {"colour": 3, "extra": PALETTE + CLEAR}, True),
    "transparent palette, 16 MP, not shrunk": ((1270, 12_500), {"colour": 3, "extra": PALETTE + CLEAR}, True),
    "RGBA, 16 MP, not shrunk": ((1270, 12_500), {"colour": 6}, True),
    "grey of 16 bits, 16 MP, not shrunk": ((1270, 12_500), {"depth": 16, "colour": 0}, True),
    "two colours, 196 MP": (
        (14_000, 14_000),
        {"depth": 1, "colour": 3, "extra": chunk(b"PLTE", bytes(range(6)))},
        True,
    ),
    "grey panorama, 120 MP": ((100_000, 1200), {"colour": 0}, True),
    "RGB panorama, 120 MP": ((100_000, 1200), {}, False),
    "RGB panorama, 44 MP": ((40_000, 1100), {}, True),
}

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")


def measure(*paths: Path, limit_mb: float = LIMIT_MB + 50) -> tuple[float, list[str]]:
    """The most MB that reading photos together took, and what came of each."""
    command = [sys.executable, "-c", READ, str(limit_mb), *map(str, paths)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True)
    grown, *found = run.stdout.splitlines()
    return float(grown), found


@needs_linux
@pytest.mark.parametrize("name", EVEN_PNGS)
def test_small_files_of_many_pixels_take_no_more_than_they_may(name: str, tmp_path: Path) -> None:
    size, made, is_read = EVEN_PNGS[name]
    (tmp_path / "a.png").write_bytes(even_png(*size, **made))
    grown, [found] = measure(tmp_path / "a.png")
    assert grown < (LIMIT_MB if is_read else 20.0)
    if is_read:
        width, height = map(int, found.split())
        assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
        assert width * height <= 16_200_000
    else:
        limit = MAX_MEMORY_BYTES // 1_000_000
        assert found.startswith(f"a.png has {size[0]} by {size[1]} pixels; opening it would take ")
        assert f" MB of memory, and {limit} MB is the most. Send a smaller copy" in found


# Photos as cameras and programs write them: pixels, format, how they are written.
PHOTOS: dict[str, tuple[tuple[int, int], str, dict[str, Any]]] = {
    "a phone's, 20 MP": ((5472, 3648), "JPEG", {}),
    "progressive, 20 MP": ((5472, 3648), "JPEG", {"progressive": True, "subsampling": 0}),
    "panorama": ((12_000, 3040), "JPEG", {}),
    "longest panorama": ((65_000, 1100), "JPEG", {}),
    "PNG, 20 MP": ((5472, 3648), "PNG", {"compress_level": 1}),
    "packed TIFF, 20 MP": ((5472, 3648), "TIFF", {"compression": "tiff_lzw"}),
    "plain TIFF, 20 MP": ((5472, 3648), "TIFF", {}),
    "BMP, 20 MP": ((5472, 3648), "BMP", {}),
    "WebP, 12 MP": ((4032, 3024), "WEBP", {"method": 0}),
    "AVIF, 12 MP": ((4032, 3024), "AVIF", {"speed": 10}),
    "HEIC, 12 MP": ((4032, 3024), "HEIF", {"quality": 20}),
    "HEIC, 24 MP": ((5712, 4284), "HEIF", {"quality": 20}),
}
# Memory that encoding takes stays out of the process of the tests.
WRITE = """
import ast, sys
import pillow_heif
from PIL import Image
path, size, kind, options = sys.argv[1], *map(ast.literal_eval, sys.argv[2:])
pillow_heif.register_heif_opener()
Image.radial_gradient("L").convert("RGB").resize(size).save(path, kind, **options)
"""


@needs_linux
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if "HEIC" in name else ()) for name in PHOTOS]
)
def test_photos_of_every_kind_take_no_more_than_they_may(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE, str(tmp_path / "photo"), *map(repr, PHOTOS[name])]
    subprocess.run(command, timeout=120, check=True)
    grown, [found] = measure(tmp_path / "photo")
    assert found.split()[0].isdecimal(), found
    assert grown < LIMIT_MB


@needs_linux
def test_several_large_pictures_at_once_take_no_more_than_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(even_png(7400, 7400, colour=6))
    grown, found = measure(*[tmp_path / "a.png"] * 4)
    assert found == ["1480 1480"] * 4
    assert grown < LIMIT_MB


@needs_linux
def test_a_process_with_too_little_memory_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(even_png(7000, 7000, colour=6))
    _, found = measure(tmp_path / "a.png", limit_mb=100)
    assert found == ["a.png needs more memory than there is. Send a smaller copy."]


# --- sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "BMP"])
def test_the_size_is_known_without_decoding(kind: str) -> None:
    assert photo_size(encode(Image.new("RGB", (1300, 1240), "red"), kind)) == (1300, 1240)


def test_photos_no_larger_than_is_needed_keep_their_pixels() -> None:
    """Evaluation and training see what they always saw: a plain file, decoded plainly."""
    for kind in ("PNG", "JPEG"):
        content = encode(smooth(700, 719), kind)
        plain = Image.open(io.BytesIO(content)).convert("RGB")
        assert read_photo(content).tobytes() == plain.tobytes()
    plain = Image.open(io.BytesIO(encode(smooth(2400, 2500), "JPEG")))
    plain.draft("RGB", (DECODE_SIDE_PX, DECODE_SIDE_PX))
    assert read_photo(encode(smooth(2400, 2500), "JPEG")).tobytes() == plain.convert("RGB").tobytes()


def test_a_caller_may_ask_for_more_of_a_large_photo() -> None:
    content = encode(smooth(2400, 2500), "JPEG")
    assert read_photo(content).size == (600, 625)
    assert read_photo(content, side_px=1200).size == (1200, 1250)
    assert read_photo(encode(smooth(2700, 2700), "PNG"), side_px=2560).size == (2700, 2700)
