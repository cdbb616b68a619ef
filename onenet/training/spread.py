"""The photos by which it is measured how photos spread over the representation."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onenet.datasets.sources import load_sources
from onenet.engine import Engine
from onenet.search.photos import read_photo

Floats = NDArray[np.float32]

MOST = 1200  # of a source, so that no source drowns another
_BATCH = 16


def representations_of(
    engine: Engine, data: Path, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Floats:
    """Represent training photos, of each source evenly chosen ones, shape (N, D).

    Args:
        data: As in `onenet.datasets.sources.load_sources`.
        progress: Called with photos done and in all.

    Raises:
        DatasetError: If nothing can be read.
    """
    paths = [
        path
        for source in load_sources(data, views=1).photos
        for path in _evenly([photo.path for photo in source.train])
    ]
    found = []
    for start in range(0, len(paths), _BATCH):
        progress(start, len(paths))
        found.append(engine.represent([read_photo(path) for path in paths[start : start + _BATCH]]))
    return np.concatenate(found)


def _evenly(paths: Sequence[Path]) -> list[Path]:
    places = np.linspace(0, len(paths) - 1, min(MOST, len(paths))).round().astype(int)
    return [paths[place] for place in places]
