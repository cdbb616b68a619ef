"""Photo files represented as they are served."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onenet.evaluation.figures import Progress
from onenet.search.photos import read_photo

Floats = NDArray[np.float32]

_BATCH = 16


def represent_files(
    represent: Callable[[Sequence[Image.Image]], Floats],
    paths: Sequence[Path],
    *,
    progress: Progress = lambda what, done, total: None,
) -> Floats:
    """Represent photo files a batch at a time, shape (N, D).

    Args:
        represent: As `onenet.engine.Engine.represent`.
    """
    found = []
    for start in range(0, len(paths), _BATCH):
        progress("photos", start, len(paths))
        found.append(represent([read_photo(path) for path in paths[start : start + _BATCH]]))
    return np.concatenate(found)
