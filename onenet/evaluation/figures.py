"""Figures of measurements, as they are written to JSON."""

from collections.abc import Callable
from typing import Any

Figures = dict[str, Any]
# Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


def percent(share: float) -> float:
    """Give a share in per cent, two decimals."""
    return round(100 * float(share), 2)
