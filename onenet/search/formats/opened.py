"""What opening an image file gives: a picture that is yet to be decoded, and what that will take."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageFile

from onenet.search.formats.orientation import UPRIGHT

Size = tuple[int, int]
# Gives the rows of a picture from one number up to, not including, another.
Rows = Callable[[int, int], Image.Image]


@dataclass(frozen=True)
class Opened:
    """An image file, its header read.

    Attributes:
        photo: To be loaded, maybe at a smaller scale.
        size: Width and height of the whole picture, as it lies in the file.
        orientation: How it lies, 1 to 8, as EXIF counts.
        decoder_bytes: What decoding takes beside the pixels that `photo` then holds.
        is_cut: Whether the file ends before its picture does.
        decode_rows: Decodes it without `photo`, which would take too much; gives its size and rows.
    """

    photo: ImageFile.ImageFile
    size: Size
    orientation: int = UPRIGHT
    decoder_bytes: int = 0
    is_cut: bool = False
    decode_rows: Callable[[], tuple[Size, Rows]] | None = None

    @property
    def decoding_bytes(self) -> int:
        """What decoding takes at most."""
        held = 0 if self.decode_rows is not None else bytes_per_pixel(self.photo.mode)
        return held * self.photo.width * self.photo.height + self.decoder_bytes


def bytes_per_pixel(mode: str) -> int:
    """Return how many bytes a pixel takes once it is decoded."""
    if mode in ("1", "L", "P"):
        return 1
    return 2 if mode.startswith("I;16") else 4
