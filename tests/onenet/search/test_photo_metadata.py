"""If the pixels can be decoded, the photo is read: what is said about them never refuses one."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from onenet.errors import PhotoError
from onenet.search.formats.orientation import orientation_of
from onenet.search.photos import read_photo
from tests.onenet.search.photo_files import (
    BLUE,
    RED,
    Entry,
    assert_looks_like,
    chunk,
    data_offset,
    encode,
    exif,
    left_red_right_blue,
    noise,
    orientation,
    rebranded,
    riff_chunk,
    short,
    tiff,
    with_chunks,
    with_riff_chunks,
    with_segments,
)

GPS, EXIF_IFD = 0x8825, 0x8769


def text(tag: int, letters: bytes = b"ab\0\0") -> Entry:
    return tag, 2, 2, letters


def far(tag: int, kind: int, count: int = 1) -> Entry:
    """An entry whose value stands where there is nothing."""
    return tag, kind, count, struct.pack("<I", 0x00FFFF00)


def behind(tag: int, kind: int, count: int = 1) -> Entry:
    """An entry whose value stands behind the entries: two here, one odd and the orientation."""
    return tag, kind, count, struct.pack("<I", data_offset(2))


# One odd entry each, and what it points to: written by cameras, phones and programs, or broken on the way.
ODD = {
    "XResolution as text": (text(0x011A), b""),
    "XResolution as one number": (short(0x011A, 72), b""),
    "XResolution n/0": (behind(0x011A, 5), struct.pack("<II", 72, 0)),
    "XResolution 0/0": (behind(0x011A, 5), bytes(8)),
    "YResolution as text": (text(0x011B), b""),
    "ResolutionUnit as text": (text(0x0128), b""),
    "ResolutionUnit 99": (short(0x0128, 99), b""),
    "ImageWidth below 0": ((0x0100, 9, 1, struct.pack("<i", -4)), b""),
    "ImageWidth below 0, short": ((0x0100, 8, 1, struct.pack("<hh", -4, 0)), b""),
    "ImageWidth as a fraction": (behind(0x0100, 5), struct.pack("<II", 60, 1)),
    "ImageWidth as a signed byte": ((0x0100, 6, 1, b"\xff\0\0\0"), b""),
    "ImageLength as text": (text(0x0101), b""),
    "BitsPerSample as text": (text(0x0102), b""),
    "Compression as a float": ((0x0103, 11, 1, struct.pack("<f", float("nan"))), b""),
    "StripOffsets far away": (far(0x0111, 4, 1000), b""),
    "Make without an end": (far(0x010F, 2, 0x7FFFFFFF), b""),
    "DateTime as bytes": (behind(0x0132, 7, 20), b"\xff" * 20),
    "double not a number": (behind(0x0099, 12), struct.pack("<d", float("nan"))),
    "fraction n/0, signed": (behind(0x0099, 10), struct.pack("<ii", -5, 0)),
    "unknown kind of value": ((0x0099, 200, 7, b"abcd"), b""),
    "kind of value 0": ((0x0099, 0, 1, b"abcd"), b""),
    "count 0": ((0x0099, 3, 0, bytes(4)), b""),
    "GPS with n/0": (
        (GPS, 4, 1, struct.pack("<I", data_offset(2))),
        struct.pack("<HHHII", 1, 2, 5, 3, data_offset(2) + 18)
        + bytes(4)
        + struct.pack("<IIIIII", 5, 0, 1, 0, 2, 0),
    ),
    "GPS that points at itself": ((GPS, 4, 1, struct.pack("<I", 8)), b""),
    "GPS as text": (text(GPS), b""),
    "Exif far away": (far(EXIF_IFD, 4), b""),
    "Exif as a fraction": (behind(EXIF_IFD, 5), struct.pack("<II", 1, 0)),
    "MakerNote of 64 kB that is not there": (far(0x927C, 7, 65536), b""),
    "thumbnail far away": (far(0x0201, 4), b""),
    "SubIFDs far away": (far(0x014A, 4, 3), b""),
}
ODD_EXIF = [pytest.param(*odd, id=name) for name, odd in ODD.items()]


def on_its_side() -> Image.Image:
    """Red on the left once it is turned as orientation 6 says."""
    return left_red_right_blue().transpose(Image.Transpose.ROTATE_90)


def assert_upright(content: bytes) -> None:
    photo = read_photo(content)
    assert photo.size == (60, 40)
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


# --- EXIF in every format -------------------------------------------------------------------------------


@pytest.mark.parametrize(("odd", "data"), ODD_EXIF)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_one_odd_entry_does_not_matter_and_the_orientation_does(kind: str, odd: Entry, data: bytes) -> None:
    assert_upright(encode(on_its_side(), kind, exif=exif([odd, orientation(6)], data)))


@pytest.mark.parametrize(("odd", "data"), ODD_EXIF)
def test_nor_in_avif(odd: Entry, data: bytes) -> None:
    broken = exif([odd, orientation(6)], data)
    # Pillow would not write it: something else of the same length makes room for it.
    room = exif([(0x0131, 2, len(broken) - 32, struct.pack("<I", 26))], b"x" * (len(broken) - 32))
    content = encode(left_red_right_blue(), "AVIF", exif=room)
    assert content.count(room[6:]) == 1
    assert_upright(content.replace(room[6:], broken[6:]))  # AVIF says in its boxes how it lies, not in EXIF


@pytest.mark.parametrize(("odd", "data"), ODD_EXIF)
@pytest.mark.parametrize("order", ["<", ">"])
def test_nor_in_tiff(odd: Entry, data: bytes, order: str) -> None:
    assert_upright(tiff(on_its_side(), [odd, orientation(6, order)], order))


def test_nor_in_heif() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    for odd, data in ODD.values():
        content = io.BytesIO()
        pillow_heif.from_pillow(left_red_right_blue((64, 64))).save(content, exif=exif([odd], data))
        assert_looks_like(read_photo(content.getvalue()), {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_upset_the_reading_of_exif(content: bytes) -> None:
    for start in (b"", b"Exif\0\0", b"II*\0\x08\0\0\0", b"Exif\0\0MM\0*\0\0\0\x08"):
        assert 1 <= orientation_of(start + content) <= 8


ENTRIES = st.tuples(
    st.integers(0, 0xFFFF).filter(lambda tag: tag != ExifTags.Base.Orientation),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(min_size=4, max_size=4),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ENTRIES, max_size=12), st.binary(max_size=60), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_whatever_else_exif_says(entries: list[Entry], data: bytes, kind: str) -> None:
    assert_upright(encode(on_its_side(), kind, exif=exif([*entries, orientation(6)], data)))


@settings(max_examples=100, deadline=None)
@given(st.lists(ENTRIES, max_size=12))
def test_whatever_else_a_tiff_says(entries: list[Entry]) -> None:
    about_pixels = {254, 255, *range(256, 267), *range(273, 341), *range(347, 350), *range(512, 533), 0xBC01}
    harmless = [entry for entry in entries if entry[0] not in about_pixels]
    assert_upright(tiff(on_its_side(), [*harmless, orientation(6)]))


@pytest.mark.parametrize(
    ("entry", "turned"),
    [
        (orientation(6), True),
        ((0x0112, 4, 1, struct.pack("<I", 6)), True),
        ((0x0112, 1, 1, b"\x06\0\0\0"), True),
        ((0x0112, 3, 2, struct.pack("<HH", 6, 1)), True),
        ((0x0112, 8, 1, struct.pack("<hh", 6, 0)), True),
        ((0x0112, 3, 1, struct.pack("<HH", 0, 0)), False),
        ((0x0112, 3, 1, struct.pack("<HH", 9, 0)), False),
        ((0x0112, 9, 1, struct.pack("<i", -6)), False),
        ((0x0112, 2, 2, b"6\0\0\0"), False),
        ((0x0112, 3, 0xFFFFFFFF, struct.pack("<HH", 6, 0)), False),
    ],
)
def test_orientation_counts_if_it_is_a_number_from_one_to_eight(entry: Entry, turned: bool) -> None:
    photo = read_photo(encode(left_red_right_blue(), "JPEG", exif=exif([entry])))
    assert photo.size == ((40, 60) if turned else (60, 40))


def xmp(number: int) -> bytes:
    return f'<x:xmpmeta><rdf:Description tiff:Orientation="{number}"/></x:xmpmeta>'.encode()


def test_orientation_in_xmp_alone_counts() -> None:
    photo = on_its_side()
    itxt = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)
    packed = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(6))
    assert_upright(with_segments(encode(photo, "JPEG"), [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(6))]))
    for content in (itxt, packed):
        assert_upright(with_chunks(encode(photo, "PNG"), after=chunk(b"iTXt", content)))
    webp = encode(photo, "WEBP")
    assert_upright(with_riff_chunks(webp, photo.size, riff_chunk(b"XMP ", xmp(6))))


def test_orientation_as_imagemagick_writes_it_counts() -> None:
    said = exif([orientation(6)])
    raw = f"\nexif\n{len(said):8}\n{said.hex()}\n".encode()
    for name, content in ((b"tEXt", raw), (b"zTXt", b"\0" + zlib.compress(raw))):
        keyword = b"Raw profile type exif\0"
        assert_upright(with_chunks(encode(on_its_side(), "PNG"), before=chunk(name, keyword + content)))


# --- JPEG -----------------------------------------------------------------------------------------------

SEGMENTS = st.lists(
    st.tuples(st.sampled_from([0xFE, *range(0xE0, 0xEE), 0xEF]), st.binary(max_size=100)), max_size=8
)
PLAIN = encode(noise(), "JPEG")


def assert_same(content: bytes, plain: bytes) -> None:
    found, expected = read_photo(content), read_photo(plain)
    assert (found.size, found.tobytes()) == (expected.size, expected.tobytes())


@settings(max_examples=100, deadline=None)
@given(SEGMENTS)
def test_no_segment_of_an_application_changes_the_pixels(segments: list[tuple[int, bytes]]) -> None:
    assert_same(with_segments(PLAIN, segments), PLAIN)


@pytest.mark.parametrize(
    "content",
    [
        b"MPF\0",
        b"MPF\0" + b"\xff" * 40,
        b"MPF\0MM\0*\0\0\0\x08\xff\xff",
        b"ICC_PROFILE\0",
        b"ICC_PROFILE\0\x01\x09" + bytes(60_000),
        b"FPXR\0",
    ],
)
def test_broken_profiles_and_lists_of_pictures_do_not_matter(content: bytes) -> None:
    assert_same(with_segments(PLAIN, [(0xE2, content)]), PLAIN)


@pytest.mark.parametrize("content", [b"JFIF\0", b"JFIF\0\x01", b"JFIF\0\1\1\xff\0\0\0\0\xff\xff" + bytes(40)])
def test_a_broken_jfif_header_does_not_matter(content: bytes) -> None:
    without = PLAIN[:2] + PLAIN[20:]  # its own
    assert_same(with_segments(without, [(0xE0, content)]), PLAIN)


def test_adobe_still_tells_the_colours() -> None:
    """RGB instead of YCbCr: without the segment, the colours would be others."""
    plain = encode(noise(), "JPEG", keep_rgb=True)
    assert b"Adobe" in plain
    assert np.abs(np.asarray(read_photo(plain), int) - np.asarray(noise(), int)).mean() < 20


def test_what_stands_behind_the_picture_does_not_matter() -> None:
    for rest in (b"\0" * 100, b"trailer of a phone \xff\xd9", PLAIN, b"\0\0\0\x18ftypmp42" + bytes(5000)):
        assert_same(PLAIN + rest, PLAIN)


# --- PNG ------------------------------------------------------------------------------------------------

PNG = encode(noise(), "PNG")
BIG = b"\x55" * 3_000_000
CHUNKS = {
    "ICC profile of 3 MB": chunk(b"iCCP", b"big\0\0" + zlib.compress(BIG)),
    "ICC profile that is none": chunk(b"iCCP", b"x"),
    "ICC profile packed in another way": chunk(b"iCCP", b"x\0\7abc"),
    "packed text of 3 MB": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(BIG)),
    "packed text that is none": chunk(b"zTXt", b"Comment\0\0rubbish"),
    "packed text in another way": chunk(b"zTXt", b"Comment\0\x09rubbish"),
    "packed XMP of 3 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(BIG)),
    "plain XMP of 3 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + BIG),
    "half of a packed XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(BIG)[:50]),
    "text of 3 MB": chunk(b"tEXt", b"Comment\0" + BIG),
    "text without a keyword": chunk(b"tEXt", b""),
    "text that is not UTF-8": chunk(b"iTXt", b"k\0\0\0\xff\xfe\0\xff\0\xff"),
    "EXIF that is none": chunk(b"eXIf", b"garbage!"),
    "no EXIF": chunk(b"eXIf", b""),
    "EXIF in hexadecimal that is none": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nxyz\n"),
    "resolution cut short": chunk(b"pHYs", b"\0\1"),
    "gamma cut short": chunk(b"gAMA", b""),
    "colours cut short": chunk(b"cHRM", b"\0"),
    "date that is none": chunk(b"tIME", b"\xff" * 7),
    "transparency of a wrong length": chunk(b"tRNS", b"\0"),
    "animation that is none": chunk(b"acTL", b"\0\0"),
    "animation of no pictures": chunk(b"acTL", bytes(8)),
    "animation of too many pictures": chunk(b"acTL", b"\xff" * 8),
    "picture of an animation outside": chunk(b"acTL", b"\0\0\0\1\0\0\0\0")
    + chunk(b"fcTL", b"\0" * 4 + b"\xff" * 22),
    "64 texts of 2 MB": chunk(b"zTXt", b"a\0\0" + zlib.compress(BIG[:2_000_000])) * 64,
    "private": chunk(b"prVt", b"anything"),
}


@pytest.mark.parametrize("place", ["before", "between", "after"])
@pytest.mark.parametrize("added", [pytest.param(added, id=name) for name, added in CHUNKS.items()])
def test_no_chunk_but_those_of_the_pixels_matters(added: bytes, place: str) -> None:
    assert_same(with_chunks(PNG, **{place: added}), PNG)


ANCILLARY = st.tuples(
    st.sampled_from(
        [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"pHYs", b"gAMA", b"sRGB", b"tIME", b"xxXx"]
    ),
    st.binary(max_size=60),
    st.sampled_from([None, 0, 0xFFFFFFFF]),
).map(lambda parts: chunk(parts[0], parts[1], checksum=parts[2]))


@settings(max_examples=100, deadline=None)
@given(st.lists(ANCILLARY, max_size=6).map(b"".join), st.sampled_from(["before", "between", "after"]))
def test_no_ancillary_chunk_matters_with_any_checksum(added: bytes, place: str) -> None:
    assert_same(with_chunks(PNG, **{place: added}), PNG)


def test_wrong_checksums_of_the_pixels_own_chunks_do_not_matter() -> None:
    palette = encode(noise().quantize(16), "PNG")
    for name in (b"IHDR", b"PLTE", b"IDAT"):
        start = palette.index(name) - 4
        end = start + 8 + int.from_bytes(palette[start : start + 4], "big")
        assert_same(palette[:end] + b"\0\1\2\3" + palette[end + 4 :], palette)


@pytest.mark.parametrize("missing", [12, 13, 16])  # the end; with it the checksum of the pixels, and more
def test_a_png_without_its_end_is_read(missing: int) -> None:
    assert_same(PNG[:-missing], PNG)


def test_pixels_that_are_damaged_are_still_refused() -> None:
    place = PNG.index(b"IDAT") + 400
    with pytest.raises(PhotoError, match="damaged"):
        read_photo(PNG[:place] + b"rubbish" + PNG[place + 7 :])


# --- WebP, TIFF, HEIF, GIF ------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"EXIF", b"XMP ", b"ICCP", b"abcd"]), st.binary(max_size=60), st.integers(0, 255))
def test_no_chunk_of_webp_but_the_picture_matters(name: bytes, content: bytes, flags: int) -> None:
    webp = encode(noise(), "WEBP")
    added = with_riff_chunks(webp, (60, 40), riff_chunk(name, content), flags=flags & 0xED)
    assert_same(added, webp)


def test_a_webp_may_say_a_wrong_size_of_itself() -> None:
    webp = encode(noise(), "WEBP")
    for size in (0, 12, len(webp) * 3, 0xFFFFFFFF):
        assert_same(webp[:4] + struct.pack("<I", size) + webp[8:], webp)
    extended = with_riff_chunks(webp, (60, 40), riff_chunk(b"EXIF", b"x" * 50))
    assert_same(extended[:-30], webp)  # what is cut off is no picture


@pytest.mark.parametrize(
    "options", [{}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}, {"big_tiff": True}]
)
def test_tiffs_of_programs_are_turned_and_read(options: dict[str, Any]) -> None:
    said = Image.Exif()
    said[ExifTags.Base.Orientation] = 6
    assert_upright(encode(on_its_side(), "TIFF", exif=said, **options))
    assert_upright(encode(on_its_side(), "TIFF", tiffinfo={700: xmp(6)}, **options))


@pytest.mark.parametrize(
    "brand",
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"miaf"],
)
def test_heif_of_every_brand_is_read_whatever_was_opened_before(
    brand: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)  # as if none had been
    content = io.BytesIO()
    pillow_heif.from_pillow(left_red_right_blue((64, 64))).save(content)
    photo = read_photo(rebranded(content.getvalue(), brand))
    assert_looks_like(photo, {(0.2, 0.5): RED, (0.8, 0.5): BLUE})


@pytest.mark.parametrize(
    "extension",
    [
        b"\x21\xfe\x03\xff\xff\xff\0",
        b"\x21\xfe\0",
        b"\x21\xff\x0bXMP DataXMP\x02ab\0",
        b"\x21\xff\x0bNETSCAPE2.0\0",
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\xff\xff\0",
        b"\x21\x01\x0c" + bytes(12) + b"\x05hello\0",
        b"\x21\x77\x01\xff\0",
    ],
)
def test_no_extension_of_gif_but_transparency_matters(extension: bytes) -> None:
    plain = encode(noise().quantize(64), "GIF")
    place = 13 + 3 * 64  # behind the colours
    assert plain[place] == 0x2C
    assert_same(plain[:place] + extension + plain[place:], plain)


def test_a_gif_is_turned_as_its_xmp_says() -> None:
    plain = encode(on_its_side().quantize(4), "GIF")
    place = 13 + 3 * 4
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    extension = b"\x21\xff\x0bXMP DataXMP" + xmp(6) + trailer
    assert_upright(plain[:place] + extension + plain[place:])
