"""A map of words as a picture."""

import numpy as np
from PIL import Image, ImageDraw

from onenet.maps.drawing import GROUND, Colour, group_colour
from onenet.maps.layout import Floats, push_apart, settle
from onenet.maps.words import WordMap
from onenet.pictures.letters import width_of, write

WIDTH_PX, HEIGHT_PX = 2048, 2560  # as large as a messenger shows a photo; upright, as phones are held
MARGIN_PX = 48
SMALLEST_PX, LARGEST_PX = 34, 100
PADDING_PX = (16, 6)
PILL = 0.3  # of a word's height is the ground around it, if the map is about it
STEP_PX = 14  # in search of a free place
FILLED = 0.42  # of the picture at most goes into labels, else they could only stand in rows


def draw_word_map(word_map: WordMap) -> Image.Image:
    """Draw a map of words: no two labels overlap, the weightier ones are larger."""
    picture = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), GROUND)
    draw = ImageDraw.Draw(picture)
    letters_px = _letters_px(word_map)
    sizes = _label_sizes(word_map, letters_px)
    groups = max((word.group for word in word_map.words), default=0) + 1
    for row, (x, y) in _centres(word_map, sizes).items():
        word, place = word_map.words[row], (MARGIN_PX + x, MARGIN_PX + y)
        colour = group_colour(word.group, groups)
        if word.word == word_map.around:
            _draw_pill(draw, place, sizes[row], colour)
            colour = GROUND
        write(draw, place, word.word, letters_px[row], colour, anchor="mm")
    return picture


def _letters_px(word_map: WordMap) -> list[int]:
    """Give each word its height, smaller the more words there are."""
    weights = np.array([word.weight for word in word_map.words])
    heights = SMALLEST_PX + (LARGEST_PX - SMALLEST_PX) * weights**1.5
    for _ in range(8):
        area = float(_label_sizes(word_map, heights.astype(int).tolist()).prod(axis=1).sum())
        share = area / (WIDTH_PX * HEIGHT_PX)
        heights *= min(1.12, (FILLED / max(share, 1e-9)) ** 0.5)
    whole: list[int] = heights.clip(20, 2 * LARGEST_PX).astype(int).tolist()
    return whole


def _label_sizes(word_map: WordMap, letters_px: list[int]) -> Floats:
    """Give the widths and heights of labels with the ground around them, shape (N, 2)."""
    sizes = []
    for word, height in zip(word_map.words, letters_px, strict=True):
        around = PILL * height if word.word == word_map.around else 0.0
        width = width_of(word.word, height) + PADDING_PX[0] + 2 * around
        sizes.append((width, height * 1.05 + PADDING_PX[1] + around))
    return np.array(sizes, np.float32).reshape(-1, 2)


def _centres(word_map: WordMap, sizes: Floats) -> dict[int, tuple[float, float]]:
    """Put the labels where the words are, nudge them apart, leave out what finds no place: centres by row."""
    room = (WIDTH_PX - 2.0 * MARGIN_PX, HEIGHT_PX - 2.0 * MARGIN_PX)
    places = np.array([(word.x, word.y) for word in word_map.words], np.float32).reshape(-1, 2)
    centres: Floats = (sizes / 2 + places * (np.array(room, np.float32) - sizes)).astype(np.float32)
    for moved in push_apart(centres, sizes, room):
        centres = moved
    return settle(centres, sizes, room, step=STEP_PX)


def _draw_pill(draw: ImageDraw.ImageDraw, centre: tuple[float, float], size: Floats, colour: Colour) -> None:
    half_width, half_height = float(size[0] - PADDING_PX[0]) / 2, float(size[1] - PADDING_PX[1]) / 2
    left, top = centre[0] - half_width, centre[1] - half_height
    box = (left, top, centre[0] + half_width, centre[1] + half_height)
    draw.rounded_rectangle(box, radius=half_height, fill=colour)
