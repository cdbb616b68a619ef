"""The reasons of a caption as one picture: a panel a word, in colour where the photo speaks for it."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onenet.captions.caption import SEEN_FROM, Reasons
from onenet.pictures.style import (
    FAINT,
    GAP_PX,
    INK,
    MAX_HEIGHT_PX,
    WARM,
    WIDTH_PX,
    Size,
    fitted,
    fitting_font,
    font,
    new_sheet,
    shaped,
)

COLUMNS = (2, 3, 4, 5)
LABEL_SHARE = 0.26  # of a panel's width: the height of the word below it
NARROWEST = 0.7  # of a photo's cell, width by height; a narrower photo gets ground beside it
COLD, GREY = 0.5, 0.4  # brightness of what speaks for nothing, and of a word without reasons
GLOW = 0.35  # of the warm colour, where the photo speaks the most
MOST = 999  # times; a larger factor says no more
BY_GRAMMAR, NOT_HERE = "by grammar", "not here"


def draw_reasons(photo: Image.Image, reasons: Reasons) -> Image.Image:
    """Draw a panel for each word of a caption, in its order.

    In colour is where the photo speaks for the word, and beside it how many times likelier the photo makes
    it; a word that it hardly makes likelier is grey. `WIDTH_PX` wide; as high as the words need.
    """
    words = len(reasons.words)
    columns = next((each for each in COLUMNS if _height(photo, words, each) <= MAX_HEIGHT_PX), COLUMNS[-1])
    cell, label_px = _cell(photo, columns)
    shown = fitted(photo.convert("RGB"), cell)
    sheet = new_sheet(_height(photo, words, columns))
    for number in range(words):
        left = GAP_PX + number % columns * (cell[0] + GAP_PX)
        top = GAP_PX + number // columns * (cell[1] + label_px + GAP_PX)
        panel = _panel(shown, reasons, number)
        sheet.paste(panel, (left + (cell[0] - panel.width) // 2, top + (cell[1] - panel.height) // 2))
        _label(sheet, reasons, number, (left, top + cell[1]), (cell[0], label_px))
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


def _label(sheet: Image.Image, reasons: Reasons, number: int, place: Size, size: Size) -> None:
    """Write a word and how much the photo speaks for it."""
    draw, is_seen = ImageDraw.Draw(sheet), reasons.is_seen[number]
    word, note = reasons.words[number], note_of(float(reasons.gains[number]))
    note_letters = font(round(0.34 * size[1]))
    room_px = round(size[0] - note_letters.getlength(note) - 0.2 * size[1])
    middle = place[1] + size[1] // 2
    letters = fitting_font(word, room_px, round(0.54 * size[1]))
    draw.text((place[0], middle), word, INK if is_seen else FAINT, letters, anchor="lm")
    draw.text((place[0] + size[0], middle), note, WARM if is_seen else FAINT, note_letters, anchor="rm")


def note_of(gain: float) -> str:
    """Say how many times likelier a gain in nats makes a word, or why it needs no photo, or has none."""
    if gain < SEEN_FROM:
        return BY_GRAMMAR if gain > -SEEN_FROM else NOT_HERE
    factor = math.exp(min(gain, math.log(MOST + 1)))
    return f"{factor:.0f}x" if factor <= MOST else f">{MOST}x"
