"""Letters of pictures: every script has its glyphs, is measured as it is drawn, and breaks where it may."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from bot.language import LANGUAGES as INTERFACE
from bot.language import path_of
from onenet.maps.stop_words import stop_words
from onenet.network.checkpoint import load_checkpoint
from onenet.network.languages import LANGUAGES
from onenet.paths import DEFAULT_CHECKPOINT
from onenet.pictures import letters
from onenet.pictures.letters import (
    FACES,
    FOLDER,
    fitting_size,
    has,
    is_right_to_left,
    lines_of,
    pieces_of,
    runs_of,
    shortened,
    start_of,
    width_of,
    write,
)

SAID = {
    "en": "a t-shirt “dog”, it's 1,5 m",
    "zh": "一只棕色的狗，在雪地里奔跑。",  # noqa: RUF001
    "de": "Ein süßer Hund läuft über die Straße",
    "pt": "um cão não é uma ação",
    "ar": "كلب بني يركض في الثلج، لا شيء؟",
    "fr": "l’œuf d’un garçon à côté",
    "cs": "žluťoučký kůň úpěl ďábelské ódy",
    "es": "¿un niño y una cigüeña?",
    "uk": "її ґанок, щеня і м’яч у їжака є",  # noqa: RUF001
}
# Nothing but boxes would do for these, see the fonts' README: signs of the interface in colour.
PICTOGRAPHS = range(0x1F000, 0x20000)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def without_glyph(text: str) -> set[str]:
    """What would come out as boxes of a text."""
    return {letter for file, run in runs_of(text) for letter in run if not has(file, letter)}


def ink(text: str, size_px: int, place: tuple[int, int] = (40, 60), anchor: str = "la") -> tuple[int, ...]:
    """The box around a text, drawn on 1200 by 200 pixels: left, top, right, bottom."""
    picture = Image.new("RGB", (1200, 200), BLACK)
    write(ImageDraw.Draw(picture), place, text, size_px, WHITE, anchor=anchor)
    box = picture.getbbox()
    assert box is not None
    return box


def test_there_is_something_said_in_every_language_of_the_network() -> None:
    assert set(SAID) == set(LANGUAGES)


@pytest.mark.parametrize("language", SAID)
def test_every_letter_has_a_glyph(language: str) -> None:
    assert without_glyph(SAID[language]) == set()
    assert without_glyph(" ".join(stop_words(language))) == set()


def test_what_no_font_has_is_known_to_be_a_box() -> None:
    assert without_glyph("dog \ue000") == {"\ue000"}


@pytest.mark.parametrize("language", [each for each in INTERFACE if each != "en"])
def test_the_interface_can_be_drawn(language: str) -> None:
    said = path_of(language).read_text(encoding="utf-8")
    assert {letter for letter in without_glyph(said) if ord(letter) not in PICTOGRAPHS} == set()


@pytest.mark.shipped
@pytest.mark.skipif(not DEFAULT_CHECKPOINT.is_file(), reason="data/onenet.safetensors is not here")
def test_every_word_of_the_network_can_be_drawn() -> None:
    vocabulary = load_checkpoint(DEFAULT_CHECKPOINT).vocabulary
    words = [vocabulary.spell(token) for each in vocabulary.languages for token in vocabulary.block(each)]
    assert without_glyph(" ".join(words)) == set()


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("size_px", [17, 34, 90])
def test_a_text_is_drawn_as_wide_as_it_is_measured(language: str, size_px: int) -> None:
    text = SAID[language][:12].strip()
    left, _, right, _ = ink(text, size_px)
    assert 40 - size_px / 8 <= left < 40 + size_px / 2
    end = 40 + width_of(text, size_px)
    assert end - size_px / 2 < right <= end + size_px / 8


@pytest.mark.parametrize("language", SAID)
def test_an_anchor_is_where_it_says(language: str) -> None:
    text, size_px = SAID[language][:12].strip(), 40
    place, width = (600, 100), width_of(SAID[language][:12].strip(), 40)
    left, top, right, bottom = ink(text, size_px, place, "mm")
    assert abs((left + right) / 2 - 600) < size_px / 3
    assert top < 100 < bottom
    assert ink(text, size_px, place, "ra")[2] <= 600 + size_px / 8
    assert ink(text, size_px, place, "ra")[0] == pytest.approx(600 - width, abs=size_px / 2)
    assert ink(text, size_px, place, "ls")[1] < 100 - size_px / 3
    assert ink(text, size_px, place, "ld")[3] <= 100 + size_px / 6  # Arabic has long tails
    assert ink(text, size_px, place, "la")[1] >= 100


def test_no_library_of_the_system_has_a_say() -> None:
    layouts = {letters._face(file, 20).layout_engine for file in FACES}
    assert layouts == {ImageFont.Layout.BASIC}
    assert {path.name for path in FOLDER.glob("*.ttf")} == set(FACES)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


def test_a_text_of_several_scripts_has_each_in_the_first_font_that_has_it() -> None:
    runs = runs_of("dog 狗 собака ★")
    assert [(file, run.strip()) for file, run in runs] == [
        ("NotoSans.ttf", "dog"),
        ("DroidSansFallback.ttf", "狗"),
        ("NotoSans.ttf", "собака"),
        ("DejaVuSans.ttf", "★"),
    ]
    assert width_of("dog狗", 40) == pytest.approx(width_of("dog", 40) + width_of("狗", 40))


def test_arabic_letters_are_joined_and_go_to_the_left() -> None:
    word = "كلب"
    [(file, shown)] = runs_of(word)
    assert file == "NotoSansArabic.ttf"
    assert unicodedata.normalize("NFKC", shown) == word[::-1]
    assert [unicodedata.name(letter).rsplit(" ", 2)[-2] for letter in shown] == ["FINAL", "MEDIAL", "INITIAL"]
    assert width_of(word, 40) < sum(width_of(letter, 40) for letter in word)
    assert [run.strip() for _, run in runs_of(f"{word} 12")] == ["12", shown]


def test_a_text_begins_where_its_language_does() -> None:
    assert is_right_to_left(SAID["ar"])
    assert start_of(SAID["ar"], 10, 90) == (90, "r")
    for language in set(SAID) - {"ar"}:
        assert start_of(SAID[language], 10, 90) == (10, "l")


def test_an_accent_written_by_itself_is_on_its_letter() -> None:
    assert runs_of("cafe\u0301") == runs_of("café")


def test_chinese_breaks_between_characters_but_not_before_a_comma() -> None:
    text = SAID["zh"]
    lines = lines_of(text, 30, 160)
    assert "".join(lines) == text
    assert len(lines) > 2
    assert all(width_of(line, 30) <= 160 for line in lines)
    assert not any(line.startswith(("，", "。")) for line in lines)  # noqa: RUF001
    assert pieces_of("狗（dog）跑") == ["狗", "（dog）", "跑"]  # noqa: RUF001


@settings(deadline=None)  # the first use of a font reads it
@given(st.text(), st.integers(20, 400))
def test_lines_lose_nothing_and_are_no_wider_than_they_may_be(text: str, width_px: int) -> None:
    lines = lines_of(text, 20, width_px)
    assert "".join("".join(lines).split()) == "".join(letters._plain(text).split())
    assert all(width_of(line, 20) <= width_px or len(pieces_of(line)) == 1 for line in lines)


@settings(deadline=None)  # the first use of a font reads it
@given(st.text(st.characters(codec="utf-8", max_codepoint=0x9FFF)), st.integers(20, 200), st.integers(1, 3))
def test_no_more_lines_than_there_may_be(text: str, width_px: int, most: int) -> None:
    lines = lines_of(text, 20, width_px, most=most)
    assert len(lines) <= most
    whole = lines_of(text, 20, width_px)
    assert lines == whole or lines[-1].endswith("…")


@settings(deadline=None)  # the first use of a font reads it
@given(st.text(st.sampled_from("dog狗كلب \u0301\u0327\u200d")), st.integers(0, 120))
def test_what_is_cut_keeps_its_accents(text: str, width_px: int) -> None:
    cut = shortened(text, 20, width_px)
    if cut != text:
        kept = cut.removesuffix("…")
        assert cut.endswith("…")
        assert text.startswith(kept)
        rest = text[len(kept) :]
        assert kept == "" or not rest or unicodedata.category(rest[0])[0] != "M"


@settings(deadline=None)  # the first use of a font reads it
@given(st.text(st.characters()))
def test_anything_can_be_drawn(text: str) -> None:
    picture = Image.new("RGB", (60, 40))
    write(ImageDraw.Draw(picture), (2, 2), text, 20, WHITE)
    assert width_of(text, 20) >= 0


def test_the_largest_letters_that_fit_are_found() -> None:
    size_px = fitting_size(["Sonnenuntergangsstimmung"], 400, 60)
    assert width_of("Sonnenuntergangsstimmung", size_px) <= 400
    assert width_of("Sonnenuntergangsstimmung", size_px + 1) > 400
    assert fitting_size(["狗", "كلب"], 200, 60) == 60
    assert fitting_size(["Sonnenuntergangsstimmung"], 20, 60, smallest_px=12) == 12


@pytest.mark.parametrize("name", ["README.md", "OFL-1.1.txt", "Apache-2.0.txt", "DejaVu.txt"])
def test_the_fonts_come_with_their_licenses(name: str) -> None:
    assert (Path(FOLDER) / name).stat().st_size > 1000
