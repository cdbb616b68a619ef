"""The picture of what is inside a photo: its 300 numbers, and what turns the strongest of them on."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from onenet.pictures.letters import shortened, start_of, width_of, write
from onenet.pictures.style import BETWEEN, BLUE, FAINT, GROUND, INK, LINE, ORANGE
from onenet.search.inside import Dimension, Inside

WIDTH_PX = 1080  # as wide as a phone held upright
MARGIN_PX = 36
CELL_PX, COLUMNS = 33, 20
PHOTO_PX = WIDTH_PX - 3 * MARGIN_PX - CELL_PX * COLUMNS
ROW_PX = 176
THUMBNAIL_PX, THUMBNAIL_GAP_PX = 152, 10
THUMBNAILS = 3
BADGE_PX = 64
WORD_PX, MOST_LINES = 38, 2
FULL_COLOUR_FROM = 3.0  # standard deviations
LETTERS = "ABCDEFGHIJ"


def draw_inside(
    inside: Inside, photo: Image.Image, found: Sequence[Sequence[Image.Image]] = ()
) -> Image.Image:
    """Draw a photo, its numbers, and a row for each of the strongest: its words, and photos that have it too.

    Args:
        found: For each of the strongest numbers photos that turn it on most; none if there are no photos.
    """
    rows = len(inside.values) // COLUMNS + bool(len(inside.values) % COLUMNS)
    top = 2 * MARGIN_PX + rows * CELL_PX
    picture = Image.new("RGB", (WIDTH_PX, top + ROW_PX * len(inside.strongest) + MARGIN_PX // 2), GROUND)
    draw = ImageDraw.Draw(picture)
    shown = ImageOps.contain(photo.convert("RGB"), (PHOTO_PX, rows * CELL_PX), Image.Resampling.LANCZOS)
    space = PHOTO_PX - shown.width, rows * CELL_PX - shown.height
    picture.paste(shown, (MARGIN_PX + space[0] // 2, MARGIN_PX + space[1] // 2))
    _draw_numbers(draw, inside, WIDTH_PX - MARGIN_PX - CELL_PX * COLUMNS, MARGIN_PX)
    for place, dimension in enumerate(inside.strongest):
        photos = found[place][:THUMBNAILS] if found else ()
        _draw_row(picture, dimension, LETTERS[place], photos, top + ROW_PX * place)
    return picture


def _draw_numbers(draw: ImageDraw.ImageDraw, inside: Inside, left: int, top: int) -> None:
    """Draw a square a number, the brighter the farther from 0; the strongest carry their letters."""
    letters = dict(zip((each.number - 1 for each in inside.strongest), LETTERS, strict=False))
    for number, value in enumerate(inside.values):
        x, y = left + number % COLUMNS * CELL_PX, top + number // COLUMNS * CELL_PX
        draw.rectangle((x, y, x + CELL_PX - 3, y + CELL_PX - 3), fill=colour_of(float(value)))
        if number in letters:
            draw.rectangle((x - 2, y - 2, x + CELL_PX - 1, y + CELL_PX - 1), outline=INK, width=3)
            middle = x + CELL_PX / 2 - 1, y + CELL_PX / 2 - 1
            write(draw, middle, letters[number], 26, GROUND, anchor="mm", stroke_width=1)


def _draw_row(
    picture: Image.Image, dimension: Dimension, letter: str, photos: Sequence[Image.Image], top: int
) -> None:
    draw = ImageDraw.Draw(picture)
    draw.line((MARGIN_PX, top, WIDTH_PX - MARGIN_PX, top), fill=LINE, width=2)
    middle, x = top + ROW_PX // 2, MARGIN_PX + BADGE_PX // 2
    box = (MARGIN_PX, middle - BADGE_PX // 2, MARGIN_PX + BADGE_PX, middle + BADGE_PX // 2)
    draw.rectangle(box, fill=colour_of(dimension.value))
    write(draw, (x, middle), letter, 42, GROUND, anchor="mm", stroke_width=1)
    left = MARGIN_PX + BADGE_PX + 24
    right = WIDTH_PX - MARGIN_PX - len(photos) * (THUMBNAIL_PX + THUMBNAIL_GAP_PX)
    write(draw, (left, top + 14), f"{dimension.number}:  {dimension.signed_value}", 30, FAINT)
    for number, line in enumerate(_lines(dimension.words, right - left)[:MOST_LINES]):
        start, side = start_of(line, left, right - THUMBNAIL_GAP_PX)
        write(draw, (start, top + 58 + 48 * number), line, WORD_PX, INK, anchor=f"{side}a")
    for number, photo in enumerate(photos):
        thumbnail = ImageOps.fit(photo, (THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
        x = right + THUMBNAIL_GAP_PX + number * (THUMBNAIL_PX + THUMBNAIL_GAP_PX)
        picture.paste(thumbnail, (x, top + (ROW_PX - THUMBNAIL_PX) // 2))


def _lines(words: Sequence[str], width_px: int) -> list[str]:
    """Break a list of words into lines that fit; a word too long for one is cut."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}{BETWEEN}{word}" if lines else word
        if lines and width_of(longer, WORD_PX) <= width_px:
            lines[-1] = longer
        else:
            lines.append(shortened(word, WORD_PX, width_px))
    return lines


def colour_of(value: float) -> tuple[int, int, int]:
    """Give a number's colour: that of lines at 0, orange above, blue below."""
    share = min(abs(value) / FULL_COLOUR_FROM, 1.0)
    pure = ORANGE if value >= 0 else BLUE
    red, green, blue = (round(faint + (full - faint) * share) for faint, full in zip(LINE, pure, strict=True))
    return red, green, blue
