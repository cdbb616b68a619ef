"""What the network makes of a photo, and the part of it that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from onenet.captions import Caption, Name


class Reader(Protocol):
    """The part of `onenet.engine.Engine` that reads photos."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that it reads, English first."""

    @property
    def written(self) -> tuple[str, ...]:
        """Codes of those that it writes, English first."""

    @property
    def sure_from(self) -> float:
        """How sure the network must be of a caption that is not doubted."""

    def represent(self, photos: Sequence[Image]) -> NDArray[np.float32]:
        """Return shape (B, D) for B photos."""
        ...

    def caption(
        self, representations: NDArray[np.float32], *, language: str = "en", beam_size: int = 5, n: int = 1
    ) -> list[list[Caption]]:
        """Return n captions for each of B representations."""
        ...

    def names(self, representations: NDArray[np.float32], *, k: int = 3) -> list[list[Name]]:
        """Return up to k names of what each of B representations shows."""
        ...


@dataclass(frozen=True)
class Reading:
    """What the network made of a photo.

    Attributes:
        representation: Shape (D,), float32, unit length.
        captions: Best first, distinct.
        is_sure: Whether the best one is not doubted.
        names: What else the photo may show, if it is: English words.
        taught: Words that the chat taught and the photo shows; they are in the captions.
    """

    representation: NDArray[np.float32]
    captions: list[Caption]
    is_sure: bool = True
    names: tuple[str, ...] = ()
    taught: tuple[str, ...] = ()

    @property
    def caption(self) -> Caption:
        """The best one."""
        return self.captions[0]
