"""Mixing two photos: the representations on the line between theirs, and what the decoder says of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 5


@dataclass(frozen=True)
class MixStep:
    """A place on the line between two photos.

    Attributes:
        share: Of the second photo, 0 to 1.
        representation: Shape (D,), float32, unit length.
        caption: What the network says of it.
    """

    share: float
    representation: NDArray[np.float32]
    caption: str


def mix_line(
    first: NDArray[np.float32], second: NDArray[np.float32], steps: int = STEPS
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Go from one representation (D,) to another in a straight line, each step brought to unit length.

    Returns:
        The share of the second at each step, shape (S,), and the representations, shape (S, D). Opposites
        have nothing between them: there the nearer of the two stands for the step.
    """
    shares = np.linspace(0, 1, steps, dtype=np.float32)
    line = (1 - shares)[:, None] * first + shares[:, None] * second  # (S, D)
    lengths = np.linalg.norm(line, axis=1, keepdims=True)
    nearer = np.where(shares[:, None] <= 0.5, first, second)
    unit: NDArray[np.float32] = np.where(lengths > 1e-3, line / np.maximum(lengths, 1e-3), nearer)
    return shares, unit.astype(np.float32)


def picking_order(steps: int) -> list[int]:
    """Give the order in which steps choose the photos nearest to them: the ends, then from the middle out.

    No photo is shown twice, and at the ends one sees at once whether a photo is near.
    """
    return sorted(range(steps), key=lambda step: (step not in (0, steps - 1), abs(step - steps // 2)))
