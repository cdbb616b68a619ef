"""The letters of pictures: text of several scripts, drawn the same on every machine.

Pillow alone draws one font, and joins Arabic letters only where the system has FriBidi. So the fonts come
with the program, see `fonts/README.md`, and the letters are joined and put in their order before Pillow sees
them.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from arabic_reshaper import reshape
from bidi import get_base_level, get_display
from PIL import ImageDraw, ImageFont

FOLDER = Path(__file__).with_name("fonts")
# A character is drawn in the first of these that has it.
FACES = ("NotoSans.ttf", "NotoSansArabic.ttf", "DroidSansFallback.ttf", "DejaVuSans.ttf")
LAST_FACE = FACES[-1]
PROBE_PX = 20
NOWHERE = "\uffff"  # no font has it: what is drawn for it is what is drawn for all that a font lacks
REPLACEMENT = "\ufffd"
SMALLEST_PX = 16
CUT = "…"

_WIDE = "\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"  # written without spaces
_OPENING, _CLOSING = "（〔【《「『“‘(", "，。、！？：；）〕】》」』”’…,.!?:;)"  # noqa: RUF001
# What has no place to break within, with the space before it.
_PIECE = re.compile(rf" ?(?:[{_OPENING}]*(?:[{_WIDE}]|[^ {_WIDE}]+)[{_CLOSING}]*)")
_JOINER = "\u200d"

Colour = tuple[int, int, int]
Point = tuple[float, float]


def write(
    draw: ImageDraw.ImageDraw,
    place: Point,
    text: str,
    size_px: int,
    colour: Colour,
    *,
    anchor: str = "la",
    stroke_width: int = 0,
) -> None:
    """Draw a line of text.

    Args:
        place: Where its anchor is.
        anchor: Pillow's two letters: l, m, r for left end, middle, right end; a, m, s, d for the ascender,
            middle, baseline, descender of the first font, whatever fonts the letters are from.
    """
    ascent, descent = _face(FACES[0], size_px).getmetrics()
    x = place[0] - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * width_of(text, size_px)
    y = (
        place[1]
        + {"a": float(ascent), "m": (ascent - descent) / 2, "s": 0.0, "d": -float(descent)}[anchor[1]]
    )
    for file, letters in runs_of(text):
        face = _face(file, size_px)
        draw.text((x, y), letters, colour, face, anchor="ls", stroke_width=stroke_width)
        x += face.getlength(letters)


def width_of(text: str, size_px: int) -> float:
    """Give the width of a line of text."""
    return sum(_face(file, size_px).getlength(letters) for file, letters in runs_of(text))


def fitting_size(
    texts: Iterable[str], width_px: float, size_px: int, *, smallest_px: int = SMALLEST_PX
) -> int:
    """Give the largest letters, up to a size, in which none of some texts is wider than that."""
    for text in texts:
        while size_px > smallest_px and width_of(text, size_px) > width_px:
            size_px -= 1
    return size_px


def pieces_of(text: str) -> list[str]:
    """Part a text where lines may end: at spaces, and between Chinese characters, not before their comma."""
    return _PIECE.findall(_plain(text))


def lines_of(text: str, size_px: int, width_px: float, *, most: int | None = None) -> list[str]:
    """Break a text into lines no wider than that, if its words allow.

    Args:
        most: Lines there may be; what has no room in them is cut off.
    """
    lines: list[str] = []
    for piece in pieces_of(text):
        if lines and width_of(lines[-1] + piece, size_px) <= width_px:
            lines[-1] += piece
        else:
            lines.append(piece.strip())
    if most is not None and len(lines) > most:
        lines[most - 1 :] = [shortened(lines[most - 1] + CUT, size_px, width_px)]
    return lines


def shortened(text: str, size_px: int, width_px: float) -> str:
    """Give as much of a text as fits, with “…” at its end if that is not all; no accent loses its letter."""
    if width_of(text, size_px) <= width_px:
        return text
    kept = _clusters(text.removesuffix(CUT))
    while kept and width_of("".join(kept) + CUT, size_px) > width_px:
        kept.pop()
    return "".join(kept).rstrip() + CUT


def is_right_to_left(text: str) -> bool:
    """Tell whether a text begins at the right, as Arabic does."""
    level: int = get_base_level(_plain(text))
    return level == 1


def start_of(text: str, left: float, right: float) -> tuple[float, str]:
    """Give where a text begins between two edges, and the first letter of the anchor for that."""
    return (right, "r") if is_right_to_left(text) else (left, "l")


@lru_cache(4096)
def runs_of(text: str) -> tuple[tuple[str, str], ...]:
    """Give the letters of a line as they stand from left to right, each run with the font file for it."""
    runs: list[tuple[str, str]] = []
    for letter in get_display(reshape(_plain(text))):
        if _is_invisible(letter):
            continue
        follows = letter == " " or unicodedata.category(letter) == "Mn"
        file = runs[-1][0] if runs and follows and has(runs[-1][0], letter) else _file_for(letter)
        if runs and runs[-1][0] == file:
            runs[-1] = file, runs[-1][1] + letter
        else:
            runs.append((file, letter))
    return tuple(runs)


@lru_cache(16384)
def has(file: str, letter: str) -> bool:
    """Tell whether a font has a letter of its own."""
    return bytes(_face(file, PROBE_PX).getmask(letter)) != _drawn_for_nothing(file)


def _file_for(letter: str) -> str:
    return next((file for file in FACES if has(file, letter)), LAST_FACE)


@cache
def _drawn_for_nothing(file: str) -> bytes:
    return bytes(_face(file, PROBE_PX).getmask(NOWHERE))


@lru_cache(1024)
def _face(file: str, size_px: int) -> ImageFont.FreeTypeFont:
    # The basic layout is the one that all machines have.
    return ImageFont.truetype(FOLDER / file, size_px, layout_engine=ImageFont.Layout.BASIC)


def _plain(text: str) -> str:
    """Give a text in one line, its accents on their letters, halves of characters replaced."""
    whole = "".join(REPLACEMENT if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return " ".join(unicodedata.normalize("NFC", whole).split())


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf") or "\ufe00" <= letter <= "\ufe0f"


def _clusters(text: str) -> list[str]:
    """Part a text into letters, each with the signs that stand on it."""
    clusters: list[str] = []
    for letter in text:
        is_sign = unicodedata.category(letter)[0] == "M" or letter == _JOINER
        if clusters and (is_sign or clusters[-1].endswith(_JOINER)):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters
