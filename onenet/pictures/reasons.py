"""The reasons of a caption as one picture: a panel a word, in colour where the photo speaks for it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onenet.captions.caption import SEEN_FROM, Reasons
from onenet.pictures.letters import fitting_size, is_right_to_left, width_of, write
from onenet.pictures.style import (
    FAINT,
    GAP_PX,
    INK,
    MAX_HEIGHT_PX,
    WARM,
    WIDTH_PX,
    Size,
    fitted,
    new_sheet,
    shaped,
)

COLUMNS = (2, 3, 4, 5)
NOTE_SHARE = 0.5  # of a panel's width: the note beside a word at most
LABEL_SHARE = 0.26  # of a panel's width: the height of the word below it
NARROWEST = 0.7  # of a photo's cell, width by height; a narrower photo gets ground beside it
COLD, GREY = 0.5, 0.4  # brightness of what speaks for nothing, and of a word without reasons
GLOW = 0.35  # of the warm colour, where the photo speaks the most
MOST = 999  # times; a larger factor says no more


@dataclass(frozen=True)
class Notes:
    """What stands beside a word that the photo does not speak for.

    Attributes:
        by_grammar: The photo makes it no likelier.
        not_here: The photo makes it less likely.
    """

    by_grammar: str = "by grammar"
    not_here: str = "not here"


ENGLISH_NOTES = Notes()


def draw_reasons(photo: Image.Image, reasons: Reasons, notes: Notes = ENGLISH_NOTES) -> Image.Image:
    """Draw a panel for each word of a caption, in its order.

    In colour is where the photo speaks for the word, and beside it how many times likelier the photo makes
    it; a word that it hardly makes likelier is grey. The panels go the way in which the caption is read.
    `WIDTH_PX` wide; as high as the words need.
    """
    words = len(reasons.words)
    columns = next((each for each in COLUMNS if _height(photo, words, each) <= MAX_HEIGHT_PX), COLUMNS[-1])
    cell, label_px = _cell(photo, columns)
    shown = fitted(photo.convert("RGB"), cell)
    sheet = new_sheet(_height(photo, words, columns))
    is_mirrored = is_right_to_left(" ".join(reasons.words))
    for number in range(words):
        column = columns - 1 - number % columns if is_mirrored else number % columns
        left = GAP_PX + column * (cell[0] + GAP_PX)
        top = GAP_PX + number // columns * (cell[1] + label_px + GAP_PX)
        panel = _panel(shown, reasons, number)
        sheet.paste(panel, (left + (cell[0] - panel.width) // 2, top + (cell[1] - panel.height) // 2))
        gain = float(reasons.gains[number])
        label = _Label(reasons.words[number], note_of(gain, notes), reasons.is_seen[number], is_mirrored)
        _draw_label(sheet, label, (left, top + cell[1]), (cell[0], label_px))
    return sheet


def _cell(photo: Image.Image, columns: int) -> tuple[Size, int]:
    width_px = (WIDTH_PX - GAP_PX * (columns + 1)) // columns
    return shaped(photo, width_px, narrowest=NARROWEST), round(LABEL_SHARE * width_px)


def _height(photo: Image.Image, words: int, columns: int) -> int:
    cell, label_px = _cell(photo, columns)
    return GAP_PX + math.ceil(words / columns) * (cell[1] + label_px + GAP_PX)


def _panel(photo: Image.Image, reasons: Reasons, number: int) -> Image.Image:
    """Show a photo in colour where there is heat, all grey for a word without reasons."""
    levels = np.asarray(photo, np.float32)  # (H, W, 3)
    grey = levels.mean(axis=2, keepdims=True)
    if not reasons.is_seen[number]:
        return Image.fromarray(np.uint8(GREY * grey.repeat(3, axis=2)))
    lit = _enlarged(reasons.heat[number], photo.size)
    hot = levels + GLOW * (np.array(WARM, np.float32) - levels)
    return Image.fromarray(np.uint8(COLD * grey + lit * (hot - COLD * grey)))


def _enlarged(heat: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """Bring heat (h, w) to the size of a photo, shape (H, W, 1), 0 to 1."""
    levels = Image.fromarray(np.uint8(255 * heat)).resize(size, Image.Resampling.BICUBIC)
    enlarged: NDArray[np.float32] = np.asarray(levels, np.float32)[..., np.newaxis] / np.float32(255)
    return enlarged


@dataclass(frozen=True)
class _Label:
    """What stands below a panel: a word, and how much the photo speaks for it."""

    word: str
    note: str
    is_seen: bool
    is_mirrored: bool


def _draw_label(sheet: Image.Image, label: _Label, place: Size, size: Size) -> None:
    """Write a word at the side where it is read first, and its note at the other."""
    draw = ImageDraw.Draw(sheet)
    note_px = fitting_size([label.note], NOTE_SHARE * size[0], round(0.34 * size[1]))
    room_px = size[0] - width_of(label.note, note_px) - 0.2 * size[1]
    word_px = fitting_size([label.word], room_px, round(0.54 * size[1]))
    middle, ends = place[1] + size[1] // 2, (place[0], place[0] + size[0])
    first, last = reversed(ends) if label.is_mirrored else ends
    anchors = ("rm", "lm") if label.is_mirrored else ("lm", "rm")
    write(draw, (first, middle), label.word, word_px, INK if label.is_seen else FAINT, anchor=anchors[0])
    write(draw, (last, middle), label.note, note_px, WARM if label.is_seen else FAINT, anchor=anchors[1])


def note_of(gain: float, notes: Notes = ENGLISH_NOTES) -> str:
    """Say how many times likelier a gain in nats makes a word, or why it needs no photo, or has none."""
    if gain < SEEN_FROM:
        return notes.by_grammar if gain > -SEEN_FROM else notes.not_here
    factor = math.exp(min(gain, math.log(MOST + 1)))
    return f"{factor:.0f}x" if factor <= MOST else f">{MOST}x"
