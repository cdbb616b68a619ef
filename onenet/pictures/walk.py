"""The map of a walk: its stops from top to bottom, and the words around each."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from onenet.words.walk import Stop

WIDTH_PX = 1080  # as wide as a phone held upright
MARGIN_PX = 70
STEP_PX = 170
SWING_PX = 110  # how far the way goes to a side at most
DOT_PX, LINE_PX = 21, 10
WORD_PX, AROUND_PX = 50, 32
GROUND, WAY, TEXT, FAINT = (24, 26, 30), (255, 160, 50), (240, 240, 240), (165, 170, 178)
SMOOTHNESS = 3  # Pillow draws no smooth edges: the way is drawn so much larger


def draw_walk(stops: Sequence[Stop]) -> Image.Image:
    """Draw a walk; the closer two stops are, the shorter the way between them."""
    places = _places(stops)
    height_px = places[-1][1] + MARGIN_PX + STEP_PX // 2
    picture = _way(places, (WIDTH_PX, height_px)).resize((WIDTH_PX, height_px), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    for (x, y), stop in zip(places, stops, strict=True):
        left = x + 3 * DOT_PX
        draw.text((left, y), stop.word, TEXT, _fitting(stop.word, WORD_PX, left), anchor="lm")
        around = ", ".join(stop.around)
        draw.text((left, y + 46), around, FAINT, _fitting(around, AROUND_PX, left), anchor="lm")
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
        draw.line((start, end), fill=WAY, width=LINE_PX * SMOOTHNESS)
    for number, (x, y) in enumerate(points):
        radius = DOT_PX * SMOOTHNESS
        is_end = number in (0, len(points) - 1)
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=WAY if is_end else GROUND, outline=WAY, width=LINE_PX * SMOOTHNESS)
    return large


def _fitting(text: str, size: int, left: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Give the font in that size, or as much smaller as the room to the right of `left` needs."""
    font = ImageFont.load_default(size=size)
    while size > 1 and font.getlength(text) > WIDTH_PX - left - MARGIN_PX // 2:
        size -= 1
        font = ImageFont.load_default(size=size)
    return font
