"""The style of all pictures: dark ground, light letters, the width of a phone."""

from PIL import Image

WIDTH_PX = 1280
MAX_HEIGHT_PX = 1600  # on a phone held upright a higher picture would be shown narrower
GAP_PX = 18
GROUND = (22, 24, 28)  # shows its edge in a light chat, and does not glare in a dark one
INK, FAINT, LINE = (245, 245, 245), (160, 164, 172), (58, 62, 70)
WARM, ORANGE, BLUE = (255, 190, 70), (255, 160, 50), (70, 160, 255)  # told apart by all eyes
BETWEEN = " · "  # words of a list, whatever the language

Size = tuple[int, int]


def shaped(photo: Image.Image, width_px: int, *, narrowest: float) -> Size:
    """Give the size of the cell of this width that shows a photo whole; the narrowest has ground beside it.

    Args:
        narrowest: Width by height of the highest cell.
    """
    shape = max(photo.width / photo.height, narrowest)
    return width_px, max(round(width_px / shape), 1)


def fitted(photo: Image.Image, cell: Size) -> Image.Image:
    """Make a photo as large as a cell allows, uncropped."""
    scale = min(cell[0] / photo.width, cell[1] / photo.height)
    size = (max(round(photo.width * scale), 1), max(round(photo.height * scale), 1))
    return photo.resize(size, Image.Resampling.LANCZOS)


def new_sheet(height_px: int) -> Image.Image:
    """Give an empty sheet of that height."""
    return Image.new("RGB", (WIDTH_PX, height_px), GROUND)
