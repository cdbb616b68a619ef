"""The map of a walk: its stops from top to bottom, and the words around each."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from onenet.pictures.letters import fitting_size, is_right_to_left, write
from onenet.pictures.style import BETWEEN, FAINT, GROUND, INK, ORANGE
from onenet.words.walk import Stop

WIDTH_PX = 1080  # as wide as a phone held upright
MARGIN_PX = 70
STEP_PX = 170
SWING_PX = 110  # how far the way goes to a side at most
DOT_PX, LINE_PX = 21, 10
WORD_PX, AROUND_PX = 50, 32
AROUND_BELOW_PX = 53  # below the tails of Arabic letters
SMOOTHNESS = 3  # Pillow draws no smooth edges: the way is drawn so much larger


def draw_walk(stops: Sequence[Stop]) -> Image.Image:
    """Draw a walk; the closer two stops are, the shorter the way between them.

    Words that are read from the right stand left of the way, which is mirrored for them.
    """
    is_mirrored = is_right_to_left(stops[0].word)
    places = [(WIDTH_PX - x if is_mirrored else x, y) for x, y in _places(stops)]
    away, anchor = (-3 * DOT_PX, "rm") if is_mirrored else (3 * DOT_PX, "lm")
    height_px = places[-1][1] + MARGIN_PX + STEP_PX // 2
    picture = _way(places, (WIDTH_PX, height_px)).resize((WIDTH_PX, height_px), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    for (x, y), stop in zip(places, stops, strict=True):
        beside, around = x + away, BETWEEN.join(stop.around)
        room_px = (beside if is_mirrored else WIDTH_PX - beside) - MARGIN_PX // 2
        word_px = fitting_size([stop.word], room_px, WORD_PX, smallest_px=1)
        write(draw, (beside, y), stop.word, word_px, INK, anchor=anchor)
        around_px = fitting_size([around], room_px, AROUND_PX, smallest_px=1)
        write(draw, (beside, y + AROUND_BELOW_PX), around, around_px, FAINT, anchor=anchor)
    return picture


def _places(stops: Sequence[Stop]) -> list[tuple[int, int]]:
    """Give each stop's middle: to the side by its bearing, down by its distance from the one before."""
    y = float(MARGIN_PX)
    places = []
    for number, stop in enumerate(stops):
        y += STEP_PX * (0.5 + 1 - max(stop.score, 0.0)) if number else 0.0
        places.append((round(MARGIN_PX + SWING_PX + SWING_PX * stop.bearing), round(y)))
    return places


def _way(places: Sequence[tuple[int, int]], size: tuple[int, int]) -> Image.Image:
    large = Image.new("RGB", (size[0] * SMOOTHNESS, size[1] * SMOOTHNESS), GROUND)
    draw = ImageDraw.Draw(large)
    points = [(x * SMOOTHNESS, y * SMOOTHNESS) for x, y in places]
    for start, end in pairwise(points):
        draw.line((start, end), fill=ORANGE, width=LINE_PX * SMOOTHNESS)
    for number, (x, y) in enumerate(points):
        radius = DOT_PX * SMOOTHNESS
        is_end = number in (0, len(points) - 1)
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=ORANGE if is_end else GROUND, outline=ORANGE, width=LINE_PX * SMOOTHNESS)
    return large
