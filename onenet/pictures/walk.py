"""The map of a walk: its stops from top to bottom, and the words around each."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from onenet.pictures.style import FAINT, GROUND, INK, ORANGE, fitting_font
from onenet.words.walk import Stop

WIDTH_PX = 1080  # as wide as a phone held upright
MARGIN_PX = 70
STEP_PX = 170
SWING_PX = 110  # how far the way goes to a side at most
DOT_PX, LINE_PX = 21, 10
WORD_PX, AROUND_PX = 50, 32
SMOOTHNESS = 3  # Pillow draws no smooth edges: the way is drawn so much larger


def draw_walk(stops: Sequence[Stop]) -> Image.Image:
    """Draw a walk; the closer two stops are, the shorter the way between them."""
    places = _places(stops)
    height_px = places[-1][1] + MARGIN_PX + STEP_PX // 2
    picture = _way(places, (WIDTH_PX, height_px)).resize((WIDTH_PX, height_px), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    for (x, y), stop in zip(places, stops, strict=True):
        left, around = x + 3 * DOT_PX, ", ".join(stop.around)
        room_px = WIDTH_PX - left - MARGIN_PX // 2
        letters = fitting_font(stop.word, room_px, WORD_PX, smallest_px=1)
        draw.text((left, y), stop.word, INK, letters, anchor="lm")
        letters = fitting_font(around, room_px, AROUND_PX, smallest_px=1)
        draw.text((left, y + 46), around, FAINT, letters, anchor="lm")
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
