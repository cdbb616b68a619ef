"""Whether what a description found fits it: a threshold between photos that are there and others."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onenet.errors import DatasetError
from onenet.paths import SHIPPED

ABSENT = SHIPPED / "absent.json"
REFUSED = 0.87  # of the descriptions of what no photo shows: 85 at least of others than it is fitted to
UNKNOWN_WORDS_COST = 0.5  # of the score, when no word of a description is known


@dataclass(frozen=True)
class Threshold:
    """The confidence from which a photo fits, by the number of photos that were searched.

    The best of many scores is higher than the best of few, also where none fits.

    Attributes:
        levels: Pairs of a number of photos and the confidence among so many, by rising numbers; between them
            it is interpolated by the logarithm of the number, beyond them it stays the same.
    """

    levels: tuple[tuple[int, float], ...]

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any]) -> "Threshold":
        """Read what `onenet.evaluation` measured; a network without it finds everything fitting.

        Figures of before it was measured among many and few hold however many photos there are.
        """
        among = figures.get("fits_from_among") or {"1000": figures.get("fits_from", -math.inf)}
        return cls(tuple(sorted((int(photos), float(level)) for photos, level in among.items())))

    @classmethod
    def fit(cls, absent: Mapping[int, NDArray[np.float64]]) -> "Threshold":
        """Find the levels that refuse descriptions of what no photo shows; they never fall.

        Args:
            absent: Confidences of such descriptions, by the number of photos that were searched.
        """
        sizes = sorted(absent)
        levels = [float(np.quantile(absent[photos], REFUSED, method="higher")) for photos in sizes]
        rising = np.maximum.accumulate(levels).tolist()
        return cls(tuple(zip(sizes, rising, strict=True)))

    def among(self, photos: int) -> float:
        """Give the confidence from which a photo fits among so many."""
        sizes, levels = zip(*self.levels, strict=True)
        return float(np.interp(math.log(max(photos, 1)), np.log(sizes), levels))


def confidence(best_score: float, *, unknown: int, known: int) -> float:
    """Judge a search by the score of its best photo and by the share of words that the network never read.

    Args:
        best_score: Of `onenet.search.reranking.rank_photos`.
        unknown: Different words of the description that were left out.
        known: Those that were used.
    """
    return best_score - UNKNOWN_WORDS_COST * unknown / max(1, unknown + known)


def absent_descriptions(path: Path = ABSENT) -> Mapping[str, list[str]]:
    """Read the descriptions of photos that Flickr8K does not have: "calibration" and "test".

    Raises:
        DatasetError: If the file is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {part: list(content[part]) for part in ("calibration", "test")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is missing or damaged; fetch it again from the project.") from error
