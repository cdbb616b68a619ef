"""Whether what a description found fits it: a threshold between photos that are there and others."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.errors import DatasetError
from onenet.paths import SHIPPED

ABSENT = SHIPPED / "absent.json"
UNKNOWN_WORDS_COST = 0.5  # of the score, when no word of a description is known


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
