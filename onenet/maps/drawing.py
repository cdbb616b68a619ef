"""What the pictures of maps share: ground, colours, how they are written to files."""

import colorsys
import io

from PIL import Image

GROUND = (17, 20, 28)  # dark, with a margin: a picture of its own in light and dark surroundings
JPEG_QUALITY = 90
PALETTE = 96  # colours of a picture of letters, their soft edges included
MOST_COLOURS = 8000  # that letters have; photos have more

Colour = tuple[int, int, int]


def group_colour(group: int, groups: int) -> Colour:
    """Give a group its colour: hues go once around, every second one lighter, all readable on the ground."""
    hue = group / max(groups, 1)
    lightness, saturation = (0.76, 0.85) if group % 2 else (0.64, 0.72)
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def as_hex(colour: Colour) -> str:
    """Write a colour as pages do."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def as_png(picture: Image.Image) -> bytes:
    """Write a picture sharp; one of few colours gets a palette, which makes it a third as large."""
    content = io.BytesIO()
    _with_palette(picture).save(content, "PNG")
    return content.getvalue()


def as_jpeg(picture: Image.Image, *, quality: int = JPEG_QUALITY) -> bytes:
    """Write a picture of photos."""
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return content.getvalue()


def _with_palette(picture: Image.Image) -> Image.Image:
    is_letters = picture.getcolors(MOST_COLOURS) is not None
    return (
        picture.quantize(PALETTE, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        if is_letters
        else picture
    )
