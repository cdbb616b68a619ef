"""What the network makes of a photo, and the part of it that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.captions import Caption


class Reader(Protocol):
    """The part of `onenet.engine.Engine` that reads photos."""

    def represent(self, photos: Sequence[Image]) -> NDArray[np.float32]:
        """Return shape (B, D) for B photos."""
        ...

    def caption(
        self, representations: NDArray[np.float32], *, beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Return n captions for each of B representations."""
        ...


@dataclass(frozen=True)
class Reading:
    """What the network made of a photo.

    Attributes:
        representation: Shape (D,), float32, unit length.
        captions: Best first, distinct.
    """

    representation: NDArray[np.float32]
    captions: list[Caption]
