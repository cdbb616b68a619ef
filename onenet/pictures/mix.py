"""The way from one photo to another as one picture: both photos, and below them a strip of steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from onenet.pictures.letters import fitting_size, lines_of, pieces_of, shortened, start_of, write
from onenet.pictures.style import FAINT, GAP_PX, INK, WARM, WIDTH_PX, fitted, new_sheet

END_PX = (480, 420)  # the two photos
CAPTION_PX = 34  # about ten points where the picture is as wide as a phone
SHARE_PX = 30
SMALLEST_PX = 26  # of a caption with a word too long for its column
SHAPE = 1.1  # of a step's photo, height by width
MOST_LINES = 9


@dataclass(frozen=True)
class StripStep:
    """A step as it is drawn.

    Attributes:
        caption: What the network says of it.
        photo: The nearest there is; None if there is none.
    """

    caption: str
    photo: Image.Image | None = None


def draw_mix(first: Image.Image, second: Image.Image, steps: Sequence[StripStep]) -> Image.Image:
    """Draw both photos with an arrow between, and a column a step: its nearest photo, then its caption."""
    ends = [fitted(photo.convert("RGB"), END_PX) for photo in (first, second)]
    head_px = max(end.height for end in ends)
    width_px = (WIDTH_PX - GAP_PX * (len(steps) + 1)) // len(steps)
    photo_px = round(SHAPE * width_px) if any(step.photo is not None for step in steps) else 0
    pieces = [piece.strip() for step in steps for piece in pieces_of(step.caption)]
    letters_px = fitting_size(pieces, width_px, CAPTION_PX, smallest_px=SMALLEST_PX)
    texts = [lines_of(step.caption, letters_px, width_px, most=MOST_LINES) for step in steps]
    line_px = round(1.25 * letters_px)
    top = head_px + 2 * GAP_PX + SHARE_PX + GAP_PX
    sheet = new_sheet(top + photo_px + GAP_PX + max(map(len, texts)) * line_px + GAP_PX)
    _draw_ends(sheet, ends, head_px)
    for number, (step, text) in enumerate(zip(steps, texts, strict=True)):
        left = GAP_PX + number * (width_px + GAP_PX)
        _share(sheet, number / max(len(steps) - 1, 1), left + width_px // 2, top - GAP_PX)
        if step.photo is not None:
            sheet.paste(ImageOps.fit(step.photo.convert("RGB"), (width_px, photo_px)), (left, top))
        below = top + photo_px + GAP_PX
        draw = ImageDraw.Draw(sheet)
        x, side = start_of(step.caption, left, left + width_px)
        for row, line in enumerate(text):
            fitting = shortened(line, letters_px, width_px)
            write(draw, (x, below + row * line_px), fitting, letters_px, INK, anchor=f"{side}a")
    return sheet


def _draw_ends(sheet: Image.Image, ends: Sequence[Image.Image], height_px: int) -> None:
    first, second = ends
    sheet.paste(first, (GAP_PX, GAP_PX + (height_px - first.height) // 2))
    sheet.paste(second, (WIDTH_PX - GAP_PX - second.width, GAP_PX + (height_px - second.height) // 2))
    left, right = 2 * GAP_PX + first.width, WIDTH_PX - 2 * GAP_PX - second.width
    middle = GAP_PX + height_px // 2
    draw = ImageDraw.Draw(sheet)
    draw.line((left, middle, right - 20, middle), WARM, 8)
    draw.polygon(((right, middle), (right - 34, middle - 24), (right - 34, middle + 24)), WARM)


def _share(sheet: Image.Image, share: float, middle: int, bottom: int) -> None:
    """Write how much of the second photo a step has."""
    text = f"{100 * share:.0f} %"
    write(ImageDraw.Draw(sheet), (middle, bottom), text, SHARE_PX, FAINT, anchor="md")
