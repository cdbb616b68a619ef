"""A photo looked at place by place: where in it a thing is, and which colours are there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

# What `Look.colours` counts, in the order in which every grammar lists them.
COLOURS = ("black", "white", "brown", "red", "blue", "green", "yellow", "orange", "pink", "purple", "gray")
SHARPNESS = 20.0  # of the attention, a softmax of cosines
STRENGTH = 40.0  # of the smooth maximum of cosines
_PIXELS = 6  # a side of a place
_LITTLE = 0.03  # of a place: less of a colour hardly counts


@dataclass(frozen=True)
class Look:
    """What a photo shows in each of P places, a square grid row by row.

    Attributes:
        representations: Shape (P, D); their mean, at unit length, represents the photo.
        colours: How much of each place has each of the colours, shape (P, C).
    """

    representations: Floats
    colours: Floats

    def strongest(self, query: Floats) -> float:
        """Give the smooth maximum over the places of the cosine with a direction, (D,)."""
        sharpened = np.exp(STRENGTH * self._cosines(query))
        return float(np.log(sharpened.mean()) / STRENGTH)

    def _cosines(self, query: Floats) -> Floats:
        lengths = np.linalg.norm(self.representations, axis=1)
        cosines: Floats = self.representations @ query / np.maximum(lengths, 1e-9)
        return cosines

    def attended(self, query: Floats) -> tuple[Floats, Floats]:
        """Look where something is, of which the query (D,) is the direction.

        Returns:
            The representation of what is there, (D,), unit length, and, (C,), in nats, how much more of each
            colour is there than in the whole photo.
        """
        cosines = self._cosines(query)
        weights = np.exp(SHARPNESS * (cosines - cosines.max()))
        weights /= weights.sum()
        there = weights @ self.representations
        more = np.log((weights @ self.colours + _LITTLE) / (self.colours.mean(axis=0) + _LITTLE))
        return (there / max(float(np.linalg.norm(there)), 1e-9)).astype(np.float32), more.astype(np.float32)


def look_at(photo: Image.Image, representations: Floats) -> Look:
    """Look at a photo of whose places, (P, D), the representations are known."""
    side = round(len(representations) ** 0.5)
    return Look(representations, _colours(photo, side))


def _colours(photo: Image.Image, side: int) -> Floats:
    """Count the colours in a grid of side by side places, shape (side * side, C)."""
    pixels = photo.convert("RGB").resize((side * _PIXELS,) * 2, Image.Resampling.BOX).convert("HSV")
    places = name_colours(np.asarray(pixels)).reshape(side, _PIXELS, side, _PIXELS)
    is_named = places[..., np.newaxis] == np.arange(len(COLOURS))
    counted: Floats = is_named.mean(axis=(1, 3), dtype=np.float32)
    return counted.reshape(-1, len(COLOURS))


def name_colours(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Give the number in `COLOURS` of pixels (..., 3) of hue, saturation and value, shape (...)."""
    hue, saturation, value = np.moveaxis(pixels.astype(np.float32), -1, 0) / np.float32(255)
    degrees = 360 * hue
    is_grey = saturation * value < 0.12
    is_red = (degrees < 15) | (degrees > 345)
    named = (  # the first that fits counts
        ("black", (value < 0.22) | is_grey & (value < 0.3)),
        ("white", is_grey & (value > 0.75)),
        ("gray", is_grey),
        ("red", is_red & (saturation > 0.5)),
        ("pink", is_red & (value > 0.6) | (degrees > 300) & (value > 0.5)),
        ("orange", (degrees >= 15) & (degrees < 42) & (saturation > 0.65) & (value > 0.65)),
        ("brown", is_red | (degrees < 42) | (degrees < 50) & ((saturation < 0.4) | (value < 0.6))),
        ("yellow", degrees < 68),
        ("green", degrees < 165),
        ("blue", degrees < 255),
    )
    return np.select(
        [which for _, which in named],
        [COLOURS.index(name) for name, _ in named],
        default=COLOURS.index("purple"),
    )
