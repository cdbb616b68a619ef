"""The rows of the table of speed, told in passes of the encoder alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onenet.bench.report import Report
from onenet.bench.yardstick import Yardstick

BATCH = 16
YARD_ROUNDS = 20


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        what: What was measured.
        value: The median.
        unit: Of the value: ms, s, MB or photos/s.
        ratio: The value as a part of something else; None: it stands by itself.
        of: What that is: E, the engine's own batch rate, or the same photo at rest.
        target: What is wanted of the ratio, or of the value where there is none.
    """

    what: str
    value: float
    unit: str
    ratio: float | None = None
    of: str = ""
    target: float | None = None


class Speed:
    """The measurements of one run, and E between them.

    Args:
        yardstick: Measures E.
        report: Is told how far it is.
    """

    def __init__(self, yardstick: Yardstick, report: Report) -> None:
        self._yardstick = yardstick
        self._report = report
        self.rows: list[Row] = []
        self.passes: list[float] = []
        self._batches: list[float] = []
        self._passes: list[tuple[str, Sequence[float], float | None]] = []
        self._rates: list[tuple[str, float, float]] = []

    @property
    def unit_s(self) -> float:
        """E."""
        return float(np.median(self.passes))

    @property
    def batch_rate(self) -> float:
        """How many photos a second the engine itself takes in batches."""
        return BATCH / float(np.median(self._batches))

    def pause(self) -> None:
        """Measure E once more: the machine may have become faster or slower."""
        self.passes += self._yardstick.measure(YARD_ROUNDS)
        self._batches += self._yardstick.measure(2, batch=BATCH)

    def in_passes(self, what: str, seconds: Sequence[float], target: float | None = None) -> None:
        """Add a row that is told in E, which is known at the end."""
        self._passes.append((what, seconds, target))

    def in_seconds(self, what: str, seconds: Sequence[float], target: float) -> None:
        """Add a row that stands by itself."""
        self.rows.append(Row(what, round(float(np.median(seconds)), 2), "s", target=target))

    def in_rate(self, what: str, photos_per_second: float, target: float) -> None:
        """Add a row that is told as a share of the engine's own rate, which is known at the end."""
        self._rates.append((what, photos_per_second, target))

    def all_rows(self) -> list[Row]:
        """Give the rows: the engine itself, those told in E or as shares of its rate, and the others."""
        unit_ms, own_rate = 1000 * self.unit_s, self.batch_rate
        rows = [
            Row("E: the encoder alone, in ONNX Runtime", round(unit_ms, 1), "ms"),
            Row(f"the encoder alone, in batches of {BATCH}", round(own_rate, 1), "photos/s"),
        ]
        for what, seconds, target in self._passes:
            median_ms = 1000 * float(np.median(seconds))
            rows.append(Row(what, round(median_ms, 1), "ms", round(median_ms / unit_ms, 2), "E", target))
        for what, rate, most in self._rates:
            ratio = round(rate / own_rate, 2)
            rows.append(Row(what, round(rate, 1), "photos/s", ratio, "the engine's own batches", most))
        return [*rows, *self.rows]

    def step(self, what: str, done: int, total: int) -> None:
        """Tell how far it is."""
        self._report(what, done, total, "")
