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
FEWEST = 20  # photos among which thresholds were tried; among fewer it is the same
UNKNOWN_WORDS_COST = 0.5  # of the score, when no word of a description is known


@dataclass(frozen=True)
class Threshold:
    """The confidence from which a photo fits, by the number of photos that were searched.

    The best of many scores is higher than the best of few, also where none fits: about by a step for each
    e-fold, as the largest of N draws from a distribution with an exponential tail (Gumbel 1958, ch. 5).

    Attributes:
        at_thousand: Among 1,000 photos.
        growth: How much it rises for each e-fold of photos.
    """

    at_thousand: float
    growth: float = 0.0

    @classmethod
    def from_figures(cls, figures: Mapping[str, Any]) -> "Threshold":
        """Read what `onenet.evaluation` measured; a network without it finds everything fitting.

        Figures of before there was a growth hold however many photos there are.
        """
        return cls(float(figures.get("fits_from", -math.inf)), float(figures.get("fits_from_growth", 0.0)))

    def among(self, photos: int) -> float:
        """Give the confidence from which a photo fits among so many."""
        return self.at_thousand + self.growth * math.log(max(photos, FEWEST) / 1000)


def confidence(best_score: float, *, unknown: int, known: int) -> float:
    """Judge a search by the score of its best photo and by the share of words that the network never read.

    Args:
        best_score: Of `onenet.search.reranking.rank_photos`.
        unknown: Different words of the description that were left out.
        known: Those that were used.
    """
    return best_score - UNKNOWN_WORDS_COST * unknown / max(1, unknown + known)


def choose_threshold(present: NDArray[np.float64], absent: NDArray[np.float64]) -> float:
    """Find the confidence that tells descriptions of photos that are there from others best.

    Both kinds of error count alike, however many descriptions there are of each.

    Args:
        present: Confidences of descriptions whose photo is in the gallery, shape (P,).
        absent: Confidences of descriptions of photos that are not, shape (A,).
    """
    borders = np.unique(np.concatenate([present, absent]))
    accuracy = [(present >= border).mean() + (absent < border).mean() for border in borders]
    return float(borders[int(np.argmax(accuracy))])


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
