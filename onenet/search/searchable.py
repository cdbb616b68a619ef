"""Photos that can be found, and what is found: every kind of index gives these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Match:
    """A photo that was found: its name, here the absolute path, and its cosine with the query.

    Attributes:
        copies: Photos that are copies of it, and are not found beside it therefore.
    """

    photo: str
    score: float
    copies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A file that could not be read as a photo, and why."""

    photo: str
    reason: str


class Searchable(Protocol):
    """Photos that can be found by a representation, each under a name of its own."""

    def __len__(self) -> int:
        """Return the number of the photos."""
        ...

    def search(self, representation: NDArray[np.float32], k: int) -> list[Match]:
        """Find the k photos most like a representation (D,), best first."""
        ...

    def representations_of(self, photos: Sequence[str]) -> NDArray[np.float32]:
        """Return the representations of photos, shape (len(photos), D), unit length."""
        ...
